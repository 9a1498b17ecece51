/**
 * `runJob`: the one path that runs a job, for the task, the command line, the admin, tests and sweeps alike.
 *
 *   check the input → claim the run → open the ports → run the job → save the last checkpoint and finish with a summary
 *
 * Guarantees: resolves with a summary for every run that was claimed or refused, whatever the job does; all ports are
 * closed then, nothing of the run goes on, and its accounts balance or it has failed for that reason. Rejects only when
 * nothing was begun: a scope or an environment that does not fit, or a ledger that cannot be reached.
 * Does not guarantee that effects happen once: see `each.ts`.
 */
import { hostname } from 'node:os';
import { isValid, ulid } from 'ulid';
import { runAttempt } from './attempt.ts';
import { type Clock, systemClock } from './clock.ts';
import { Effects } from './effects.ts';
import { RefusedError, type StintError, toStintError, UsageError } from './errors.ts';
import { parseEnvironment, parseScope, refuseBlanks } from './input.ts';
import { definitionOf, type Job } from './job.ts';
import { type ClaimedRun, type ClaimRunOptions, claimRun } from './ledger/claim-run.ts';
import type { ClaimRequest } from './ledger/ledger.ts';
import { LedgerCalls } from './ledger/ledger-calls.ts';
import { MemoryLedger } from './ledger/memory.ts';
import { failuresOf, formatRedrive, lookUpEarlier, type RedriveTask } from './ledger/redrive.ts';
import { seededRandom } from './random.ts';
import { buildSummary, noWork, type RunHead } from './report/build-summary.ts';
import { describeError } from './report/describe-error.ts';
import type { Log } from './report/log.ts';
import { ExternalMeasure } from './report/measure-external.ts';
import type { RunObserver } from './report/progress.ts';
import { Redaction } from './report/redaction.ts';
import { openRunLog } from './report/run-log.ts';
import { secretsOf } from './report/secrets-of.ts';
import { statusOfStop } from './run-end.ts';
import type { RunOptions } from './run-options.ts';
import type { Overlap } from './schedule.ts';
import { formatShard, resolveShard, type Shard } from './shard.ts';
import { RedriveSource } from './sources/redrive.ts';
import type { Json } from './sources/source.ts';
import type { Summary } from './summary.ts';

/**
 * Runs a job once and tells what came of it.
 * @throws ScopeError, EnvironmentError, UsageError, UnknownRunError, RunOverError, or the ledger's error, before anything is begun
 */
export async function runJob(job: Job, options: RunOptions = {}): Promise<Summary> {
  const { clock = systemClock, middleware = [] } = options;
  const { ledger = new MemoryLedger({ clock }) } = options;
  const random = options.random ?? seededRandom(Math.floor(Math.random() * 2 ** 32));
  checkRunId(options.runId);
  const { environment = {} } = options;
  const given = takesScopeOfEarlier(options) ? undefined : checkScope(job, options.scope);
  const { env, secrets } = parseEnvironment(job, environment);
  const redaction = new Redaction(secretsOf(environment, [job]));

  const external = new ExternalMeasure();
  const effects = new Effects([...middleware, external.middleware(clock)]);
  const calls = new LedgerCalls({ ledger, effects, clock });
  const earlier = await lookUpEarlier(calls, job.name, options);
  const scope = given ?? checkScope(job, earlier?.run.scope);
  const task = earlier?.task;
  const shard = resolveShard(job, options.shard, earlier?.run);
  // A scope is shown to everybody, and is kept: a secret in it goes no further than to the job.
  const request = toRequest(job, redaction.json(scope as Json), { task, shard }, options, clock);
  const head = toHead(job, request, task, options, clock, redaction);
  const part = shard === undefined ? {} : { shard: formatShard(shard) };
  const openLog = ({ runId, attempt }: RunHead) =>
    openRunLog(options.log?.({ job: job.name, run: runId, attempt, ...part }), { redaction, clock });
  using claimLog = openLog(head);

  const claimed = await claimUnlessStopped({
    calls,
    request,
    overlap: overlapOf(job, options),
    clock,
    random,
    effects,
    signal: options.signal ?? new AbortController().signal,
    log: claimLog,
  });
  const { claim } = claimed;
  if (claim === undefined || !claim.granted) {
    const error = claim === undefined ? claimed.error : new RefusedError(job.name, claim.reason, claim.runId);
    claimLog.warn(error.message);
    if (claim !== undefined) options.observer?.onRefused?.({ runId: claim.runId, reason: claim.reason });
    const status = claim === undefined ? statusOfStop(error) : 'refused';
    const finishedAtMs = clock.now();
    const end = { status, error, finishedAtMs, durationMs: finishedAtMs - head.startedAtMs };
    return tellEnd(buildSummary(head, noWork(), end), options.observer, claimLog);
  }

  const grantedHead = { ...head, runId: claim.lease.runId, attempt: claim.attempt, startedAtMs: clock.now() };
  using log = openLog(grantedHead);
  const summary = await runAttempt(job, {
    ...options,
    head: grantedHead,
    scope,
    env,
    secrets,
    claim,
    claimedMs: claimed.askedMs,
    definition: request.definition,
    keyRoot: task?.keyRoot ?? claim.lease.runId,
    replaceSource:
      task &&
      ((source, loop) =>
        new RedriveSource(source, {
          name: loop,
          failures: failuresOf(calls, task.redrive, loop, { clock, random, effects }),
        })),
    calls,
    clock,
    effects,
    external,
    log,
    random,
  });
  return tellEnd(summary, options.observer, log);
}

