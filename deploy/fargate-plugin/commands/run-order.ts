/** What is asked for on the command line, as the variables that `deploy/environment.ts` reads in the task. */
import { canonicalJson, formatShard, type Job, parseScope, parseShard, resolveShard, UsageError } from '@stint/sdk';
import { isValid, ulid } from 'ulid';

/** As they come from the command line. */
export interface RunFlags {
  /** JSON. @default everything */
  readonly scope?: string | undefined;
  /** `0/4` to `3/4`. @default everything */
  readonly shard?: string | undefined;
  /** Of items. @default none */
  readonly limit?: string | undefined;
  /** @default false */
  readonly 'dry-run'?: boolean | undefined;
  /** Whether an interrupted run is left as it is. @default false */
  readonly fresh?: boolean | undefined;
  /** The id of an interrupted run, to go on with. @default begin one, or go on with the last of its scope */
  readonly resume?: string | undefined;
  /** The id of a run, to work its failed items. @default work the sources */
  readonly redrive?: string | undefined;
  /** With `redrive`: only items whose error has this name or code. @default any */
  readonly error?: string | undefined;
}

export interface RunOrder {
  /** Of the run that is gone on with, or of the one that begins, if it becomes a new one. */
  readonly runId: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** @throws ScopeError in the task's own words, UsageError */
export function runOrder(job: Job, flags: RunFlags): RunOrder {
  const { limit, 'dry-run': dryRun, fresh, resume } = flags;
  checkTogether(flags);
  if (limit !== undefined && !/^[1-9]\d{0,8}$/.test(limit))
    throw new UsageError(`expected --limit to be a whole number from 1 to 999,999,999, got "${limit}"`);
  const runId = resume ?? ulid();
  const environment = {
    ...(resume === undefined ? { STINT_RUN_ID: runId } : { STINT_RESUME_RUN: resume }),
    ...workOf(job, flags),
    ...(dryRun ? { STINT_DRY_RUN: 'true' } : {}),
    ...(limit === undefined ? {} : { STINT_LIMIT: limit }),
    ...(fresh ? { STINT_FRESH: 'true' } : {}),
  };
  return { runId, environment };
}

/** An earlier run has its scope and its shard, which are in the ledger: the task takes them from there. */
function workOf(job: Job, { scope, shard, resume, redrive, error }: RunFlags): Readonly<Record<string, string>> {
  if (resume !== undefined) return {};
  if (redrive !== undefined) return { STINT_REDRIVE: JSON.stringify({ runId: redrive, error }) };
  const given = scope === undefined ? {} : parseJson(scope);
  parseScope(job, given);
  const part = resolveShard(job, shard === undefined ? undefined : parseShard(shard, '--shard'), undefined);
  return {
    STINT_SCOPE: canonicalJson(given),
    ...(part === undefined ? {} : { STINT_SHARD: formatShard(part) }),
  };
}

/** @throws UsageError for flags that say two things */
function checkTogether(flags: RunFlags): void {
  for (const name of ['resume', 'redrive'] as const) {
    const run = flags[name];
    if (run === undefined) continue;
    if (!isValid(run)) throw new UsageError(`expected --${name} to be the id of a run, 26 characters, got "${run}"`);
    const unfit = (['scope', 'shard', ...unfitWith[name]] as const).find((other) => flags[other]);
    if (unfit !== undefined) throw new UsageError(`expected --${name} without --${unfit}: ${why[unfit]}`);
  }
  if (flags.error !== undefined && flags.redrive === undefined)
    throw new UsageError('expected --error with --redrive <run>: it chooses among the failed items of that run');
}

const unfitWith = { resume: ['redrive', 'dry-run', 'fresh'], redrive: [] } as const;
const why = {
  scope: 'the run has its own',
  shard: 'the run has its own',
  redrive: 'one goes on with a run, the other works its failed items in a run of their own',
  'dry-run': 'what is gone on with is done in earnest',
  fresh: 'it begins a run anew',
} as const;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`expected --scope to be a JSON object like '{"tenantId":"t-1"}', got ${text}`);
  }
}
