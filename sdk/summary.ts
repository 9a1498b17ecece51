/**
 * The summary: the one JSON document that tells what a run did. Tests, Slack, Datadog, the admin and the exit code all
 * read this, and nothing else.
 *
 * Guarantees: `read = succeeded + skipped + failed + quarantined + remaining`, or the run has failed for that reason.
 * Holds no record's content and no secret; a failed item is named by its key.
 */
import { z } from 'zod';

const count = z.number().int().min(0);
const ms = z.number().min(0);
const countsByName = z.record(z.string(), z.number());

const errorSchema = z.strictObject({ name: z.string(), code: z.string(), message: z.string() });

export const summarySchema = z.strictObject({
  schema: z.literal('stint.summary/1'),
  job: z.string(),
  runId: z.string(),
  attempt: count,
  status: z.enum(['succeeded', 'failed', 'interrupted', 'cancelled', 'refused']),
  exitCode: count,
  trigger: z.strictObject({
    kind: z.enum(['schedule', 'manual', 'admin', 'test']),
    by: z.string().optional(),
    scheduledTime: z.string().optional(),
  }),
  scope: z.json(),
  /** Which part of how many it worked, of a run that is spread over tasks; left out: everything. */
  shard: z.strictObject({ index: count, count: count.min(1) }).optional(),
  /** At most so many items were to be started by this attempt; left out: all. */
  limit: count.optional(),
  dryRun: z.boolean(),
  /** The run whose failed items this one worked again, and which of them; null: it read its sources. */
  redriveOf: z
    .strictObject({
      runId: z.string(),
      /** Only items whose error has this name or code; null: all. */
      error: z.string().nullable(),
      /** Only these items, of whichever loop, in order and each once; null: all. */
      keys: z.array(z.string()).nullable(),
    })
    .nullable(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  durationMs: ms,
  items: z.strictObject({
    read: count,
    succeeded: count,
    skipped: count,
    failed: count,
    quarantined: count,
    /** Read, but not settled when the run ended: a resume works them. */
    remaining: count,
    /** Attempts beyond the first, of all items. */
    retried: count,
  }),
  /** Skipped items by reason. */
  skipped: countsByName,
  /** What the job counted, by name. */
  counts: countsByName,
  /** Writes that a dry run refused, by target. */
  wouldWrite: countsByName,
  /** The first failed items. */
  failures: z.array(errorSchema.extend({ key: z.string(), attempts: count })),
  /** Failed items by error name and code. */
  failuresByError: countsByName,
  rate: z.strictObject({
    itemsPerSecond: z.number().min(0),
    /** From the start of an item's first attempt to its outcome. */
    latencyMs: z.strictObject({ p50: ms, p95: ms, p99: ms, max: ms }),
  }),
  limits: z.strictObject({
    concurrency: z.strictObject({ limit: count, peak: count }),
    /** Starts in any second. */
    perSecond: z.strictObject({ limit: z.number().nullable(), peak: count }),
    /** How long the rate limit held starts back, added up. */
    waitedMs: ms,
  }),
  /** Age of records when their handlers saw them. */
  freshness: z.strictObject({ p99Ms: ms, maxMs: ms, refreshed: count }),
  memory: z.strictObject({
    peakRssMb: z.number().min(0),
    /** Most items read and not settled at once. */
    peakBuffered: count,
    /** Most pages of one segment held at once. */
    peakPages: count,
  }),
  /** Requests by host. */
  external: z.record(z.string(), z.strictObject({ calls: count, errors: count, p95Ms: ms })),
  resume: z.strictObject({
    fromCheckpoint: z.boolean(),
    recovered: z.boolean(),
    /** Items of the run that were worked twice, as far as is known: settled beyond a checkpoint that was gone on from. */
    replayed: count,
    /** The same, and those that were in flight or settled after the last checkpoint before a crash, if all of them were. */
    replayedAtMost: count,
    /** Checkpoints that this attempt saved. */
    checkpoints: count,
  }),
  error: errorSchema.nullable(),
  version: z.strictObject({ commit: z.string().nullable(), image: z.string().nullable() }),
});

export type Summary = z.infer<typeof summarySchema>;

/** The JSON Schema of a summary, draft 2020-12. */
export function summaryJsonSchema(): object {
  return z.toJSONSchema(summarySchema, { io: 'output' });
}