function takesScopeOfEarlier({ scope, redrive, resumeRun }: RunOptions): boolean {
  return scope === undefined && (redrive !== undefined || resumeRun !== undefined);
}

/** @throws ScopeError */
function checkScope(job: Job, scope: unknown = {}): Readonly<Record<string, unknown>> {
  const parsed = parseScope(job, scope);
  refuseBlanks(job, parsed);
  return parsed;
}

function tellEnd(summary: Summary, observer: RunObserver | undefined, log: Log): Summary {
  try {
    observer?.onEnd?.(summary);
  } catch (error) {
    log.error('an observer failed at the end of the run', { error: describeError(error) });
  }
  return summary;
}

function toRequest(
  job: Job,
  scope: Json,
  { task, shard }: { readonly task: RedriveTask | undefined; readonly shard: Shard | undefined },
  options: RunOptions,
  clock: Clock,
): ClaimRequest {
  return {
    job: job.name,
    scope,
    shard,
    trigger: options.trigger ?? { kind: 'manual' },
    runId: options.runId ?? ulid(clock.now()),
    exclusive: overlapOf(job, options) === 'allow' ? 'nothing' : job.exclusive,
    resume: resumeOf(options),
    dryRun: options.dryRun ?? false,
    redriveOf: task && formatRedrive(task.redrive),
    definition: definitionOf(job),
    holder: options.holder ?? `${hostname()} ${process.pid}`,
  };
}

function toHead(
  job: Job,
  request: ClaimRequest,
  task: RedriveTask | undefined,
  { limit, version = { commit: null, image: null } }: RunOptions,
  clock: Clock,
  redaction: Redaction,
): RunHead {
  const { runId, trigger, scope, shard, dryRun } = request;
  const { limits, name } = job;
  const redriveOf = task?.redrive ?? null;
  return {
    ...{ job: name, runId, attempt: 0, trigger, scope, shard, limit, dryRun, redriveOf },
    ...{ limits, startedAtMs: clock.now(), version, redaction },
  };
}

function checkRunId(runId: string | undefined): void {
  if (runId === undefined || isValid(runId)) return;
  throw new UsageError('expected runId to be a ULID, 26 characters; leave it out to get a new one');
}

function overlapOf(job: Job, options: RunOptions): Overlap {
  return options.overlap ?? job.schedule?.overlap ?? 'skip';
}

function resumeOf({ resumeRun, fresh = false, dryRun = false }: RunOptions): ClaimRequest['resume'] {
  if (resumeRun !== undefined) return { runId: resumeRun };
  return fresh || dryRun ? 'none' : 'last';
}

/** Claims, unless the run is told to end while it waits for its turn: then resolves with the reason. */
async function claimUnlessStopped(
  options: ClaimRunOptions,
): Promise<ClaimedRun | { readonly claim: undefined; readonly error: StintError }> {
  try {
    return await claimRun(options);
  } catch (error) {
    if (options.signal.aborted && error === options.signal.reason)
      return { claim: undefined, error: toStintError(error) };
    throw error;
  }
}
