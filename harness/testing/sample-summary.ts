/** A summary of a run that did nothing, and what a test says of it. */
import { type Summary, summarySchema } from '@stint/sdk';

export function sampleSummary(fields: Partial<Summary> = {}): Summary {
  return summarySchema.parse({
    schema: 'stint.summary/1',
    job: 'test-job',
    runId: '01K6B0000000000000000000AA',
    attempt: 1,
    status: 'succeeded',
    exitCode: 0,
    trigger: { kind: 'test' },
    scope: {},
    dryRun: false,
    redriveOf: null,
    startedAt: '2026-09-30T06:00:00.000Z',
    finishedAt: '2026-09-30T06:00:01.000Z',
    durationMs: 1_000,
    items: { read: 0, succeeded: 0, skipped: 0, failed: 0, quarantined: 0, remaining: 0, retried: 0 },
    skipped: {},
    counts: {},
    wouldWrite: {},
    failures: [],
    failuresByError: {},
    rate: { itemsPerSecond: 0, latencyMs: { p50: 0, p95: 0, p99: 0, max: 0 } },
    limits: { concurrency: { limit: 8, peak: 0 }, perSecond: { limit: null, peak: 0 }, waitedMs: 0 },
    freshness: { p99Ms: 0, maxMs: 0, refreshed: 0 },
    memory: { peakRssMb: 100, peakBuffered: 0, peakPages: 0 },
    external: {},
    resume: { fromCheckpoint: false, recovered: false, replayed: 0, replayedAtMost: 0, checkpoints: 1 },
    error: null,
    version: { commit: null, image: null },
    ...fields,
  } satisfies Summary);
}
