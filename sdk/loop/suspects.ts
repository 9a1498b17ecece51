/**
 * Suspects: after a crash, the items that may have been in flight when the process died.
 *
 * They are worked one by one, with a mark in the ledger before each, so that a second crash tells which item it was:
 * the one that is marked. It is quarantined at the next start. While nothing crashes this costs nothing. As it is slow, the
 * log tells when it begins and when it is over.
 *
 * Guarantees: while a suspect is in flight, no other item of the run is; an item that ends its process each time is
 * started twice. Does not guarantee that the marked item was to blame: a process that is killed
 * twice from outside, both times with the same item in flight, has it quarantined too.
 */
import { Sema } from 'async-sema';
import type { Mark } from '../ledger/ledger.ts';
import type { Log } from '../report/log.ts';
import { untilAborted } from '../stop/until-aborted.ts';

/** Saves a checkpoint with this mark; rejects when the run is ended. */
export type SaveMark = (mark: Mark | null) => Promise<void>;

export interface SuspectsOptions {
  readonly saveMark: SaveMark;
  /** The item that was in flight at two crashes. */
  readonly culprit: Mark | undefined;
  readonly log: Pick<Log, 'info'>;
}

export class Suspects {
  readonly #turn = new Sema(1);
  readonly #saveMark: SaveMark;
  readonly #log: Pick<Log, 'info'>;
  #culprit: Mark | undefined;
  #windows = 0;
  #cleared = Promise.withResolvers<void>();

  constructor({ saveMark, culprit, log }: SuspectsOptions) {
    this.#saveMark = saveMark;
    this.#culprit = culprit;
    this.#log = log;
  }

  /** The item that was in flight at two crashes, as long as it was not met; undefined: there is none, or it was. */
  get culprit(): Mark | undefined {
    return this.#culprit;
  }

  /** Segments whose suspects are not worked yet: other items have to wait. */
  get pending(): boolean {
    return this.#windows > 0;
  }

  /** Takes note of the segments of a loop, each with how many suspects it may have. */
  open(segments: readonly number[]): void {
    const items = segments.reduce((sum, suspects) => sum + suspects, 0);
    if (items === 0) return;
    this.#windows += segments.filter((suspects) => suspects > 0).length;
    this.#log.info(`working at most ${items} items one by one: one of them may have ended the process before`);
  }

  /** Takes note of a segment whose suspects are worked, or that came to its end; `finished`: none is left of it. */
  async close(finished: boolean): Promise<void> {
    if (this.#windows > 1) {
      this.#windows -= 1;
      return;
    }
    try {
      // The mark goes first: what is in flight from here on is not to be blamed.
      await this.#saveMark(null);
      if (finished) this.#log.info('no item is worked one by one any more: none of them ended the process this time');
    } finally {
      this.#windows -= 1;
      this.#cleared.resolve();
      this.#cleared = Promise.withResolvers();
    }
  }

  /** Resolves when no segment has suspects any more; rejects with the signal's reason. */
  async cleared(signal: AbortSignal): Promise<void> {
    while (this.pending) await untilAborted(this.#cleared.promise, signal);
  }

  /** Works one suspect at a time: `work` is called when no other is in flight. */
  async alone<TResult>(work: () => Promise<TResult>): Promise<TResult> {
    await this.#turn.acquire();
    try {
      return await work();
    } finally {
      this.#turn.release();
    }
  }

  /** Whether this item was in flight at two crashes; true once. */
  isCulprit({ loop, key }: Mark): boolean {
    if (this.#culprit?.key !== key || this.#culprit.loop !== loop) return false;
    this.#culprit = undefined;
    return true;
  }

  /** Marks the item that is started next. */
  mark(mark: Mark): Promise<void> {
    return this.#saveMark(mark);
  }
}
