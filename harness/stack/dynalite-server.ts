/**
 * The child process that serves DynamoDB, and the stack's watchman: started by dynalite-process.ts over IPC, it ends
 * when its parent disconnects or dies, and then also ends the PostgreSQL server that it was told to watch. So nothing
 * is left running even when the parent got SIGKILL.
 *
 * In memory, unless the first argument names a folder. Speaks first: `{ port }`. Hears: `{ watch: identity }`.
 */
import type { Server } from 'node:http';
import dynalite from 'dynalite';
import { patchDynalite } from './dynalite-patches.ts';
import { type ProcessIdentity, signalProcess, waitForEnd } from './process-identity.ts';

/** What PostgreSQL may take for an orderly end before it is told to drop everything. */
const shutdownMs = 5_000;

let watched: ProcessIdentity | undefined;
const server = serve(process.argv[2]);

process.on('message', (message: { watch: ProcessIdentity }) => {
  watched = message.watch;
});
process.once('disconnect', end);
process.once('SIGTERM', end);
process.on('uncaughtException', (error: Error & { code?: string }) => {
  // dynalite throws when a client hangs up in mid-request, which a test of timeouts does on purpose.
  if (error.code === 'ECONNRESET') return;
  process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exit(1);
});

function serve(path: string | undefined): Server {
  patchDynalite();
  const instant = { createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 };
  const started = dynalite(path === undefined ? instant : { ...instant, path });
  started.listen(0, '127.0.0.1', () => {
    const address = started.address();
    // The parent may have died before we were up.
    if (!process.connected || address === null || typeof address === 'string') process.exit(1);
    process.send?.({ port: address.port });
  });
  return started;
}

async function end(): Promise<void> {
  server.closeAllConnections();
  server.close();
  if (watched !== undefined && signalProcess(watched, 'SIGINT') && !(await waitForEnd(watched, shutdownMs))) {
    signalProcess(watched, 'SIGQUIT');
  }
  // A store on disk is closed by server.close; when that has been done nothing is left to keep this process alive.
  setTimeout(() => process.exit(1), shutdownMs).unref();
}
