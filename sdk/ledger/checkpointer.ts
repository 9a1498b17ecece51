/**
 * Saves how far a run is: every second or 1,000 settled items, whichever comes first, and when it is asked to.
 *
 * Guarantees: one write at a time; what is written is a settled prefix with exactly its counts and failures, taken *after*
 * those items were settled (a cursor never runs ahead of the work). A write that failed, or whose answer was lost, is
 * repeated as it was, with the same number, before anything newer is written: so nothing is saved twice and nothing is
 * left out. Does not guarantee that the last write before a crash was made: what was settled since is worked again.
 */
import type { Clock, Timer } from '../clock.ts';
import { LeaseLostError } from '../errors.ts';
import type { Lease, Mark, Save } from './ledger.ts';
import type { LedgerCalls } from './ledger-calls.ts';

/** What a checkpoint is made of, and who is told that it was saved. */
export interface Taken {
  readonly save: Save;
  /** Monotonic ms at which the oldest item was settled that no checkpoint had before; infinite: there is none. */
  readonly unsavedSinceMs: number;
  readonly onSaved: () => void;
}

export interface CheckpointerOptions {
  readonly calls: Pick<LedgerCalls, 'checkpoint'>;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly everyMs: number;
  readonly everyItems: number;
  /** Number of the last checkpoint of the run, 0: there is none. */
  readonly lastSeq: number;
  /** Tells how far the run is, as checkpoint number `seq`. */
  readonly take: (seq: number, mark: Mark | null) => Taken;
  /** Told when a write failed. */
  readonly onError: (error: unknown) => void;
  /** Told of each that was saved; undefined: nobody is. Must not throw. */
  readonly onSaved: ((taken: Taken) => void) | undefined;
}

export class Checkpointer {
  readonly #options: CheckpointerOptions;
  #seq: number;
  #settledSince = 0;
  // Stays until another is asked for: what a timer writes meanwhile must carry it too.
  #mark: Mark | null = null;
  #saved = 0;
  #savedSeq = 0;
  // What was written without an answer: it may have been taken, or not.
  #unanswered: Taken | undefined;
  // After a failed write only the timer starts the next: a ledger in trouble is not asked for each item.
  #failing = false;
  #closed = false;
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
    this.#seq = options.lastSeq;
  }

  /** Checkpoints that were saved. */
  get saved(): number {
    return this.#saved;
  }

  /** The mark that checkpoints carry now. */
  get mark(): Mark | null {
    return this.#mark;
  }

  /** Takes note of a settled item. */
  noteSettled(): void {
    if (this.#closed) return;
    this.#settledSince += 1;
    if (this.#settledSince >= this.#options.everyItems && !this.#failing) void this.#writeNow();
    else if (this.#timer === undefined && this.#writing === undefined) this.#arm();
  }

  /**
   * Saves what there is now, with this mark; tries again until it is saved.
   * Rejects when the signal fires, or the lease is another's.
   */
  async save(mark: Mark | null, signal: AbortSignal): Promise<void> {
    const { clock, everyMs } = this.#options;
    const after = this.#seq;
    this.#mark = mark;
    for (;;) {
      // A write under way may have been begun before what is asked for now.
      while (this.#writing !== undefined) await this.#writing;
      if (this.#savedSeq > after) return;
      signal.throwIfAborted();
      const before = this.#savedSeq;
      await this.#writeNow();
      if (this.#savedSeq === before) await clock.sleep(everyMs, signal);
    }
  }

  /** Ends: waits for the write under way. Resolves with what was written without an answer, to be written again first. */
  async close(): Promise<Taken | undefined> {
    this.#closed = true;
    this.#disarm();
    await this.#writing;
    return this.#unanswered;
  }

  /** The number of a checkpoint after the last one. */
  nextSeq(): number {
    this.#seq += 1;
    return this.#seq;
  }

  #arm(): void {
    this.#timer = this.#options.clock.setTimer(this.#options.everyMs, () => void this.#writeNow());
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #writeNow(): Promise<void> {
    this.#disarm();
    this.#writing ??= this.#write()
      .catch((error: unknown) => {
        this.#failing = true;
        if (error instanceof LeaseLostError) this.#closed = true;
        this.#options.onError(error);
      })
      .finally(() => {
        this.#writing = undefined;
        const isBehind = this.#settledSince > 0 || this.#unanswered !== undefined;
        if (isBehind && this.#timer === undefined && !this.#closed) this.#arm();
      });
    return this.#writing;
  }

  async #write(): Promise<void> {
    const { calls, lease, take, onSaved: tellSaved } = this.#options;
    if (this.#unanswered === undefined) {
      this.#settledSince = 0;
      this.#unanswered = take(this.nextSeq(), this.#mark);
    }
    const taken = this.#unanswered;
    const { save, onSaved } = taken;
    await calls.checkpoint(lease, save);
    this.#unanswered = undefined;
    this.#saved += 1;
    this.#savedSeq = save.checkpoint.seq;
    this.#failing = false;
    onSaved();
    tellSaved?.(taken);
  }
}
