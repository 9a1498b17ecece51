/**
 * A ledger in memory that knows one failed item of a run of another ledger, so that it alone can be redriven; the other ledger is only
 * read.
 */
import {
  type AuditEntry,
  type AuditQuery,
  type Claim,
  type ClaimRequest,
  type End,
  type FailedItem,
  type FailuresPage,
  type FailuresQuery,
  type Lease,
  type Ledger,
  MemoryLedger,
  type RunRecord,
  type RunSeries,
  type RunsQuery,
  type Save,
} from '@stint/sdk';

export class OneFailureLedger implements Ledger {
  readonly #own = new MemoryLedger();
  readonly #other: Ledger;
  readonly #runId: string;
  readonly #item: FailedItem;

  constructor(other: Ledger, runId: string, item: FailedItem) {
    this.#other = other;
    this.#runId = runId;
    this.#item = item;
  }

  async run(runId: string): Promise<RunRecord | undefined> {
    return (await this.#own.run(runId)) ?? (await this.#other.run(runId));
  }

  failures(runId: string, query?: FailuresQuery): Promise<FailuresPage> {
    if (runId !== this.#runId) return this.#own.failures(runId, query);
    return Promise.resolve({ items: [this.#item], next: undefined });
  }

  series(runId: string): Promise<readonly RunSeries[]> {
    return this.#own.series(runId);
  }

  claim(request: ClaimRequest): Promise<Claim> {
    return this.#own.claim(request);
  }

  heartbeat(lease: Lease): Promise<{ readonly cancelledBy: string | undefined }> {
    return this.#own.heartbeat(lease);
  }

  checkpoint(lease: Lease, save: Save): Promise<void> {
    return this.#own.checkpoint(lease, save);
  }

  finish(lease: Lease, end: End): Promise<void> {
    return this.#own.finish(lease, end);
  }

  runs(query?: RunsQuery): Promise<readonly RunRecord[]> {
    return this.#own.runs(query);
  }

  cancel(runId: string, by: string): Promise<void> {
    return this.#own.cancel(runId, by);
  }

  audit(entry: AuditEntry): Promise<void> {
    return this.#own.audit(entry);
  }

  audits(query?: AuditQuery): Promise<readonly AuditEntry[]> {
    return this.#own.audits(query);
  }

  prune(): Promise<void> {
    return this.#own.prune();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#own[Symbol.asyncDispose]();
  }
}
