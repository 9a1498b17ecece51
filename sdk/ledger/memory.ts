/**
 * A ledger in memory, for tests and for runs that nobody needs to resume.
 *
 * Guarantees the contract within one process: one run a job at a time, resume of interrupted runs, fenced writes.
 * Does not guarantee anything beyond the life of the process; `heartbeat` never lets a lease expire.
 */
import { LeaseLostError } from '../errors.ts';
import type { Json } from '../sources/source.ts';
import type { Summary } from '../summary.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Checkpoint, Claim, ClaimRequest, Lease, Ledger } from './ledger.ts';

interface Run {
  readonly runId: string;
  readonly identity: string;
  attempt: number;
  open: boolean;
  checkpoint: Checkpoint | undefined;
  summary: Summary | undefined;
}

/** Holds a lease as long as the process lives. */
const memoryTtlMs = 60_000;

export class MemoryLedger implements Ledger {
  readonly #runs = new Map<string, Run>();
  // By job: the lease in force.
  readonly #leases = new Map<string, Lease>();
  // By job and scheduled time: the run it started.
  readonly #scheduled = new Map<string, string>();
  #lastToken = 0;

  async claim(request: ClaimRequest): Promise<Claim> {
    const holder = this.#leases.get(request.job);
    const occasion = `${request.job} ${request.trigger.scheduledTime ?? ''}`;
    const earlier = request.trigger.scheduledTime === undefined ? undefined : this.#scheduled.get(occasion);
    const resumable = request.fresh ? undefined : this.#findInterrupted(request.job, request.scope);
    if (earlier !== undefined && earlier !== resumable?.runId)
      return { granted: false, reason: 'duplicate', runId: earlier };
    if (holder !== undefined) return { granted: false, reason: 'overlap', runId: holder.runId };

    const run = resumable ?? this.#begin(request);
    run.attempt += 1;
    run.open = true;
    this.#lastToken += 1;
    const lease: Lease = { runId: run.runId, fencingToken: this.#lastToken, ttlMs: memoryTtlMs };
    this.#leases.set(request.job, lease);
    if (request.trigger.scheduledTime !== undefined) this.#scheduled.set(occasion, run.runId);
    return { granted: true, lease, attempt: run.attempt, checkpoint: run.checkpoint, recovered: false };
  }

  async heartbeat(lease: Lease): Promise<void> {
    this.#runOf(lease);
  }

  async checkpoint(lease: Lease, checkpoint: Checkpoint): Promise<void> {
    // Through JSON, as any durable store would: a cursor that does not survive that is found in tests.
    this.#runOf(lease).checkpoint = JSON.parse(JSON.stringify(checkpoint)) as Checkpoint;
  }

  async finish(lease: Lease, summary: Summary): Promise<void> {
    const run = this.#runOf(lease);
    run.open = false;
    run.summary = summary;
    this.#leases.delete(summary.job);
  }

  /** The summary of each run that ended, oldest first. */
  summaries(): readonly Summary[] {
    return [...this.#runs.values()].flatMap(({ summary }) => (summary === undefined ? [] : [summary]));
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #begin({ job, scope, runId }: ClaimRequest): Run {
    const run: Run = {
      runId,
      identity: identityOf(job, scope),
      attempt: 0,
      open: false,
      checkpoint: undefined,
      summary: undefined,
    };
    this.#runs.set(runId, run);
    return run;
  }

  #findInterrupted(job: string, scope: Json): Run | undefined {
    const identity = identityOf(job, scope);
    const last = [...this.#runs.values()].filter((run) => run.identity === identity).at(-1);
    return last?.summary?.status === 'interrupted' ? last : undefined;
  }

  #runOf(lease: Lease): Run {
    const run = this.#runs.get(lease.runId);
    const current = [...this.#leases.values()].some(({ fencingToken }) => fencingToken === lease.fencingToken);
    if (run === undefined || !current) {
      throw new LeaseLostError(
        `expected to hold the lease of run ${lease.runId}, but another attempt has it; nothing was written`,
      );
    }
    return run;
  }
}

function identityOf(job: string, scope: Json): string {
  return `${job} ${canonicalJson(scope)}`;
}
