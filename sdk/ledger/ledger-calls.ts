/**
 * The calls that a run makes to its ledger: through the door of effects, and each within its time.
 *
 * Guarantees: a call settles within `timeoutMs`, also when the store never answers. Does not guarantee that a call that
 * ran out of time did nothing: the contract of a ledger lets every call be repeated for that reason.
 */
import type { Clock } from '../clock.ts';
import type { Effects } from '../effects.ts';
import { LedgerError } from '../errors.ts';
import type {
  Claim,
  ClaimRequest,
  End,
  FailuresPage,
  FailuresQuery,
  Lease,
  Ledger,
  RunRecord,
  Save,
} from './ledger.ts';

export interface LedgerCallsOptions {
  readonly ledger: Ledger;
  readonly effects: Effects;
  readonly clock: Clock;
  /** @default 10_000 */
  readonly timeoutMs?: number;
}

export class LedgerCalls {
  readonly #ledger: Ledger;
  readonly #effects: Effects;
  readonly #clock: Clock;
  readonly #timeoutMs: number;

  constructor({ ledger, effects, clock, timeoutMs = 10_000 }: LedgerCallsOptions) {
    this.#ledger = ledger;
    this.#effects = effects;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  claim(request: ClaimRequest): Promise<Claim> {
    return this.#call('claim', true, () => this.#ledger.claim(request));
  }

  heartbeat(lease: Lease): Promise<{ readonly cancelledBy: string | undefined }> {
    return this.#call('heartbeat', true, () => this.#ledger.heartbeat(lease));
  }

  checkpoint(lease: Lease, save: Save): Promise<void> {
    return this.#call('checkpoint', true, () => this.#ledger.checkpoint(lease, save));
  }

  finish(lease: Lease, end: End): Promise<void> {
    return this.#call('finish', true, () => this.#ledger.finish(lease, end));
  }

  cancel(runId: string, by: string): Promise<void> {
    return this.#call('cancel', true, () => this.#ledger.cancel(runId, by));
  }

  prune(): Promise<void> {
    return this.#call('prune', true, () => this.#ledger.prune());
  }

  run(runId: string): Promise<RunRecord | undefined> {
    return this.#call('run', false, () => this.#ledger.run(runId));
  }

  failures(runId: string, query: FailuresQuery): Promise<FailuresPage> {
    return this.#call('failures', false, () => this.#ledger.failures(runId, query));
  }

  #call<TResult>(operation: string, write: boolean, fn: () => Promise<TResult>): Promise<TResult> {
    return this.#effects.perform({ kind: 'ledger', operation, target: 'ledger', write }, () =>
      this.#within(operation, fn),
    );
  }

  #within<TResult>(operation: string, fn: () => Promise<TResult>): Promise<TResult> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimer(this.#timeoutMs, () =>
        reject(
          new LedgerError(`expected the ledger to answer ${operation} within ${this.#timeoutMs} ms, got no answer`),
        ),
      );
      fn()
        .then(resolve, reject)
        .finally(() => timer.cancel());
    });
  }
}
