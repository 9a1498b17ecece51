/**
 * Keeps the lease of a run with heartbeats, and knows how long it can be trusted.
 *
 * A lease is ours for sure for `ttlMs` from before its last renewal was *sent*: when that was taken is not known. So
 *
 *   until ttl − margin        it is trusted
 *   from then                 `onDoubt`: no new item may start
 *   from ttl − margin / 2     `onLost`: what is in flight is ended, effects are refused
 *   when the store says so    `onLost` at once: another has it
 *
 * Guarantees: `onLost` has been called before another attempt can have begun, by the monotonic clock of this process
 * only. A process that was stopped (SIGSTOP) or blocked meanwhile finds out before its next item or effect: `mayStart` and
 * `checkEffect` look at the clock, not at whether a timer came to fire.
 * Cannot guarantee anything for a request that left before, and arrives late: that is what fencing tokens, conditional
 * writes and idempotency keys are for.
 */
import type { Clock, Timer } from '../clock.ts';
import { LeaseLostError } from '../errors.ts';
import type { Lease } from './ledger.ts';
import type { LedgerCalls } from './ledger-calls.ts';

export interface LeaseKeeperOptions {
  readonly calls: Pick<LedgerCalls, 'heartbeat'>;
  readonly lease: Lease;
  readonly clock: Clock;
  /** Monotonic ms before which the claim, or its last renewal, was sent. */
  readonly renewedMs: number;
  readonly onDoubt: (error: LeaseLostError) => void;
  readonly onLost: (error: LeaseLostError) => void;
  /** Told when somebody asked for the end of the run. */
  readonly onCancel: (by: string) => void;
  /** Told when a heartbeat failed and will be tried again. */
  readonly onError: (error: unknown) => void;
}

const heartbeatsPerTtl = 3;
/** Who cancels a run, or watches its lease, should not have to wait long. */
const longestBeatMs = 5_000;
const retriesPerTtl = 30;
const longestRetryMs = 1_000;
const marginOfTtl = 0.25;
const longestMarginMs = 10_000;

export class LeaseKeeper implements Disposable {
  readonly #options: LeaseKeeperOptions;
  readonly #marginMs: number;
  #doubtfulFromMs = 0;
  #lostFromMs = 0;
  #nextBeat: Timer | undefined;
  #endOfTrust: Timer | undefined;
  #lost: LeaseLostError | undefined;
  #takenOver = false;
  #closed = false;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
    this.#marginMs = Math.min(options.lease.ttlMs * marginOfTtl, longestMarginMs);
    this.#trustFrom(options.renewedMs);
    this.#schedule(this.#beatEveryMs);
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#nextBeat?.cancel();
    this.#endOfTrust?.cancel();
  }

  /** The store itself said that the lease is another's: nothing that we write would be taken. */
  get takenOver(): boolean {
    return this.#takenOver;
  }

  /** Whether an item may be started at `nowMs`. */
  mayStart(nowMs: number): boolean {
    if (nowMs < this.#doubtfulFromMs) return true;
    this.#doubt(nowMs);
    return false;
  }

  /** Why an effect must not happen now; undefined: it may. */
  checkEffect(): LeaseLostError | undefined {
    if (this.#lost === undefined && this.#options.clock.monotonicMs() >= this.#lostFromMs) this.#loseTrust();
    return this.#lost;
  }

  /** Takes note that the store refused a write of ours. */
  noteRefusal(error: LeaseLostError): void {
    this.#takenOver = true;
    this.#lose(error);
  }

  get #isOver(): boolean {
    return this.#closed || this.#lost !== undefined;
  }

  get #beatEveryMs(): number {
    return Math.min(this.#options.lease.ttlMs / heartbeatsPerTtl, longestBeatMs);
  }

  #trustFrom(sentMs: number): void {
    const { lease } = this.#options;
    this.#doubtfulFromMs = sentMs + lease.ttlMs - this.#marginMs;
    this.#lostFromMs = sentMs + lease.ttlMs - this.#marginMs / 2;
    this.#watch(this.#doubtfulFromMs);
  }

  #watch(untilMs: number): void {
    const { clock } = this.#options;
    this.#endOfTrust?.cancel();
    if (this.#closed) return;
    const look = () => {
      const nowMs = clock.monotonicMs();
      // Differences are rounded: it may be a moment early, and nothing else would come back to it.
      if (nowMs < untilMs) this.#watch(untilMs);
      else this.#doubt(nowMs);
    };
    this.#endOfTrust = clock.setTimer(untilMs - clock.monotonicMs(), look, { background: true });
  }

  #schedule(inMs: number): void {
    this.#nextBeat?.cancel();
    if (this.#closed) return;
    this.#nextBeat = this.#options.clock.setTimer(inMs, () => void this.#beat(), { background: true });
  }

  async #beat(): Promise<void> {
    const { calls, lease, clock, onCancel, onError } = this.#options;
    const sentMs = clock.monotonicMs();
    try {
      const { cancelledBy } = await calls.heartbeat(lease);
      if (this.#isOver) return;
      this.#trustFrom(sentMs);
      if (cancelledBy !== undefined) onCancel(cancelledBy);
      this.#schedule(this.#beatEveryMs);
    } catch (error) {
      if (this.#isOver) return;
      if (error instanceof LeaseLostError) {
        this.noteRefusal(error);
        return;
      }
      onError(error);
      this.#schedule(Math.min(lease.ttlMs / retriesPerTtl, longestRetryMs));
    }
  }

  #doubt(nowMs: number): void {
    if (this.#isOver || nowMs < this.#doubtfulFromMs) return;
    if (nowMs >= this.#lostFromMs) {
      this.#loseTrust();
      return;
    }
    this.#options.onDoubt(this.#tooLate());
    this.#watch(this.#lostFromMs);
  }

  #loseTrust(): void {
    this.#lose(this.#tooLate());
  }

  #tooLate(): LeaseLostError {
    return new LeaseLostError(
      `the lease of run ${this.#options.lease.runId} could not be renewed in time; the run stops before another takes it`,
    );
  }

  #lose(error: LeaseLostError): void {
    if (this.#isOver) return;
    this.#lost = error;
    this.#nextBeat?.cancel();
    this.#endOfTrust?.cancel();
    this.#options.onLost(error);
  }
}
