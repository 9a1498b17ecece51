/** A run as the ledger in memory keeps it. */
import type { RunSeries } from '../report/run-series.ts';
import type { Summary } from '../summary.ts';
import { type AttemptRecord, readAttempts } from './attempts.ts';
import type { Checkpoint, ClaimRequest, FailedItem, Refused, RunRecord, RunStatus } from './ledger.ts';
import { identityOf } from './run-identity.ts';

export interface MemoryRun {
  readonly request: ClaimRequest;
  readonly runId: string;
  readonly identity: string;
  readonly startedAtMs: number;
  status: RunStatus;
  crashed: boolean;
  attempt: number;
  attempts: readonly AttemptRecord[];
  token: number;
  claimId: string;
  leaseKey: string;
  holder: string;
  /** What the claim that holds it was told. */
  recovered: boolean;
  leaseUntilMs: number;
  updatedAtMs: number;
  finishedAtMs: number | undefined;
  cancelledBy: string | undefined;
  checkpoint: Checkpoint | undefined;
  summary: Summary | undefined;
  failures: FailedItem[];
  series: readonly RunSeries[];
}

/** A run that no attempt has yet. */
export function newRun(request: ClaimRequest, nowMs: number): MemoryRun {
  return {
    request: clone(request),
    runId: request.runId,
    identity: identityOf(request),
    startedAtMs: nowMs,
    status: 'interrupted',
    crashed: false,
    attempt: 0,
    attempts: [],
    token: 0,
    claimId: '',
    leaseKey: '',
    holder: '',
    recovered: false,
    leaseUntilMs: Number.NEGATIVE_INFINITY,
    updatedAtMs: nowMs,
    finishedAtMs: undefined,
    cancelledBy: undefined,
    checkpoint: undefined,
    summary: undefined,
    failures: [],
    series: [],
  };
}

/** What is told of a run. */
export function toRecord(run: MemoryRun, isHeld: boolean): RunRecord {
  const { job, scope, shard, trigger, dryRun, redriveOf } = run.request;
  return {
    runId: run.runId,
    job,
    scope,
    ...(shard === undefined ? {} : { shard }),
    trigger,
    dryRun,
    redriveOf,
    status: run.status,
    leaseHeld: run.status === 'running' ? isHeld : undefined,
    attempt: run.attempt,
    attempts: readAttempts(clone(run.attempts)),
    holder: run.holder,
    startedAt: iso(run.startedAtMs),
    updatedAt: iso(run.updatedAtMs),
    finishedAt: run.finishedAtMs === undefined ? undefined : iso(run.finishedAtMs),
    cancelledBy: run.cancelledBy,
    checkpoint: run.checkpoint && clone(run.checkpoint),
    summary: run.summary && clone(run.summary),
  };
}

export function refuse(reason: Refused['reason'], { runId }: MemoryRun): Refused {
  return { granted: false, reason, runId, sighting: undefined };
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** Through JSON, as any durable store would: what does not survive that is found in tests. */
export function clone<TValue>(value: TValue): TValue {
  return JSON.parse(JSON.stringify(value)) as TValue;
}
