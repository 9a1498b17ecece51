/**
 * `runJob`: the one path that runs a job, for the task, the command line, the admin, tests and sweeps alike.
 *
 *   check the input → claim the run → open the ports → run the job → save the last checkpoint → finish with a summary
 *
 * Guarantees: resolves with a summary for every run that was claimed or refused, whatever the job does; all ports are
 * closed then, nothing of the run goes on, and its accounts balance or it has failed for that reason. Rejects only when
 * nothing was begun: a scope or an environment that does not fit, or a ledger that cannot be reached.
 * Does not guarantee that effects happen once: see `each.ts`.
 */
import { ulid } from 'ulid';
import { runAttempt } from './attempt.ts';
import { systemClock } from './clock.ts';
import { Effects } from './effects.ts';
import { RefusedError } from './errors.ts';
import { parseEnvironment, parseScope } from './input.ts';
import type { Job } from './job.ts';
import { MemoryLedger } from './ledger/memory.ts';
import { seededRandom } from './random.ts';
import { buildSummary, noWork, type RunHead } from './report/build-summary.ts';
import { silentLog } from './report/log.ts';
import { ExternalMeasure } from './report/measure-external.ts';
import type { RunOptions } from './run-options.ts';
import type { Json } from './sources/source.ts';
import type { Summary } from './summary.ts';

/**
 * Runs a job once and tells what came of it.
 * @throws ScopeError, EnvironmentError before anything is begun
 */
export async function runJob(job: Job, options: RunOptions = {}): Promise<Summary> {
  const { ledger = new MemoryLedger(), clock = systemClock, trigger = { kind: 'manual' }, fresh = false } = options;
  const scope = parseScope(job, options.scope ?? {});
  const { env, secrets } = parseEnvironment(job, options.environment ?? {});

  const external = new ExternalMeasure();
  const effects = new Effects([...(options.middleware ?? []), external.middleware(clock)]);
  const request = { job: job.name, scope: scope as Json, trigger, runId: ulid(clock.now()), fresh };
  const claim = await effects.perform({ kind: 'ledger', operation: 'claim', target: 'ledger', write: true }, () =>
    ledger.claim(request),
  );

  const head: RunHead = {
    job: job.name,
    runId: claim.granted ? claim.lease.runId : request.runId,
    attempt: claim.granted ? claim.attempt : 0,
    trigger,
    scope: request.scope,
    dryRun: options.dryRun ?? false,
    limits: job.limits,
    startedAtMs: clock.now(),
    version: options.version ?? { commit: null, image: null },
  };
  const log = options.log?.({ job: job.name, run: head.runId, attempt: head.attempt }) ?? silentLog;
  if (!claim.granted) {
    const error = new RefusedError(job.name, claim.reason, claim.runId);
    log.warn(error.message);
    return buildSummary(head, noWork(), { status: 'refused', error, finishedAtMs: clock.now(), durationMs: 0 });
  }
  return runAttempt(job, {
    ...options,
    head,
    scope,
    env,
    secrets,
    claim,
    ledger,
    clock,
    effects,
    external,
    log,
    random: options.random ?? seededRandom(Math.floor(Math.random() * 2 ** 32)),
  });
}
