/**
 * Saves how far a run is: every second or 1,000 settled items, whichever comes first, and at the end.
 *
 * Guarantees: one write at a time; what is written is a settled prefix with exactly its counts; a write that fails moves
 * nothing and is tried again with the next one. Does not guarantee that the last write before a crash was made: what was
 * settled since is worked again.
 */
import type { Clock, Timer } from '../clock.ts';
import type { Effects } from '../effects.ts';
import { LeaseLostError } from '../errors.ts';
import type { Checkpoint, Lease, Ledger } from './ledger.ts';

export interface CheckpointerOptions {
  readonly ledger: Ledger;
  readonly lease: Lease;
  readonly effects: Effects;
  readonly clock: Clock;
  readonly everyMs: number;
  readonly everyItems: number;
  /** Tells how far the run is. */
  readonly take: () => Checkpoint;
  /** Told when a write failed. */
  readonly onError: (error: unknown) => void;
}

export class Checkpointer {
  readonly #options: CheckpointerOptions;
  #settledSince = 0;
  #saved = 0;
  // After a failed write only the timer starts the next: a ledger in trouble is not asked for each item.
  #failing = false;
  #closed = false;
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
  }

  /** Checkpoints that were saved. */
  get saved(): number {
    return this.#saved;
  }

  /** Takes note of a settled item. */
  noteSettled(): void {
    if (this.#closed) return;
    this.#settledSince += 1;
    if (this.#settledSince >= this.#options.everyItems && !this.#failing) void this.#writeNow();
    else if (this.#timer === undefined && this.#writing === undefined) this.#arm();
  }

  /** Saves what there is, now; rejects when that fails. Nothing is saved after it. */
  async finish(): Promise<void> {
    await this.abandon();
    await this.#save();
  }

  /** Ends without saving: the lease is another's. */
  async abandon(): Promise<void> {
    this.#close();
    await this.#writing;
  }

  #close(): void {
    this.#closed = true;
    this.#disarm();
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
    this.#writing ??= this.#save()
      .catch((error: unknown) => {
        if (error instanceof LeaseLostError) this.#close();
        this.#options.onError(error);
      })
      .finally(() => {
        this.#writing = undefined;
        if (this.#settledSince > 0 && this.#timer === undefined && !this.#closed) this.#arm();
      });
    return this.#writing;
  }

  async #save(): Promise<void> {
    const { ledger, lease, effects, take } = this.#options;
    const settled = this.#settledSince;
    this.#settledSince = 0;
    try {
      const checkpoint = take();
      await effects.perform({ kind: 'ledger', operation: 'checkpoint', target: 'ledger', write: true }, () =>
        ledger.checkpoint(lease, checkpoint),
      );
      this.#saved += 1;
      this.#failing = false;
    } catch (error) {
      this.#settledSince += settled;
      this.#failing = true;
      throw error;
    }
  }
}
