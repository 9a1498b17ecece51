/**
 * A program that runs a job as the task does, with limits of a test: `node run-job.ts <job> [limits as JSON]`; a limit
 * that is null is lifted. STINT_TEST_OPTIONS holds further `RunOptions`, as JSON.
 *
 * Standard output gets JSON lines: the log, and `summary` as the last. A start that is refused because another run
 * still holds the lease is made again, until STINT_TEST_GIVE_UP is set: a killed run's lease has to expire first. With
 * STINT_TEST_BARRIER it says that it is ready, and starts when it gets SIGUSR2.
 */
import { once } from 'node:events';
import { flushCompileCache } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import { jobs } from '@stint/jobs/registry';
import { findJob, type Job, launchJob, openLedger, openLog, type Summary, stopOnSignals } from '@stint/sdk';
import chargeInvoices from './charge-invoices.ts';

// A process that is killed saves nothing: with NODE_COMPILE_CACHE set, the next one starts faster.
flushCompileCache();

const askAgainMs = 25;
const [name = '', limits = '{}'] = process.argv.slice(2);
const job = findJob([...jobs, chargeInvoices as unknown as Job], name);
const overrides = Object.entries(JSON.parse(limits)).map(([limit, value]) => [limit, value ?? undefined]);
const {
  STINT_SCOPE = '{}',
  STINT_SCHEDULED_TIME: scheduledTime,
  STINT_TEST_BARRIER: barrier,
  STINT_TEST_GIVE_UP: giveUp,
  STINT_TEST_OPTIONS: options = '{}',
} = process.env;

using signals = stopOnSignals();
await using ledger = await openLedger(process.env);
const log = openLog(process.stdout);
signals.signal.addEventListener('abort', () => log.warn('finishing what is in flight'));
const run = (): Promise<Summary> =>
  launchJob(
    { ...job, limits: { ...job.limits, ...Object.fromEntries(overrides) } },
    {
      environment: process.env,
      ledger,
      scope: JSON.parse(STINT_SCOPE),
      trigger: scheduledTime === undefined ? { kind: 'test' } : { kind: 'schedule', scheduledTime },
      signal: signals.signal,
      log: (bindings) => openLog(process.stdout, bindings),
      ...JSON.parse(options),
    },
  );

if (barrier !== undefined) {
  const released = once(process, 'SIGUSR2');
  // A listener for a signal alone keeps no process alive.
  const alive = setInterval(() => {}, 60_000);
  log.info('ready');
  await released;
  clearInterval(alive);
}
let summary = await run();
while (summary.status === 'refused' && giveUp === undefined && !signals.signal.aborted) {
  await delay(askAgainMs);
  summary = await run();
}
log.info('summary', { summary });
process.exitCode = summary.exitCode;
