/** Runs made up for tests of the report: a record, its points and its failures, each with changes of the test's own. */
import type { AttemptRecord } from '../../ledger/attempts.ts';
import type { FailedItem, RunRecord } from '../../ledger/ledger.ts';
import type { Summary } from '../../summary.ts';
import type { RunSeries, SeriesPoint } from '../run-series.ts';

export const sampleRunId = '01M856K8D0KCDFSK7YZY5V9Q4M';
export const startMs = Date.parse('2026-09-30T06:00:00.000Z');

export const at = (ms: number): string => new Date(startMs + ms).toISOString();

export function sampleSummary(changes: Partial<Summary> = {}): Summary {
  return {
    schema: 'stint.summary/1',
    job: 'poll-payment-status',
    runId: sampleRunId,
    attempt: 1,
    status: 'succeeded',
    exitCode: 0,
    trigger: { kind: 'manual', by: 'ada' },
    scope: {},
    dryRun: false,
    redriveOf: null,
    startedAt: at(0),
    finishedAt: at(13_300),
    durationMs: 13_300,
    items: { read: 2_400, succeeded: 1_962, skipped: 435, failed: 3, quarantined: 0, remaining: 0, retried: 48 },
    skipped: { 'still pending': 423, 'unknown to the provider': 12 },
    counts: { settled: 1_812, failed: 150 },
    wouldWrite: {},
    failures: [],
    failuresByError: { 'HttpError STINT_HTTP_500': 2, 'ItemTimeoutError STINT_ITEM_TIMEOUT': 1 },
    rate: { itemsPerSecond: 180.4, latencyMs: { p50: 22, p95: 35, p99: 840, max: 1_600 } },
    limits: { concurrency: { limit: 16, peak: 16 }, perSecond: { limit: 250, peak: 250 }, waitedMs: 15_500 },
    freshness: { p99Ms: 3_900, maxMs: 4_400, refreshed: 0 },
    memory: { peakRssMb: 131.4, peakBuffered: 512, peakPages: 2 },
    external: { 'payments.example': { calls: 2_448, errors: 51, p95Ms: 34 } },
    resume: { fromCheckpoint: false, recovered: false, replayed: 0, replayedAtMost: 0, checkpoints: 13 },
    error: null,
    version: { commit: '5e263e425f93', image: null },
    ...changes,
  };
}

export function sampleAttempt(changes: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    attempt: 1,
    holder: 'laptop 4711',
    startedAt: at(0),
    endedAt: at(13_300),
    status: 'succeeded',
    reason: undefined,
    fromCheckpoint: 0,
    toCheckpoint: 13,
    ...changes,
  };
}

export function sampleRecord(changes: Partial<RunRecord> = {}): RunRecord {
  return {
    runId: sampleRunId,
    job: 'poll-payment-status',
    scope: {},
    trigger: { kind: 'manual', by: 'ada' },
    dryRun: false,
    redriveOf: undefined,
    status: 'succeeded',
    leaseHeld: undefined,
    attempt: 1,
    attempts: [sampleAttempt()],
    holder: 'laptop 4711',
    startedAt: at(0),
    updatedAt: at(13_300),
    finishedAt: at(13_300),
    cancelledBy: undefined,
    checkpoint: undefined,
    summary: sampleSummary(),
    ...changes,
  };
}

/** `count` points of one attempt over `durationMs`, at a rate that rises and falls. */
export function sampleSeries({
  attempt = 1,
  startedAt = at(0),
  count = 200,
  durationMs = 13_300,
  items = 2_400,
  from = 0,
}: {
  readonly attempt?: number;
  readonly startedAt?: string;
  readonly count?: number;
  readonly durationMs?: number;
  readonly items?: number;
  /** Items settled before. */
  readonly from?: number;
} = {}): RunSeries {
  const points = Array.from({ length: count }, (_, index): SeriesPoint => {
    const share = (index + 1) / count;
    const settled = from + Math.round(items * (share + 0.05 * Math.sin(share * 12) * (1 - share)));
    const failed = Math.round(settled * 0.002);
    const skipped = Math.round(settled * 0.18);
    return {
      atMs: Math.round(durationMs * share),
      settled,
      succeeded: settled - failed - skipped,
      skipped,
      failed,
      retried: Math.round(settled * 0.02),
      inFlight: index === count - 1 ? 0 : 14 + (index % 3),
      p95LatencyMs: 30 + 12 * Math.abs(Math.sin(index / 9)) + (index % 61 === 40 ? 900 : 0),
      stalenessMs: 800 + 3_000 * Math.abs(Math.sin(index / 17)),
      waitedMs: Math.round(durationMs * share * 9),
      rssMb: 92 + 40 * share + 6 * Math.sin(index / 5),
    };
  });
  return { attempt, startedAt, points };
}

export function sampleFailedItem(changes: Partial<FailedItem> = {}): FailedItem {
  return {
    loop: 'loop-1',
    key: '1042',
    cursor: ['1042'],
    outcome: 'failed',
    error: {
      name: 'HttpError',
      code: 'STINT_HTTP_500',
      message: 'expected 2xx from GET https://payments.example/payments/p-1042, got 500',
    },
    attempts: 4,
    failedAt: at(9_000),
    exchanges: [
      {
        method: 'GET',
        url: 'https://payments.example/payments/p-1042',
        startedAt: at(8_900),
        durationMs: 23.4,
        requestHeaders: { accept: 'application/json', authorization: '[redacted]' },
        requestBody: null,
        status: 500,
        responseHeaders: { 'content-type': 'application/problem+json' },
        responseBody: '{"title":"Internal Server Error"}',
        error: null,
      },
    ],
    ...changes,
  };
}
