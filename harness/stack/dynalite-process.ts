/**
 * Starts and ends the child process that serves DynamoDB (dynalite-server.ts).
 * An in-memory store is empty at each start; one with a `path` keeps its tables.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { guardExit } from './exit-guard.ts';
import { readLogTail } from './log-tail.ts';
import type { ProcessIdentity } from './process-identity.ts';
import type { DynamoEndpoint } from './stack.ts';
import { StackError } from './stack-error.ts';

export interface DynaliteProcess extends AsyncDisposable {
  readonly pid: number;
  readonly endpoint: DynamoEndpoint;
  /** From now on the process also ends this PostgreSQL server when we die. */
  watch(postgres: ProcessIdentity): void;
}

export interface DynaliteOptions {
  readonly path: string | undefined;
  readonly logFile: string;
  readonly signal: AbortSignal;
  readonly onStatus: (line: string) => void;
}

const serverFile = fileURLToPath(new URL('dynalite-server.ts', import.meta.url));
const region = 'us-east-1';
const startMs = 20_000;
const stopMs = 7_000;

/** @throws StackError `STINT_STACK_START` */
export async function startDynalite({ path, logFile, signal, onStatus }: DynaliteOptions): Promise<DynaliteProcess> {
  const log = openSync(logFile, 'w');
  const child = fork(serverFile, path === undefined ? [] : [path], {
    // Own process group: a Ctrl-C in the terminal ends the run first, and the run ends the servers.
    detached: true,
    execArgv: [],
    env: { AWS_REGION: region, AWS_ACCOUNT_ID: '000000000000' },
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  const guard = guardExit(() => child.kill('SIGTERM'));
  try {
    const port = await waitForPort(child, signal);
    // From here on the servers alone do not keep our process alive.
    child.unref();
    child.channel?.unref();
    return running(child, guard, port, () => onStatus(`the DynamoDB server ended; see ${logFile}`));
  } catch (cause) {
    await stop(child, 'SIGKILL');
    guard[Symbol.dispose]();
    signal.throwIfAborted();
    throw new StackError(
      'STINT_STACK_START',
      `expected the DynamoDB server to start within ${startMs} ms, got:\n${readLogTail(logFile)}\nthe whole log is ${logFile}`,
      { cause },
    );
  }
}

function running(child: ChildProcess, guard: Disposable, port: number, onEnd: () => void): DynaliteProcess {
  child.once('exit', onEnd);
  return {
    pid: child.pid ?? 0,
    endpoint: { endpoint: `http://127.0.0.1:${port}`, region, accessKeyId: 'stint', secretAccessKey: 'stint' },
    watch(postgres) {
      child.send({ watch: postgres });
    },
    async [Symbol.asyncDispose]() {
      child.off('exit', onEnd);
      await stop(child);
      guard[Symbol.dispose]();
    },
  };
}

async function waitForPort(child: ChildProcess, signal: AbortSignal): Promise<number> {
  const settled = new AbortController();
  const within = AbortSignal.any([signal, settled.signal, AbortSignal.timeout(startMs)]);
  const ended = once(child, 'exit', { signal: within }).then(([code]) => {
    throw new Error(`the process ended with code ${code}`);
  });
  try {
    const [message] = await Promise.race([once(child, 'message', { signal: within }), ended]);
    return message.port;
  } finally {
    settled.abort();
    ended.catch(() => undefined);
  }
}

async function stop(child: ChildProcess, signal?: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const exit = once(child, 'exit');
  if (signal !== undefined) child.kill(signal);
  else if (child.connected) child.disconnect();
  const late = setTimeout(() => child.kill('SIGKILL'), stopMs);
  await exit;
  clearTimeout(late);
}
