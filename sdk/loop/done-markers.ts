/**
 * What earlier attempts at a run recorded as done in transactions of their own (`transaction.markDone`): such an item is
 * not worked again. A marker is dropped when a checkpoint says that its item is settled, and all are when the run is over.
 *
 * Guarantees: an item whose transaction with its marker was committed is not worked again by a later attempt, however the
 * one before ended. A marker that could not be dropped does no harm: it is dropped with the run, or by its age.
 */

/** What was recorded of a run. */
export interface DoneLookup {
  has(loop: string, key: string): boolean;
}

/** Where it is recorded. */
export interface DoneStore {
  load(runId: string): Promise<DoneLookup>;
  /** Whether this process has marked an item. */
  readonly isUsed: boolean;
  drop(runId: string, loop: string, keys: readonly string[]): Promise<void>;
  dropRun(runId: string): Promise<void>;
  dropOlderThan(ms: number): Promise<void>;
}

/** Longer than any run that is still gone on with. */
const keptMs = 90 * 24 * 60 * 60 * 1_000;

export interface DoneMarkersOptions {
  readonly runId: string;
  readonly onError: (error: unknown) => void;
}

export class DoneMarkers {
  readonly #options: DoneMarkersOptions;
  #store: DoneStore | undefined;
  #earlier: DoneLookup | undefined;
  // One removal after the other: a store that is slow is not asked for many at once.
  #dropping: Promise<void> = Promise.resolve();

  constructor(options: DoneMarkersOptions) {
    this.#options = options;
  }

  /** Uses `store`, if there is one; `resumed`: looks up what earlier attempts have recorded. */
  async open(store: DoneStore | undefined, resumed: boolean): Promise<void> {
    this.#store = store;
    if (store === undefined || !resumed) return;
    this.#earlier = await store.load(this.#options.runId);
  }

  has(item: { readonly loopName: string; readonly key: string }): boolean {
    // A key takes its time to be made, and nearly always nobody asks for it.
    return this.#earlier?.has(item.loopName, item.key) ?? false;
  }

  /** Drops markers of settled items, in the background. */
  drop(loop: string, keys: readonly string[]): void {
    this.#drop((store) => store.drop(this.#options.runId, loop, keys));
  }

  /** Ends: `isOver` drops all markers of the run, and those that runs of long ago have left behind. */
  async close(isOver: boolean): Promise<void> {
    if (isOver && (this.#store?.isUsed || this.#earlier !== undefined)) {
      this.#drop(async (store) => {
        await store.dropRun(this.#options.runId);
        await store.dropOlderThan(keptMs);
      });
    }
    await this.#dropping;
  }

  #drop(fn: (store: DoneStore) => Promise<void>): void {
    const store = this.#store;
    if (store === undefined) return;
    this.#dropping = this.#dropping.then(() => fn(store)).catch(this.#options.onError);
  }
}
