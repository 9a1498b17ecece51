/**
 * A ledger in memory, for tests and for runs that nobody needs to resume.
 *
 * Guarantees the contract within one process, with leases that expire by the monotonic clock it was opened with.
 * Does not guarantee anything beyond the life of the process; runs are kept until `prune`.
 */
import { type Clock, systemClock } from '../clock.ts';
import { LeaseLostError, RunOverError, UnknownRunError } from '../errors.ts';
import type { RunSeries } from '../report/run-series.ts';
import type { Json } from '../sources/source.ts';
import type { Summary } from '../summary.ts';
import { beginAttempt, completeAttempt } from './attempts.ts';
import type { AuditEntry, AuditQuery } from './audit.ts';
import { lastSeries } from './kept-series.ts';
import type {
  Claim,
  ClaimRequest,
  End,
  FailuresPage,
  FailuresQuery,
  Granted,
  Lease,
  Ledger,
  LedgerOptions,
  RunRecord,
  RunStatus,
  RunsQuery,
  Save,
} from './ledger.ts';
import { MemoryAudit } from './memory-audit.ts';
import { clone, iso, type MemoryRun, newRun, refuse, toRecord } from './memory-run.ts';
import { resolveLedgerOptions } from './options.ts';
import { identityOf, leaseKeyOf, occasionOf } from './run-identity.ts';

export interface MemoryLedgerOptions extends LedgerOptions {
  /** @default the machine's */
  readonly clock?: Clock;
}

export class MemoryLedger implements Ledger {
  readonly #clock: Clock;
  readonly #options: Required<LedgerOptions>;
  #runs = new Map<string, MemoryRun>();
  #scheduled = new Map<string, string>();
  #tokens = { last: 0 };
  #audit = new MemoryAudit();

  constructor({ clock = systemClock, ...options }: MemoryLedgerOptions = {}) {
    this.#clock = clock;
    this.#options = resolveLedgerOptions(options);
  }

