/** The one place in deploy that reads the process's environment. */
import {
  type EnvironmentValues,
  type LogDestination,
  type Paint,
  painter,
  parseShard,
  type RunOptions,
  type Shard,
  type Trigger,
  terminalLog,
  UsageError,
} from '@stint/sdk';
import { z } from 'zod';

export const environment: EnvironmentValues = process.env;

const colours = !environment.NO_COLOR && environment.TERM !== 'dumb';

/** Where people read what is told, coloured unless NO_COLOR or a dumb one is there; undefined: programs read it. */
export const terminal: { readonly paint: Paint } | undefined = process.stdout.isTTY
  ? { paint: painter(colours) }
  : undefined;

/** Where log lines go: JSON in a pipe, and what people read in a terminal. */
export const destination: LogDestination =
  terminal === undefined ? process.stdout : terminalLog(process.stdout, { colours });
// Polling for changes, telling Datadog of the tracer itself, a native module that waits for crashes: all take longer than a short
// task has, and none tells of a run.
const offInTasks = [
  'DD_REMOTE_CONFIGURATION_ENABLED',
  'DD_INSTRUMENTATION_TELEMETRY_ENABLED',
  'DD_CRASHTRACKING_ENABLED',
];

/** Turns off, unless they are turned on, what dd-trace does besides. It reads the process's environment by itself. */
export function quietDatadog(): void {
  for (const name of offInTasks) process.env[name] ||= 'false';
}

// `Date.parse` alone takes "7" for a time too.
const isoTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

/** `STINT_SCOPE`, a JSON object. @default that of the run which is resumed or redriven, else everything */
export function scopeFrom({ STINT_SCOPE }: EnvironmentValues): unknown {
  if (!STINT_SCOPE) return undefined;
  try {
    return JSON.parse(STINT_SCOPE);
  } catch {
    throw new UsageError(
      `expected STINT_SCOPE to be a JSON object like {"tenantId":"t-1"}, got ${STINT_SCOPE.length} characters that are no JSON`,
    );
  }
}

/** `STINT_SHARD`, `0/8` to `7/8`: one task's part of a run spread over tasks. @default everything */
export function shardFrom({ STINT_SHARD }: EnvironmentValues): Shard | undefined {
  return STINT_SHARD ? parseShard(STINT_SHARD, 'STINT_SHARD') : undefined;
}

/** `STINT_SCHEDULED_TIME`, set by the scheduler, else `STINT_STARTED_BY`, set by the admin: a run without them was started by hand. */
export function triggerFrom({ STINT_SCHEDULED_TIME, STINT_STARTED_BY }: EnvironmentValues): Trigger {
  if (!STINT_SCHEDULED_TIME)
    return STINT_STARTED_BY ? { kind: 'admin', by: STINT_STARTED_BY } : { kind: 'manual', by: 'task' };
  if (!isoTime.test(STINT_SCHEDULED_TIME) || Number.isNaN(Date.parse(STINT_SCHEDULED_TIME))) {
    throw new UsageError(
      'expected STINT_SCHEDULED_TIME to be an ISO 8601 time like 2026-09-30T06:00:00Z; what it holds is none',
    );
  }
  // In one form: a start is known again by its time.
  return { kind: 'schedule', by: 'scheduler', scheduledTime: new Date(STINT_SCHEDULED_TIME).toISOString() };
}

/**
 * `STINT_EXIT_GRACE_MS`: how long a task waits at its end for the log router, in ms; 60,000 at most.
 * @default 4_000 in ECS, 0 elsewhere; so, too, when it holds no number
 */
export function exitGraceFrom({ STINT_EXIT_GRACE_MS, ECS_CONTAINER_METADATA_URI_V4 }: EnvironmentValues): number {
  if (STINT_EXIT_GRACE_MS && /^\d{1,6}$/.test(STINT_EXIT_GRACE_MS))
    return Math.min(Number(STINT_EXIT_GRACE_MS), 60_000);
  return ECS_CONTAINER_METADATA_URI_V4 ? 4_000 : 0;
}

/** What else a run is started with, set by whoever starts it. */
export type StartOptions = Pick<
  RunOptions,
  'runId' | 'dryRun' | 'limit' | 'fresh' | 'resumeRun' | 'redrive' | 'overlap'
>;

const yesOrNo = z.stringbool({ truthy: ['true', '1'], falsy: ['false', '0'], error: 'expected true or false' });
const overlaps = ['skip', 'wait', 'cancel-other', 'allow'] as const;
const startSchema = z.object({
  /** Names the run, if it becomes a new one. */
  STINT_RUN_ID: z.string().optional(),
  STINT_DRY_RUN: yesOrNo.optional(),
  STINT_LIMIT: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, 'expected a whole number from 1 to 999,999,999')
    .transform(Number)
    .optional(),
  /** Do not go on with an interrupted run. */
  STINT_FRESH: yesOrNo.optional(),
  STINT_RESUME_RUN: z.string().optional(),
  STINT_OVERLAP: z.enum(overlaps, `expected one of ${overlaps.join(', ')}`).optional(),
  STINT_REDRIVE: z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue('expected JSON like {"runId":"…"}');
        return z.NEVER;
      }
    })
    .pipe(z.strictObject({ runId: z.string(), error: z.string().optional(), keys: z.array(z.string()).optional() }))
    .optional(),
});

/** @throws UsageError naming what does not fit, without its value */
export function startFrom(values: EnvironmentValues): StartOptions {
  // An empty variable is one that was not set.
  const given = Object.fromEntries(Object.keys(startSchema.shape).map((name) => [name, values[name] || undefined]));
  const { data, error } = startSchema.safeParse(given);
  if (error !== undefined) {
    const problems = error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
    throw new UsageError(`the task cannot be started, variables of it do not fit: ${problems.join('; ')}`);
  }
  return {
    ...(data.STINT_RUN_ID === undefined ? {} : { runId: data.STINT_RUN_ID }),
    ...(data.STINT_DRY_RUN === undefined ? {} : { dryRun: data.STINT_DRY_RUN }),
    ...(data.STINT_LIMIT === undefined ? {} : { limit: data.STINT_LIMIT }),
    ...(data.STINT_FRESH === undefined ? {} : { fresh: data.STINT_FRESH }),
    ...(data.STINT_RESUME_RUN === undefined ? {} : { resumeRun: data.STINT_RESUME_RUN }),
    ...(data.STINT_OVERLAP === undefined ? {} : { overlap: data.STINT_OVERLAP }),
    ...(data.STINT_REDRIVE === undefined ? {} : { redrive: withoutUndefined(data.STINT_REDRIVE) }),
  };
}

function withoutUndefined({
  runId,
  error,
  keys,
}: {
  runId: string;
  error?: string | undefined;
  keys?: string[] | undefined;
}) {
  return { runId, ...(error === undefined ? {} : { error }), ...(keys === undefined ? {} : { keys }) };
}
