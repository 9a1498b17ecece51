/** Runs as the admin tells of them. */
import { type FailedItem, parseRedrive, type RunRecord } from '@stint/sdk';
import type { FailureView, HealthBar, ProgressView, RunView } from '../schemas.ts';
import type { LocalRun } from './local-runs.ts';

export function toRunView(record: RunRecord, local: LocalRun | undefined): RunView {
  const { runId, job, status, scope, trigger, dryRun, attempt, holder, startedAt, updatedAt } = record;
  const isOver = status !== 'running' && status !== 'interrupted';
  return {
    runId,
    job,
    status,
    leaseHeld: record.leaseHeld ?? null,
    scope,
    ...(record.shard === undefined ? {} : { shard: { ...record.shard } }),
    trigger: { ...trigger },
    dryRun,
    redriveOf: record.redriveOf === undefined ? null : parseRedrive(record.redriveOf),
    attempt,
    attempts: record.attempts.map((each) => ({
      attempt: each.attempt,
      holder: each.holder,
      startedAt: each.startedAt,
      endedAt: each.endedAt ?? null,
      status: each.status ?? null,
      reason: each.reason ?? null,
      fromCheckpoint: each.fromCheckpoint,
      toCheckpoint: each.toCheckpoint ?? null,
    })),
    holder,
    startedAt,
    updatedAt,
    finishedAt: record.finishedAt ?? null,
    cancelledBy: record.cancelledBy ?? null,
    progress: isOver ? null : (liveProgress(record, local) ?? savedProgress(record)),
    summary: record.summary ?? null,
  };
}

function liveProgress({ checkpoint }: RunRecord, local: LocalRun | undefined): ProgressView | undefined {
  if (local?.progress === undefined) return undefined;
  const { at, figures } = local.progress;
  const { total, settled, itemsPerSecond } = figures;
  const left = total === undefined ? undefined : Math.max(total - settled, 0);
  return {
    isLive: true,
    at: at.toISOString(),
    total: total ?? null,
    settled,
    succeeded: figures.succeeded,
    skipped: figures.skipped,
    failed: figures.failed,
    quarantined: checkpoint?.tally.quarantined ?? 0,
    retried: figures.retried,
    inFlight: figures.inFlight,
    itemsPerSecond,
    waitedMs: figures.waitedMs,
    timeLeftMs: left === undefined || itemsPerSecond === 0 ? null : Math.round((left / itemsPerSecond) * 1_000),
  };
}

function savedProgress({ checkpoint, updatedAt }: RunRecord): ProgressView | null {
  if (checkpoint === undefined) return null;
  const { succeeded, skipped, failed, quarantined, retried } = checkpoint.tally;
  return {
    isLive: false,
    at: updatedAt,
    total: null,
    settled: succeeded + skipped + failed + quarantined,
    succeeded,
    skipped,
    failed,
    quarantined,
    retried,
    inFlight: null,
    itemsPerSecond: null,
    waitedMs: null,
    timeLeftMs: null,
  };
}

export function toHealthBar({ runId, status, startedAt, finishedAt, summary }: RunRecord): HealthBar {
  return {
    runId,
    status,
    startedAt,
    durationMs: finishedAt === undefined ? null : Math.max(Date.parse(finishedAt) - Date.parse(startedAt), 0),
    failed: summary === undefined ? null : summary.items.failed + summary.items.quarantined,
  };
}

export function toFailureView({ loop, key, outcome, error, attempts, failedAt, exchanges }: FailedItem): FailureView {
  const { name, code, message } = error;
  return {
    loop,
    key,
    outcome,
    error: { name, code, message },
    attempts,
    failedAt,
    exchanges: exchanges.map((exchange) => ({
      ...exchange,
      requestHeaders: { ...exchange.requestHeaders },
      responseHeaders: { ...exchange.responseHeaders },
    })),
  };
}