  /** A ledger of the same runs, as another task would open it. */
  another(options: LedgerOptions = {}): MemoryLedger {
    const other = new MemoryLedger({ clock: this.#clock, ...options });
    other.#runs = this.#runs;
    other.#scheduled = this.#scheduled;
    other.#tokens = this.#tokens;
    other.#audit = this.#audit;
    return other;
  }

  async claim(request: ClaimRequest): Promise<Claim> {
    const again = this.#find((run) => run.claimId === request.runId && this.#isHeld(run));
    if (again !== undefined) return this.#grant(again);
    const target = this.#findTarget(request);
    const time = occasionOf(request);
    const occasion = time === undefined ? undefined : `${request.job} ${time}`;
    const used = occasion === undefined ? undefined : this.#runs.get(this.#scheduled.get(occasion) ?? '');
    if (used !== undefined && (used !== target || this.#isHeld(used))) return refuse('duplicate', used);
    if (target !== undefined && this.#isHeld(target)) return refuse('overlap', target);
    const leaseKey = leaseKeyOf({ ...request, runId: target?.runId ?? request.runId });
    const holder = this.#find((run) => run.leaseKey === leaseKey && this.#isHeld(run));
    if (holder !== undefined) return refuse('overlap', holder);
    this.#fenceDead(leaseKey);
    const run = target ?? this.#begin(request);
    this.#take(run, request, leaseKey);
    if (occasion !== undefined) this.#scheduled.set(occasion, run.runId);
    return this.#grant(run);
  }

  async heartbeat(lease: Lease): Promise<{ readonly cancelledBy: string | undefined }> {
    const run = this.#runOf(lease);
    if (run.status === 'running') this.#renew(run);
    return { cancelledBy: run.cancelledBy };
  }

  async checkpoint(lease: Lease, save: Save): Promise<void> {
    this.#save(this.#runOf(lease), save);
  }

  async finish(lease: Lease, end: End): Promise<void> {
    const run = this.#runOf(lease);
    if (run.status !== 'running') return;
    this.#save(run, end);
    run.status = end.resumable ? 'interrupted' : (end.summary.status as RunStatus);
    run.summary = clone(end.summary);
    run.leaseUntilMs = Number.NEGATIVE_INFINITY;
    const nowMs = this.#clock.now();
    run.finishedAtMs = end.resumable ? undefined : nowMs;
    const toCheckpoint = run.checkpoint?.seq ?? 0;
    run.attempts = completeAttempt(run.attempts, run.attempt, { summary: end.summary, at: iso(nowMs), toCheckpoint });
    if (end.series !== undefined) run.series = lastSeries([...run.series, clone(end.series)]);
  }

  async runs({ job, status, before, limit = 20 }: RunsQuery = {}): Promise<readonly RunRecord[]> {
    const all = [...this.#runs.values()];
    // Of a run that is not there the index is -1: none is before it.
    const end =
      before === undefined
        ? all.length
        : Math.max(
            0,
            all.findIndex((run) => run.runId === before),
          );
    return all
      .slice(0, end)
      .reverse()
      .filter(
        (run) => (job === undefined || run.request.job === job) && (status === undefined || run.status === status),
      )
      .slice(0, limit)
      .map((run) => toRecord(run, this.#isHeld(run)));
  }

  async run(runId: string): Promise<RunRecord | undefined> {
    const run = this.#runs.get(runId);
    return run && toRecord(run, this.#isHeld(run));
  }

  async failures(runId: string, { error, after, limit = 100 }: FailuresQuery = {}): Promise<FailuresPage> {
    const all = (this.#runs.get(runId)?.failures ?? []).filter(
      (item) => error === undefined || item.error.name === error || item.error.code === error,
    );
    const from = typeof after === 'number' ? after : 0;
    return {
      items: clone(all.slice(from, from + limit)),
      next: from + limit < all.length ? ((from + limit) as Json) : undefined,
    };
  }

  async series(runId: string): Promise<readonly RunSeries[]> {
    return clone(this.#runs.get(runId)?.series ?? []);
  }

  async cancel(runId: string, by: string): Promise<void> {
    const run = this.#runs.get(runId);
    if (run === undefined) throw new UnknownRunError(runId);
    if (run.status !== 'running' && run.status !== 'interrupted') return;
    run.cancelledBy ??= by;
    if (!this.#isHeld(run)) this.#cancelled(run);
  }

  async audit(entry: AuditEntry): Promise<void> {
    this.#audit.add(entry, this.#clock.now());
  }

  async audits(query?: AuditQuery): Promise<readonly AuditEntry[]> {
    return this.#audit.list(query);
  }

  async prune(): Promise<void> {
    this.#audit.prune(this.#clock.now() - this.#options.retentionMs);
    for (const run of [...this.#runs.values()]) {
      if (this.#isHeld(run) || run.updatedAtMs > this.#clock.now() - this.#options.retentionMs) continue;
      this.#runs.delete(run.runId);
      for (const [occasion, runId] of this.#scheduled) if (runId === run.runId) this.#scheduled.delete(occasion);
    }
  }

  /** The summary of each run that ended, oldest first. */
  summaries(): readonly Summary[] {
    return [...this.#runs.values()].flatMap(({ summary }) => (summary === undefined ? [] : [summary]));
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #find(picks: (run: MemoryRun) => boolean): MemoryRun | undefined {
    return [...this.#runs.values()].find(picks);
  }

  /** Takes the lease from runs whose processes have died: they wait for a start of their own. */
  #fenceDead(leaseKey: string): void {
    for (const run of this.#runs.values()) {
      if (run.leaseKey !== leaseKey || run.status !== 'running') continue;
      run.status = 'interrupted';
      run.crashed = true;
      run.token = this.#nextToken();
    }
  }

  #take(run: MemoryRun, request: ClaimRequest, leaseKey: string): void {
    run.recovered = run.crashed || run.status === 'running';
    run.status = 'running';
    run.crashed = false;
    run.attempt += 1;
    run.token = this.#nextToken();
    run.claimId = request.runId;
    run.leaseKey = leaseKey;
    run.holder = request.holder;
    run.attempts = beginAttempt(run.attempts, {
      ...{ attempt: run.attempt, holder: request.holder },
      ...{ startedAt: iso(this.#clock.now()), fromCheckpoint: run.checkpoint?.seq ?? 0 },
    });
    this.#renew(run);
  }

  #nextToken(): number {
    this.#tokens.last += 1;
    return this.#tokens.last;
  }

  #findTarget(request: ClaimRequest): MemoryRun | undefined {
    // Begun by this claim, whose answer was lost, or which lands a second time when all is over.
    const own = this.#runs.get(request.runId);
    if (own !== undefined) return this.#unlessOver(own);
    if (request.dryRun || request.resume === 'none') return undefined;
    if (request.resume !== 'last') {
      const run = this.#runs.get(request.resume.runId);
      if (run === undefined) throw new UnknownRunError(request.resume.runId);
      return this.#unlessOver(run);
    }
    const identity = identityOf(request);
    const last = [...this.#runs.values()].filter((run) => run.identity === identity && !run.request.dryRun).at(-1);
    return last !== undefined && this.#isOpen(last) ? last : undefined;
  }

  #unlessOver(run: MemoryRun): MemoryRun {
    if (!this.#isOpen(run)) throw new RunOverError(run.runId, run.status);
    return run;
  }

  #isOpen(run: MemoryRun): boolean {
    if (run.status !== 'running' && run.status !== 'interrupted') return false;
    if (run.cancelledBy === undefined || this.#isHeld(run)) return true;
    this.#cancelled(run);
    return false;
  }

  #cancelled(run: MemoryRun): void {
    run.status = 'cancelled';
    run.token = this.#nextToken();
    run.finishedAtMs = this.#clock.now();
  }

  #begin(request: ClaimRequest): MemoryRun {
    const run = newRun(request, this.#clock.now());
    this.#runs.set(run.runId, run);
    return run;
  }

  #isHeld(run: MemoryRun): boolean {
    return run.status === 'running' && this.#clock.monotonicMs() < run.leaseUntilMs;
  }

  #renew(run: MemoryRun): void {
    run.leaseUntilMs = this.#clock.monotonicMs() + this.#options.leaseTtlMs;
    run.updatedAtMs = this.#clock.now();
  }

  #save(run: MemoryRun, { checkpoint, failures }: Save): void {
    if (run.checkpoint !== undefined && checkpoint.seq <= run.checkpoint.seq) return;
    run.checkpoint = clone(checkpoint);
    run.failures.push(...clone(failures));
    run.updatedAtMs = this.#clock.now();
  }

  #grant(run: MemoryRun): Granted {
    const lease = { runId: run.runId, key: run.leaseKey, fencingToken: run.token, ttlMs: this.#options.leaseTtlMs };
    return {
      granted: true,
      lease,
      attempt: run.attempt,
      checkpoint: run.checkpoint && clone(run.checkpoint),
      recovered: run.recovered,
      definition: run.request.definition,
    };
  }

  #runOf(lease: Lease): MemoryRun {
    const run = this.#runs.get(lease.runId);
    if (run !== undefined && run.token === lease.fencingToken) return run;
    throw new LeaseLostError(
      `expected to hold the lease of run ${lease.runId}, but another attempt has it; nothing was written`,
    );
  }
}
