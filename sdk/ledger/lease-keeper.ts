/**
 * Keeps the lease of a run with heartbeats.
 *
 * Guarantees: when the ledger says that the lease is another's, or no heartbeat got through for so long that it may be,
 * the run is told before another attempt can have begun. By the monotonic clock of this process only.
 */
import type { Clock, Timer } from '../clock.ts';
import type { Effects } from '../effects.ts';
import { LeaseLostError } from '../errors.ts';
import type { Lease, Ledger } from './ledger.ts';

export interface LeaseKeeperOptions {
  readonly ledger: Ledger;
  readonly lease: Lease;
  readonly effects: Effects;
  readonly clock: Clock;
  readonly onLost: (error: LeaseLostError) => void;
}

// Heartbeats in a lease's time, and the share of it that is kept as a margin.
const heartbeatsPerTtl = 3;
const marginOfTtl = 0.1;

export class LeaseKeeper implements Disposable {
  readonly #options: LeaseKeeperOptions;
  #trustedUntilMs = 0;
  #nextBeat: Timer | undefined;
  // Fires when no heartbeat came back for too long, one that hangs too.
  #endOfTrust: Timer | undefined;
  #closed = false;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
    this.#trustFrom(options.clock.monotonicMs());
    this.#schedule();
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#nextBeat?.cancel();
    this.#endOfTrust?.cancel();
  }

  #trustFrom(startedMs: number): void {
    const { clock, lease } = this.#options;
    this.#trustedUntilMs = startedMs + lease.ttlMs * (1 - marginOfTtl);
    this.#endOfTrust?.cancel();
    this.#endOfTrust = clock.setTimer(this.#trustedUntilMs - clock.monotonicMs(), () => this.#loseTrust());
  }

  #schedule(): void {
    const { clock, lease } = this.#options;
    this.#nextBeat = clock.setTimer(lease.ttlMs / heartbeatsPerTtl, () => void this.#beat());
  }

  async #beat(): Promise<void> {
    const { ledger, lease, effects, clock } = this.#options;
    const startedMs = clock.monotonicMs();
    try {
      await effects.perform({ kind: 'ledger', operation: 'heartbeat', target: 'ledger', write: true }, () =>
        ledger.heartbeat(lease),
      );
      if (this.#closed) return;
      this.#trustFrom(startedMs);
    } catch (error) {
      if (error instanceof LeaseLostError) return this.#lose(error);
      if (clock.monotonicMs() + lease.ttlMs / heartbeatsPerTtl > this.#trustedUntilMs) return this.#loseTrust();
    }
    if (!this.#closed) this.#schedule();
  }

  #loseTrust(): void {
    this.#lose(
      new LeaseLostError(
        `the lease of run ${this.#options.lease.runId} could not be renewed in time; the run stops before another takes it`,
      ),
    );
  }

  #lose(error: LeaseLostError): void {
    if (this.#closed) return;
    this[Symbol.dispose]();
    this.#options.onLost(error);
  }
}
