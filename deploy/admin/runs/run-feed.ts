/**
 * What is told of one run to all who watch it: at most once a second how far it is, and its end.
 *
 * Each event is the whole state, so that whoever is slow misses steps and never the end, and costs nothing: of events that were not
 * taken yet the last one is kept, and no more. What an event says is made once for all watchers.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RunEvent, RunView } from '../schemas.ts';
import type { LocalRun } from './local-runs.ts';

export interface RunFeedOptions {
  /** What the ledger has of the run now. */
  readonly look: () => Promise<RunView>;
  /** The run, if it goes on in this process. */
  readonly local: () => LocalRun | undefined;
  /** How often watchers are told, in ms. */
  readonly everyMs: number;
  /** Told when nobody watches any more, or the end was told: whoever comes then needs another feed, since the run may have been resumed. */
  readonly onIdle: () => void;
}

const toldAtOnce = 25;

/** Of the event that tells the end: whoever has it need not ask again. */
export const endIdOf = ({ attempt }: Pick<RunView, 'attempt'>): string => `end-${attempt}`;

export class RunFeed {
  readonly #options: RunFeedOptions;
  // Ids of another feed are others: what it had told last is not known here.
  readonly #prefix = Math.random().toString(36).slice(2, 10);
  readonly #watchers = new Set<() => void>();
  #last: RunEvent | undefined;
  #heard: LocalRun | undefined;
  #number = 0;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(options: RunFeedOptions) {
    this.#options = options;
  }

  /**
   * Tells of the run until it is over, or the signal fires; then what was not heard yet is told still. Whoever has heard the last event
   * already waits for the next one.
   * @throws what looking throws, the first time
   */
  async *watch(lastEventId: string | undefined, signal: AbortSignal): AsyncGenerator<RunEvent, void> {
    let wake: () => void = () => undefined;
    const tell = () => wake();
    this.#watchers.add(tell);
    signal.addEventListener('abort', tell);
    try {
      if (this.#last === undefined) await this.#look();
      this.#schedule();
      let seen = lastEventId;
      for (;;) {
        const event = this.#last;
        if (event !== undefined && event.id !== seen) {
          seen = event.id;
          yield event;
        }
        if (event?.event === 'end') return;
        if (signal.aborted && this.#last?.id === seen) return;
        if (this.#last?.id === seen)
          await new Promise<void>((resolve) => {
            wake = resolve;
            if (signal.aborted || this.#last?.id !== seen) resolve();
          });
      }
    } finally {
      this.#watchers.delete(tell);
      signal.removeEventListener('abort', tell);
      if (this.#watchers.size === 0) this.#stop();
    }
  }

  /** Looks at once, as when the run was cancelled, and tells. Never rejects. */
  async refresh(): Promise<void> {
    // A look that is on its way may have seen what was before.
    await this.#looking?.catch(() => undefined);
    if (this.#watchers.size > 0) await this.#look().catch(() => undefined);
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#last?.event === 'end') return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      // The ledger may be away for a while: it is asked again.
      void this.#look()
        .catch(() => undefined)
        .then(() => {
          if (this.#watchers.size > 0) this.#schedule();
        });
    }, this.#options.everyMs);
  }

  /** Its end is told when it comes. */
  #listen(): void {
    const local = this.#options.local();
    if (local === undefined || local === this.#heard) return;
    this.#heard = local;
    void local.ended.then(() => void this.refresh());
  }

  #look(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookOnce(): Promise<void> {
    this.#listen();
    const data = await this.#options.look();
    const json = JSON.stringify(data);
    const event = data.status === 'running' ? 'progress' : 'end';
    if (json === this.#last?.json && event === this.#last.event) return;
    this.#number += 1;
    const id = event === 'end' ? endIdOf(data) : `${this.#prefix}-${this.#number}`;
    this.#last = { id, event, data, json };
    void this.#tell();
    if (event === 'end') this.#options.onIdle();
  }

  /** A few at a time: to write to hundreds takes as long as many items of a run do, and requests wait, too. */
  async #tell(): Promise<void> {
    let told = 0;
    // Whoever comes meanwhile knows already, and to tell one that has left does nothing.
    for (const tell of [...this.#watchers]) {
      tell();
      told += 1;
      if (told % toldAtOnce === 0) await nextTurn();
    }
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#options.onIdle();
  }
}
