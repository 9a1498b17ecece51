/** Views for tests of pages, each with changes of the test's own. */
import type { AttemptView, AuditView, FailureView, HealthBar, JobView, ProgressView, RunView } from '../../schemas.ts';

type Summary = NonNullable<RunView['summary']>;

export const runId = '01M856K8D0KCDFSK7YZY5V9Q4M';

export function sampleJob(changes: Partial<JobView> = {}): JobView {
  return {
    name: 'poll-payment-status',
    summary: 'Asks the provider about every pending payment and settles it.',
    schedule: 'every 15 minutes',
    nextRuns: ['2026-09-30T06:15:00.000Z', '2026-09-30T06:30:00.000Z', '2026-09-30T06:45:00.000Z'],
    overlap: 'skip',
    exclusive: 'job',
    unscoped: false,
    target: 'process',
    scope: {
      type: 'object',
      properties: {
        tenantId: { type: 'string', minLength: 1, description: 'Only payments of this tenant' },
        paymentIds: {
          type: 'array',
          items: { type: 'string', pattern: '^\\d+$' },
          minItems: 1,
          maxItems: 100,
          description: 'Only these payments',
        },
      },
      additionalProperties: false,
    },
    limits: { concurrency: 16, perSecond: 250 },
    health: sampleHealth(20),
    ...changes,
  };
}

/** A scope with a field of every kind. */
export const manyFields: JobView['scope'] = {
  type: 'object',
  properties: {
    tenantId: { type: 'string', minLength: 2, maxLength: 36, description: 'Only payments of this tenant' },
    since: { type: 'string', format: 'date', title: 'Since', description: 'Only payments made on this day or later' },
    changedAfter: { type: 'string', format: 'date-time' },
    minimumAmount: { type: 'number', minimum: 0.5, maximum: 10_000, description: 'In EUR' },
    attempts: { type: 'integer', minimum: -9007199254740991, maximum: 9007199254740991, default: 3 },
    state: { type: 'string', enum: ['pending', 'disputed', 'on hold'] },
    isTest: { type: 'boolean', description: 'Only test payments, or none of them' },
    methods: { type: 'array', items: { type: 'string', enum: ['card', 'sepa', 'paypal'] }, description: 'Paid by' },
    paymentIds: { type: 'array', items: { type: 'string', pattern: '^\\d+$' }, maxItems: 100 },
    batches: { type: 'array', items: { type: 'integer', minimum: 1 } },
    window: {
      type: 'object',
      properties: { from: { type: 'string' }, to: { type: 'string' } },
      required: ['from'],
      description: 'A window of time',
    },
  },
};

export function sampleHealth(count: number): HealthBar[] {
  const statuses = ['running', 'succeeded', 'succeeded', 'failed', 'succeeded', 'interrupted', 'cancelled'] as const;
  return Array.from({ length: count }, (_, index) => ({
    runId: `01M856K8D0KCDFSK7YZY5V9Q${String(index).padStart(2, '0')}`,
    status: index < 7 ? (statuses[index] ?? 'succeeded') : 'succeeded',
    startedAt: new Date(Date.parse('2026-09-30T06:00:00Z') - index * 900_000).toISOString(),
    durationMs: index === 0 ? null : 9_000 + ((index * 7_919) % 6_000),
    failed: index % 4 === 2 ? 3 : 0,
  }));
}

export function sampleProgress(changes: Partial<ProgressView> = {}): ProgressView {
  return {
    isLive: true,
    at: '2026-09-30T06:00:07.000Z',
    total: 2_400,
    settled: 1_240,
    succeeded: 1_010,
    skipped: 228,
    failed: 2,
    quarantined: 0,
    retried: 31,
    inFlight: 16,
    itemsPerSecond: 181.4,
    waitedMs: 8_300,
    timeLeftMs: 6_400,
    ...changes,
  };
}

export function sampleRun(changes: Partial<RunView> = {}): RunView {
  return {
    runId,
    job: 'poll-payment-status',
    status: 'running',
    leaseHeld: true,
    scope: { tenantId: 't-1' },
    trigger: { kind: 'admin', by: 'ada' },
    dryRun: false,
    redriveOf: null,
    attempt: 1,
    attempts: [sampleAttempt({ endedAt: null, status: null, reason: null, toCheckpoint: null })],
    holder: 'admin-1:4711',
    startedAt: '2026-09-30T06:00:00.000Z',
    updatedAt: '2026-09-30T06:00:07.000Z',
    finishedAt: null,
    cancelledBy: null,
    progress: sampleProgress(),
    summary: null,
    ...changes,
  };
}

export function sampleEndedRun(changes: Partial<RunView> = {}): RunView {
  return sampleRun({
    status: 'succeeded',
    leaseHeld: null,
    attempt: 2,
    attempts: [
      sampleAttempt({ status: 'interrupted', reason: 'SIGTERM: the process was told to end' }),
      sampleAttempt({ attempt: 2, fromCheckpoint: 4, toCheckpoint: 13, startedAt: '2026-09-30T06:00:05.000Z' }),
    ],
    finishedAt: '2026-09-30T06:00:13.300Z',
    progress: null,
    summary: sampleRunSummary(),
    ...changes,
  });
}

export function sampleAttempt(changes: Partial<AttemptView> = {}): AttemptView {
  return {
    attempt: 1,
    holder: 'admin-1:4711',
    startedAt: '2026-09-30T06:00:00.000Z',
    endedAt: '2026-09-30T06:00:04.000Z',
    status: 'succeeded',
    reason: null,
    fromCheckpoint: 0,
    toCheckpoint: 4,
    ...changes,
  };
}

export function sampleRunSummary(changes: Partial<Summary> = {}): Summary {
  return {
    schema: 'stint.summary/1',
    job: 'poll-payment-status',
    runId,
    attempt: 2,
    status: 'succeeded',
    exitCode: 0,
    trigger: { kind: 'admin', by: 'ada' },
    scope: { tenantId: 't-1' },
    dryRun: false,
    redriveOf: null,
    startedAt: '2026-09-30T06:00:00.000Z',
    finishedAt: '2026-09-30T06:00:13.300Z',
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
    external: {
      'payments.example': { calls: 2_448, errors: 51, p95Ms: 34 },
      'postgres://payments': { calls: 1_967, errors: 0, p95Ms: 3 },
    },
    resume: { fromCheckpoint: true, recovered: false, replayed: 0, replayedAtMost: 16, checkpoints: 9 },
    error: null,
    version: { commit: '5e263e425f93', image: null },
    ...changes,
  };
}

export function sampleFailure(changes: Partial<FailureView> = {}): FailureView {
  return {
    loop: 'each',
    key: '1042',
    outcome: 'failed',
    error: { name: 'HttpError', code: 'STINT_HTTP_500', message: 'expected 2xx from GET /payments/p-1042, got 500' },
    attempts: 4,
    failedAt: '2026-09-30T06:00:09.000Z',
    exchanges: [
      {
        method: 'GET',
        url: 'https://payments.example/payments/p-1042',
        startedAt: '2026-09-30T06:00:08.900Z',
        durationMs: 23.4,
        requestHeaders: { accept: 'application/json', authorization: '[secret]' },
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

export function sampleAudit(changes: Partial<AuditView> = {}): AuditView {
  return {
    id: '01M856K8D0KCDFSK7YZY5V9Q00',
    at: '2026-09-30T06:00:00.000Z',
    by: 'ada',
    action: 'start',
    job: 'poll-payment-status',
    runId,
    detail: { scope: { tenantId: 't-1' }, dryRun: false },
    ...changes,
  };
}
