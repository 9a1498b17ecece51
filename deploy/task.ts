/**
 * The task: `node deploy/task.ts <job>` runs one job from the environment and exits with the code of its summary.
 *
 * The same file in the image, in Fargate, and on a laptop with environment variables. Standard output gets JSON lines:
 * the log, how far the run is every ten seconds, and as the last one the summary. A terminal gets the same for people to read.
 */
import { jobs } from '@stint/jobs/registry';
import {
  describeError,
  exitCodeOfError,
  findJob,
  type LogFields,
  launchJob,
  openLog,
  progressLog,
  Redaction,
  redactLog,
  secretsOf,
  stopOnSignals,
  UsageError,
} from '@stint/sdk';
import { destination, environment, scopeFrom, startFrom, triggerFrom } from './environment.ts';

const openRunLog = (bindings: LogFields) => openLog(destination, bindings);
const log = redactLog(openLog(destination), new Redaction(secretsOf(environment, jobs)));

async function main([name, ...others]: readonly string[]): Promise<number> {
  if (name === undefined)
    throw new UsageError('expected the name of a job, got none; run: npx node deploy/task.ts <job>');
  // A `--dry-run` that is overlooked would be a run in earnest.
  if (others.length > 0) {
    throw new UsageError(
      `expected the name of a job only, got ${others.join(' ')} after it; use variables such as STINT_SCOPE`,
    );
  }
  using signals = stopOnSignals();
  signals.signal.addEventListener('abort', () => {
    log.warn('finishing what is in flight; a second signal ends it at once', {
      error: describeError(signals.signal.reason),
    });
  });
  const summary = await launchJob(findJob(jobs, name), {
    ...startFrom(environment),
    environment,
    scope: scopeFrom(environment),
    trigger: triggerFrom(environment),
    signal: signals.signal,
    log: openRunLog,
    observer: progressLog({ job: name, log: openRunLog }),
  });
  log.info('summary', { summary });
  return summary.exitCode;
}

// The work matters more than its log: a run goes on when nobody reads it any more.
process.stdout.on('error', () => {});
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  log.error(describeError(error).message, { error: describeError(error) });
  process.exitCode = exitCodeOfError(error);
}
