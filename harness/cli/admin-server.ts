/**
 * The admin's server as a child process.
 *
 * Guarantees: after dispose it has ended; it ends when this process does, however that comes about. It is in a process group
 * of its own: what a terminal sends to this one's does not reach it, so that it gets one signal and no more.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { EnvironmentValues } from '@stint/sdk';
import { guardExit } from '../stack/exit-guard.ts';

export interface AdminServerOptions {
  /** The program. */
  readonly file: string;
  /** Its whole environment. */
  readonly environment: EnvironmentValues;
  /** Gets each line of its log. */
  readonly onLine: (line: string) => void;
  /** How long it may take to end after a signal; then it is killed. @default 60,000: items in flight are waited for */
  readonly patienceMs?: number;
}

export interface ServerEnd {
  readonly code: number | null;
  /** What ended it, when it did not end by itself. */
  readonly signal: NodeJS.Signals | null;
}

export interface AdminServer extends AsyncDisposable {
  /** Its address, once it listens; undefined: it ended before, and its log tells why. */
  readonly listening: Promise<string | undefined>;
  readonly ended: Promise<ServerEnd>;
  /** Undefined: it could not be started. */
  readonly pid: number | undefined;
  /** Tells it to end, once, and waits until it has. */
  stop(signal: NodeJS.Signals): Promise<ServerEnd>;
}

const guard = new URL('end-with-parent.ts', import.meta.url).href;

export function startAdminServer({ file, environment, onLine, patienceMs = 60_000 }: AdminServerOptions): AdminServer {
  const child = fork(file, [], {
    execArgv: ['--import', guard],
    env: { ...environment },
    detached: true,
    // Its log is on stdout, which is for results here; what it cries in its last moment goes to stderr as it is.
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const atExit = guardExit(() => child.kill('SIGKILL'));
  const ended = once(child, 'close')
    .then(([code, signal]): ServerEnd => ({ code, signal }))
    .finally(() => atExit[Symbol.dispose]());
  const told = Promise.withResolvers<string>();
  // Piped, as asked for above.
  createInterface({ input: child.stdout ?? process.stdin }).on('line', (line) => {
    onLine(line);
    const url = urlOf(line);
    if (url !== undefined) told.resolve(url);
  });

  let stopped: Promise<ServerEnd> | undefined;
  const stopOnce = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    return ended.finally(() => clearTimeout(late));
  };
  const stop = (signal: NodeJS.Signals) => {
    stopped ??= stopOnce(signal);
    return stopped;
  };
  return {
    listening: Promise.race([told.promise, ended.then(() => undefined)]),
    ended,
    pid: child.pid,
    stop,
    async [Symbol.asyncDispose]() {
      await stop('SIGTERM');
    },
  };
}

/** Where it listens, if that is what this line of its log tells. */
function urlOf(line: string): string | undefined {
  try {
    const { msg, url } = JSON.parse(line);
    return msg === 'listening' && typeof url === 'string' ? url : undefined;
  } catch {
    return undefined;
  }
}
