/**
 * The admin: `node deploy/admin/server.ts`, from the environment (`config.ts`), in the image and on a laptop.
 *
 * Standard output gets JSON lines; the one with the message `listening` has the address. SIGTERM and SIGINT: no new runs, those that go on are
 * interrupted and can be resumed, then the process ends with 0. A second signal ends it at once.
 */
import { jobs } from '@stint/jobs/registry';
import { describeError, exitCodeOfError, exitCodes, openLog, Redaction, redactLog, secretsOf } from '@stint/sdk';
import { openTelemetry } from '../datadog.ts';
import { destination, environment } from '../environment.ts';
import { endTask, exitWith } from '../task-end.ts';
import { resolveAdminConfig } from './config.ts';
import { startAdminServer } from './start-server.ts';

const log = redactLog(openLog(destination), new Redaction(secretsOf(environment, jobs)));
const stop = Promise.withResolvers<number>();

let isSignalled = false;

function onSignal(name: 'SIGINT' | 'SIGTERM'): void {
  if (isSignalled) process.exit(name === 'SIGINT' ? exitCodes.sigint : exitCodes.sigterm);
  isSignalled = true;
  log.warn(`${name}: interrupting what goes on; a second signal ends it at once`);
  stop.resolve(0);
}

// A run's stray rejection is no reason to end the runs of others; after an exception that nobody caught little can be trusted.
process.on('unhandledRejection', (error) => {
  log.error('a promise was rejected and nobody awaited it', { error: describeError(error) });
});
process.on('uncaughtException', (error) => {
  log.error('an exception was thrown where nothing catches it; the admin ends', { error: describeError(error) });
  stop.resolve(1);
});
// Runs matter more than their log.
process.stdout.on('error', () => {});
process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);

const telemetry = await openTelemetry(environment, log);
const code = await serve();
await endTask({ ...telemetry, stdout: process.stdout, exitGraceMs: 0, log });
exitWith(code);

async function serve(): Promise<number> {
  try {
    const config = resolveAdminConfig(environment);
    await using server = await startAdminServer({
      jobs,
      config,
      environment,
      telemetry,
      log: (bindings) => openLog(destination, bindings),
    });
    log.info('listening', { url: server.url });
    const { madeToken } = config.access;
    // The one secret that a log may have: it is worth nothing elsewhere, and there is no other way to be let in.
    if (madeToken !== undefined)
      openLog(destination).warn(
        'STINT_ADMIN_TOKENS is not set: only this machine is let in, with a token that was made for this process',
        { token: madeToken },
      );
    return await stop.promise;
  } catch (error) {
    log.error(describeError(error).message, { error: describeError(error) });
    return exitCodeOfError(error);
  }
}
