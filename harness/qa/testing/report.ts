/** A report, its checks and runs, made up for a test; each with changes of the test's own. */
import type { Summary } from '@stint/sdk';
import { sampleSummary } from '../../testing/sample-summary.ts';
import type { QaCheck, QaReport, QaRun, QaRunEnd } from '../report/qa-report.ts';

export function qaReport(checks: readonly QaCheck[], changes: Partial<QaReport> = {}): QaReport {
  return {
    startedAt: new Date('2026-09-30T06:00:00Z'),
    finishedAt: new Date('2026-09-30T06:01:12Z'),
    stack: 'containers',
    expectedChecks: checks.length,
    checks,
    ...changes,
  };
}

export function qaCheck(changes: Partial<QaCheck> = {}): QaCheck {
  return {
    subject: 'poll-payment-status',
    title: 'settles all payments',
    state: 'passed',
    durationMs: 1_200,
    failure: undefined,
    runs: [],
    ...changes,
  };
}

export function qaRun(changes: Partial<QaRun> = {}): QaRun {
  return {
    did: 'run on all payments',
    scope: {},
    command: 'node deploy/task.ts poll-payment-status',
    environment: { STINT_LEDGER: 'postgres' },
    end: qaRunEnd(),
    calls: [],
    ...changes,
  };
}

export function qaRunEnd(changes: Partial<QaRunEnd> = {}): QaRunEnd {
  return { exitCode: 0, signal: null, durationMs: 800, summary: qaSummary(), said: undefined, ...changes };
}

export function qaSummary(changes: Partial<Summary> = {}): Summary {
  return sampleSummary({
    job: 'poll-payment-status',
    runId: '01M856K8D0KCDFSK7YZY5V9Q4M',
    trigger: { kind: 'manual' },
    finishedAt: '2026-09-30T06:00:00.750Z',
    durationMs: 750,
    items: { read: 10, succeeded: 6, skipped: 3, failed: 1, quarantined: 0, remaining: 0, retried: 7 },
    skipped: { 'still pending': 2, 'unknown to the provider': 1 },
    counts: { settled: 4, failed: 2 },
    failures: [{ key: '10', name: 'HttpError', code: 'STINT_HTTP_500', message: 'expected 2xx, got 500', attempts: 4 }],
    failuresByError: { 'HttpError STINT_HTTP_500': 1 },
    rate: { itemsPerSecond: 12.5, latencyMs: { p50: 23, p95: 46, p99: 60, max: 1_600 } },
    limits: { concurrency: { limit: 16, peak: 9 }, perSecond: { limit: 250, peak: 17 }, waitedMs: 0 },
    freshness: { p99Ms: 4, maxMs: 5, refreshed: 0 },
    memory: { peakRssMb: 120, peakBuffered: 10, peakPages: 1 },
    ...changes,
  });
}
