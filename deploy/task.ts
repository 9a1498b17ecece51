/**
 * The task: `node deploy/task.ts <job>` runs one job from the environment and exits with the code of its summary.
 *
 * The same file in the image, in Fargate, and on a laptop with environment variables. Standard output gets JSON lines: the log, how far the
 * run is every ten seconds, and as the last one the summary, unless something of the end has to be told after it (`task-end.ts`). A
 * terminal gets the same for people to read, in their own words.
 */
import { jobs } from '@stint/jobs/registry';
import {
  describeError,
  exitCodeOfError,
  findJob,
  type Job,
  type LogFields,
  launchJob,
  openLedger,
  openLog,
  Redaction,
  redactLog,
  type SlackMessage,
  secretsOf,
  stopOnSignals,
  storesFrom,
  summaryText,
  UsageError,
} from '@stint/sdk';
import { openTelemetry } from './datadog.ts';
import {
  destination,
  environment,
  exitGraceFrom,
  scopeFrom,
  shardFrom,
  startFrom,
  terminal,
  triggerFrom,
} from './environment.ts';
import { reportsOf } from './run-reports.ts';
import { SlackChannel } from './slack-channel.ts';
import { summaryFields } from './summary-line.ts';
import { endTask, exitWith } from './task-end.ts';

interface Outcome {
  readonly exitCode: number;
  /** Undefined: nobody is to be told. */
  readonly message: SlackMessage | undefined;
  /** On the lines that come after it: the run's logs are looked for by them. */
  readonly about: LogFields;
}

const redaction = new Redaction(secretsOf(environment, jobs));
const openTaskLog = (about: LogFields = {}) => redactLog(openLog(destination, about), redaction);
// The work matters more than its log: a run goes on when nobody reads it any more.
process.stdout.on('error', () => {});
// To the very end: a signal that comes when the run is over changes nothing.
using signals = stopOnSignals();
const channel = new SlackChannel(environment);
const telemetry = await openTelemetry(environment, openTaskLog());
const { exitCode, message, about } = await runTask(process.argv.slice(2));
const exitGraceMs = exitGraceFrom(environment);
const tell = message && ((signal: AbortSignal) => channel.post(message, signal));
await endTask({ ...telemetry, tell, stdout: process.stdout, exitGraceMs, log: openTaskLog(about) });
exitWith(exitCode);

async function runTask(args: readonly string[]): Promise<Outcome> {
  let job: Job | undefined;
  try {
    job = findJob(jobs, jobNameFrom(args));
    return await runToItsEnd(job);
  } catch (error) {
    const about = job === undefined ? {} : { job: job.name };
    const { message: why, ...named } = describeError(error);
    openTaskLog(about).error(why, { error: named });
    const code = exitCodeOfError(error);
    return { exitCode: code, message: job && channel.refusalOf(job, error, code), about };
  }
}

async function runToItsEnd(job: Job): Promise<Outcome> {
  const { signal } = signals;
  const onSignal = () => {
    openTaskLog({ job: job.name }).warn('finishing what is in flight; a second signal ends it at once', {
      error: describeError(signal.reason),
    });
  };
  signal.addEventListener('abort', onSignal);
  const stores = storesFrom(environment);
  await using ledger = await openLedger(environment);
  const summary = await launchJob(job, {
    ...startFrom(environment),
    ...reportsOf(job, { telemetry, environment, log: (bindings) => openLog(destination, bindings) }),
    environment,
    stores,
    ledger,
    scope: scopeFrom(environment),
    shard: shardFrom(environment),
    trigger: triggerFrom(environment),
    signal,
  });
  signal.removeEventListener('abort', onSignal);
  const about = { job: job.name, run: summary.runId, attempt: summary.attempt };
  if (terminal === undefined) openTaskLog(about).info('summary', summaryFields(summary));
  else process.stdout.write(`\n${summaryText(summary, terminal.paint)}\n`);
  return { exitCode: summary.exitCode, message: await channel.messageOf(job, summary, ledger), about };
}

function jobNameFrom([name, ...others]: readonly string[]): string {
  if (name === undefined)
    throw new UsageError('expected the name of a job, got none; run: npx node deploy/task.ts <job>');
  // A `--dry-run` that is overlooked would be a run in earnest.
  if (others.length > 0) {
    throw new UsageError(
      `expected the name of a job only, got ${others.join(' ')} after it; use variables such as STINT_SCOPE`,
    );
  }
  return name;
}
