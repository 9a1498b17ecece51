/**
 * What the admin API says and takes, as schemas: the types of its code, the checks of its input and its OpenAPI document are made of
 * these, so that they cannot disagree.
 */
import { type Json, summarySchema } from '@stint/sdk';
import { z } from 'zod';

// As our values are typed: lists that are not changed.
const json = z.json() as unknown as z.ZodType<Json>;
const time = z.iso.datetime();
const count = z.number().int().min(0);
const ms = z.number().min(0);

export const runStatuses = ['running', 'interrupted', 'succeeded', 'failed', 'cancelled'] as const;

/** How far a run is. `isLive`: told by its process; else as its last checkpoint has it. */
export const progressSchema = z.strictObject({
  isLive: z.boolean(),
  /** When that was known. */
  at: time,
  /** About how many items there are; null: not known. */
  total: count.nullable(),
  settled: count,
  succeeded: count,
  skipped: count,
  failed: count,
  quarantined: count,
  retried: count,
  /** Null: its process is not this one. */
  inFlight: count.nullable(),
  itemsPerSecond: z.number().min(0).nullable(),
  /** How long the rate limit held starts back, added up. */
  waitedMs: ms.nullable(),
  timeLeftMs: ms.nullable(),
});
export type ProgressView = z.infer<typeof progressSchema>;

/** One process that tried a run. Without `endedAt` it goes on, or it died. */
export const attemptSchema = z.strictObject({
  attempt: count,
  holder: z.string(),
  startedAt: time,
  endedAt: time.nullable(),
  /** How it ended; null: it did not say. */
  status: z.string().nullable(),
  reason: z.string().nullable(),
  /** Number of the checkpoint that it began from, and of the last one that it saved; 0: none. */
  fromCheckpoint: count,
  toCheckpoint: count.nullable(),
});
export type AttemptView = z.infer<typeof attemptSchema>;

export const redriveSchema = z.strictObject({
  runId: z.string(),
  /** Only items whose error has this name or code; null: all. */
  error: z.string().nullable(),
  /** Only these items; null: all. */
  keys: z.array(z.string()).nullable(),
});

export const runSchema = z.strictObject({
  runId: z.string(),
  job: z.string(),
  status: z.enum(runStatuses),
  /** Of a running run: whether its process still keeps its lease; null: not running, or the store cannot tell. */
  leaseHeld: z.boolean().nullable(),
  scope: json,
  /** Which part of how many it works; left out: everything. */
  shard: summarySchema.shape.shard,
  trigger: summarySchema.shape.trigger,
  dryRun: z.boolean(),
  redriveOf: redriveSchema.nullable(),
  attempt: count,
  attempts: z.array(attemptSchema),
  holder: z.string(),
  startedAt: time,
  updatedAt: time,
  finishedAt: time.nullable(),
  cancelledBy: z.string().nullable(),
  progress: progressSchema.nullable(),
  /** Of the last attempt that ended. */
  summary: summarySchema.nullable(),
});
export type RunView = z.infer<typeof runSchema>;

export const healthBarSchema = z.strictObject({
  runId: z.string(),
  status: z.enum(runStatuses),
  startedAt: time,
  durationMs: ms.nullable(),
  failed: count.nullable(),
});
export type HealthBar = z.infer<typeof healthBarSchema>;

export const jobSchema = z.strictObject({
  name: z.string(),
  summary: z.string(),
  /** For people: `every 15 minutes`, `0 6 * * ? * (Europe/Berlin)`; null: by hand only. */
  schedule: z.string().nullable(),
  /** Of a scheduled job, at most three. Of a rate, whose beginning is the scheduler's, about. */
  nextRuns: z.array(time),
  overlap: z.enum(['skip', 'wait', 'cancel-other', 'allow']),
  exclusive: z.enum(['job', 'scope']),
  /** Whether it may be started here without a scope, which is everything. */
  unscoped: z.boolean(),
  /** Where runs that are started here go on: in this process, or in a task of their own. */
  target: z.enum(['process', 'task']),
  /** JSON Schema, draft 2020-12. */
  scope: z.record(z.string(), json),
  limits: z.strictObject({ concurrency: count, perSecond: z.number().nullable() }),
  /** The newest first, at most 20, without dry runs. */
  health: z.array(healthBarSchema),
});
export type JobView = z.infer<typeof jobSchema>;

export const exchangeSchema = z.strictObject({
  method: z.string(),
  url: z.string(),
  startedAt: time,
  durationMs: ms,
  requestHeaders: z.record(z.string(), z.string()),
  requestBody: z.string().nullable(),
  status: z.number().int().nullable(),
  responseHeaders: z.record(z.string(), z.string()),
  responseBody: z.string().nullable(),
  error: z.string().nullable(),
});

export const failureSchema = z.strictObject({
  loop: z.string(),
  key: z.string(),
  outcome: z.enum(['failed', 'quarantined']),
  error: z.strictObject({ name: z.string(), code: z.string(), message: z.string() }),
  attempts: count,
  failedAt: time,
  exchanges: z.array(exchangeSchema),
});
export type FailureView = z.infer<typeof failureSchema>;

export const auditSchema = z.strictObject({
  id: z.string(),
  at: time,
  by: z.string(),
  action: z.string(),
  job: z.string().nullable(),
  runId: z.string().nullable(),
  detail: json,
});
export type AuditView = z.infer<typeof auditSchema>;

/** A page of a list; `next` is handed back as `?after=…`; null: there is none. */
export function pageOf<TItem extends z.ZodType>(item: TItem) {
  return z.strictObject({ items: z.array(item), next: z.string().nullable() });
}

/** Where a run goes on: in the admin's process, or in a task of its own. */
export const targets = ['process', 'task'] as const;
/** @default what the admin was set up with */
const target = z.enum(targets).optional();

/** A run that was started. */
export const acceptedSchema = z.strictObject({
  runId: z.string(),
  /** ARN of its task; null: it goes on in the admin's process. */
  task: z.string().nullable(),
  /** Null: its task has not begun it yet. */
  run: runSchema.nullable(),
});

export const startBodySchema = z.strictObject({
  /** @default {} (everything, where the job allows that) */
  scope: z.record(z.string(), json).default({}),
  /** Refuse and count writes. @default false */
  dryRun: z.boolean().default(false),
  /** Start at most so many items. @default all */
  limit: z.number().int().min(1).max(1_000_000_000).optional(),
  target,
});
export type StartBody = z.infer<typeof startBodySchema>;

export const redriveBodySchema = z.strictObject({
  /** Only items whose error has this name or code. @default all */
  error: z.string().min(1).max(200).optional(),
  /** Only these items. @default all */
  keys: z.array(z.string().min(1).max(2_000)).min(1).max(1_000).optional(),
  target,
});
export type RedriveBody = z.infer<typeof redriveBodySchema>;

export const resumeBodySchema = z.strictObject({ target });
export type ResumeBody = z.infer<typeof resumeBodySchema>;

/** RFC 9457. */
export const problemSchema = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  /** Of an input that does not fit: where, and what. */
  errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
  /** Of a run that is in the way, or was asked for. */
  runId: z.string().optional(),
});
export type ProblemView = z.infer<typeof problemSchema>;

/** An event of `…/events`. */
export interface RunEvent {
  readonly id: string;
  /** After `end` there is none. */
  readonly event: 'progress' | 'end';
  readonly data: RunView;
  /** `data` as JSON, made once for all who watch. */
  readonly json: string;
}
