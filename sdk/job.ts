/** What a job is, and how its author writes one down. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Alarms, type ResolvedAlarms, resolveAlarms } from './alarms.ts';
import type { Context } from './context.ts';
import { resolveAll } from './definition-problems.ts';
import { DefinitionError } from './errors.ts';
import { type Limits, type ResolvedLimits, resolveLimits, toleratedFailuresOf } from './limits.ts';
import { checkSchedule, type Schedule } from './schedule.ts';
import { checkTables, type ResolvedTask, resolveTask, type Tables, type Task } from './task.ts';

/** The values of a schema's fields. For no fields zod has a record of any name, on which a wrong one would compile. */
type Fields<TSchema extends z.ZodObject> = keyof TSchema['shape'] extends never
  ? Record<never, never>
  : z.output<TSchema>;

const notifies = ['always', 'problems', 'never'] as const;
export type Notify = (typeof notifies)[number];

/** A job as its author writes it. */
export interface JobDefinition<TScope extends z.ZodObject, TEnv extends z.ZodObject, TSecret extends string> {
  /** Kebab-case, at most 40 characters; names the task, the metrics and the route. */
  readonly name: string;
  /** One sentence that says what a run does, for lists and forms. */
  readonly summary: string;
  /** What a run may be narrowed to. Every field optional: an empty scope means everything. @default no fields */
  readonly scope?: TScope;
  /** Environment variables the job reads as `ctx.env`. @default none */
  readonly env?: TEnv;
  /** Secrets the job reads as `ctx.secrets`, by the name of their environment variable. @default none */
  readonly secrets?: readonly TSecret[];
  /** DynamoDB tables that it reads or writes: its task may touch no others. @default none */
  readonly tables?: Tables;
  /** When it runs by itself. @default never: by hand only */
  readonly schedule?: Schedule;
  /** The size of the task that it runs in. @default half a vCPU and 1 GiB, on ARM */
  readonly task?: Task;
  /** When somebody is to be told. @default see `Alarms` */
  readonly alarms?: Alarms;
  /**
   * What a run keeps away while it goes on: all others of its job, or with 'scope' only those of the same scope, which is
   * the author's promise that runs of different scopes do each other no harm. @default 'job'
   */
  readonly exclusive?: 'job' | 'scope';
  /**
   * Whether a run may be spread over tasks, each of which gets its part as `ctx.shard` and hands it to its sources. Needs
   * `exclusive: 'scope'`: shards go on at the same time, and beside a run of everything, so it takes the author's promise that
   * runs which are not the same do each other no harm. `limits` hold for each task: of n shards all together do n times as
   * much. A source that is not handed `ctx.shard` is worked whole by each of them; a job that
   * has not even asked for it when it begins to work on items fails there. @default false
   */
  readonly shards?: boolean;
  /** What the admin lets people do. @default only what has a scope */
  readonly admin?: {
    /** Whether the admin may start it without a scope, which is everything. @default false */
    readonly unscoped?: boolean;
  };
  /**
   * Which ends of its runs the ops channel is told of: all, those that somebody has to look at (failed, interrupted, cancelled),
   * or none. Why not all: a channel that tells of each success is soon read by nobody, and that a run is missing it cannot tell.
   * @default 'problems'
   */
  readonly notify?: Notify;
  /** How fast, how long, and what is let pass. @default see `Limits` */
  readonly limits?: Limits;
  /** Does the work. Pure: all it needs and all it does goes through `ctx`. */
  run(ctx: Context<Fields<TScope>, Fields<TEnv>, TSecret>): Promise<void>;
}

/** A job whose definition was checked, with defaults in place. */
export interface Job<
  TScope extends z.ZodObject = z.ZodObject,
  TEnv extends z.ZodObject = z.ZodObject,
  TSecret extends string = string,
> {
  readonly name: string;
  readonly summary: string;
  readonly scope: TScope;
  readonly env: TEnv;
  readonly secrets: readonly TSecret[];
  readonly tables: Tables;
  readonly schedule: Schedule | undefined;
  readonly task: ResolvedTask;
  readonly alarms: ResolvedAlarms;
  readonly exclusive: 'job' | 'scope';
  readonly shards: boolean;
  readonly admin: { readonly unscoped: boolean };
  readonly notify: Notify;
  readonly limits: ResolvedLimits;
  run(ctx: Context<Fields<TScope>, Fields<TEnv>, TSecret>): Promise<void>;
}

/** The context that a job's `run` gets, to name it in functions beside the job. */
export type ContextOf<TJob> =
  TJob extends Job<infer TScope, infer TEnv, infer TSecret> ? Context<Fields<TScope>, Fields<TEnv>, TSecret> : never;

const namePattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const longestName = 40;
const nothing = z.object({});

/**
 * Makes a job of a definition.
 * @throws DefinitionError when the definition cannot be right, so that a bad job fails when it is loaded
 */
export function defineJob<
  TScope extends z.ZodObject = typeof nothing,
  TEnv extends z.ZodObject = typeof nothing,
  const TSecret extends string = never,
>(definition: JobDefinition<TScope, TEnv, TSecret>): Job<TScope, TEnv, TSecret> {
  const {
    name,
    summary,
    tables = {},
    schedule,
    exclusive = 'job',
    shards = false,
    admin: { unscoped = false } = {},
    notify = 'problems',
  } = definition;
  const scope = (definition.scope ?? nothing) as TScope;
  const limited = definition.limits ?? {};
  const { task, limits, alarms } = resolveAll({
    name: () => checkName(name, summary),
    schedule: () => schedule === undefined || checkSchedule(name, schedule),
    tables: () => checkTables(name, tables),
    task: () => resolveTask(name, definition.task),
    limits: () => resolveLimits(name, limited),
    alarms: () => {
      const toleratedFailures = toleratedFailuresOf(limited);
      return resolveAlarms({ job: name, alarms: definition.alarms, schedule, toleratedFailures });
    },
    exclusive: () => checkExclusive(name, exclusive, shards),
    unscoped: () => checkUnscoped(name, unscoped),
    notify: () => checkNotify(name, notify),
    scope: () => checkScope(name, scope),
  });
  return {
    name,
    summary,
    // A misspelt field would silently widen the run to everything.
    scope: scope.strict() as unknown as TScope,
    env: (definition.env ?? nothing) as TEnv,
    secrets: definition.secrets ?? [],
    tables,
    schedule,
    task,
    alarms,
    exclusive,
    shards,
    admin: { unscoped },
    notify,
    limits,
    run: (ctx) => definition.run(ctx),
  };
}

function checkName(name: string, summary: string): void {
  if (!namePattern.test(name) || name.length > longestName)
    throw new DefinitionError(`expected a job's name in kebab-case, at most ${longestName} characters, got "${name}"`);
  if (summary.trim() === '')
    throw new DefinitionError(`expected ${name} to have a summary; say in a sentence what a run does`);
}

/** Hash of what a run's checkpoint depends on besides its sources: a run is gone on with only by a job of the same one. */
export function definitionOf({ scope }: Pick<Job, 'scope'>): string {
  return createHash('sha256')
    .update(JSON.stringify(z.toJSONSchema(scope, { io: 'output' })))
    .digest('base64url');
}

function checkExclusive(job: string, exclusive: unknown, shards: unknown): void {
  if (exclusive !== 'job' && exclusive !== 'scope')
    throw new DefinitionError(`expected ${job}'s exclusive to be "job" or "scope", got ${JSON.stringify(exclusive)}`);
  if (typeof shards !== 'boolean')
    throw new DefinitionError(`expected ${job}'s shards to be true or false, got ${JSON.stringify(shards)}`);
  if (!shards || exclusive === 'scope') return;
  throw new DefinitionError(
    `expected ${job}'s exclusive to be "scope", as it has shards, which go on at the same time, got "${exclusive}"; set it when runs that are not the same do each other no harm`,
  );
}

function checkUnscoped(job: string, unscoped: unknown): void {
  if (typeof unscoped === 'boolean') return;
  throw new DefinitionError(`expected ${job}'s admin.unscoped to be true or false, got ${JSON.stringify(unscoped)}`);
}

function checkNotify(job: string, notify: Notify): void {
  if (notifies.includes(notify)) return;
  throw new DefinitionError(
    `expected ${job}'s notify to be "always", "problems" or "never", got ${JSON.stringify(notify)}`,
  );
}

function checkScope(job: string, scope: z.ZodObject): void {
  checkIsJson(job, scope);
  if (scope.safeParse({}).success) return;
  throw new DefinitionError(`expected every field of ${job}'s scope to be optional: an empty scope means everything`);
}

// A scope is part of a run's identity, stands in its summary and is filled in by forms: it has to be JSON throughout.
function checkIsJson(job: string, scope: z.ZodType): void {
  try {
    z.toJSONSchema(scope, { io: 'output' });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'it cannot be described';
    throw new DefinitionError(
      `expected ${job}'s scope to hold JSON only: strings, numbers, booleans, lists, objects (${reason})`,
    );
  }
}
