/**
 * Starts and ends one PostgreSQL server on a finished data folder.
 *
 * Guarantees: resolves when the server answers queries, and only if it is ours (a port can be taken by another
 * stack's server between our choice and the bind). Listens on 127.0.0.1 only, no unix socket.
 * Settings are for speed: a crash of the machine may corrupt the data; a crash of the server does not, yet may cost
 * the commits of its last half second.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, realpathSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Account } from './account.ts';
import { diskFull, tellsOfFullDisk } from './disk-error.ts';
import { guardExit } from './exit-guard.ts';
import { chooseFreePort } from './free-port.ts';
import { readLogTail } from './log-tail.ts';
import type { Cluster } from './postgres-cluster.ts';
import { identifyProcess, type ProcessIdentity } from './process-identity.ts';
import { serverEnvironment } from './run-tool.ts';
import { StackError } from './stack-error.ts';

export interface PostgresServer extends AsyncDisposable {
  /** Of the maintenance database. */
  readonly url: string;
  readonly identity: ProcessIdentity;
}

export interface PostgresServerOptions {
  readonly postgres: string;
  readonly account: Account | undefined;
  readonly cluster: Cluster;
  readonly logFile: string;
  readonly signal: AbortSignal;
  readonly onStatus: (line: string) => void;
  /** @default a port that the kernel says is free */
  readonly choosePort?: () => Promise<number>;
}

const settings: Readonly<Record<string, string | number>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: 200,
  shared_buffers: '32MB',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: 0,
  io_method: 'sync',
  // In the data folder and not in /dev/shm, which is small in containers and would keep what a killed server left.
  dynamic_shared_memory_type: 'mmap',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

const startMs = 30_000;
const patienceMs = 5_000;
const portAttempts = 5;

/** @throws StackError `STINT_STACK_START`, `STINT_STACK_NO_PORT`, `STINT_STACK_DISK_FULL`, `STINT_STACK_NO_POSTGRES` */
export async function startPostgres(options: PostgresServerOptions): Promise<PostgresServer> {
  const { choosePort = chooseFreePort, logFile, onStatus } = options;
  for (let attempt = 1; attempt <= portAttempts; attempt += 1) {
    const port = await choosePort();
    const server = await startOnPort(options, port);
    if (server !== 'port taken') return server;
    onStatus(`port ${port} was taken before PostgreSQL could bind it; trying another one`);
  }
  throw new StackError(
    'STINT_STACK_NO_PORT',
    `expected one of ${portAttempts} free ports of 127.0.0.1 to stay free, got all taken; see ${logFile} and start again`,
  );
}

async function startOnPort(options: PostgresServerOptions, port: number): Promise<PostgresServer | 'port taken'> {
  const { cluster, logFile, signal, onStatus } = options;
  signal.throwIfAborted();
  const child = spawnServer(options, port);
  const guard = guardExit(() => child.kill('SIGQUIT'));
  const url = `postgres://postgres:${cluster.password}@127.0.0.1:${port}/postgres`;
  try {
    await waitUntilReady(child, url, cluster.directory, signal);
  } catch (cause) {
    await stop(child, ['SIGQUIT', 'SIGKILL']);
    guard[Symbol.dispose]();
    signal.throwIfAborted();
    const log = readLogTail(logFile);
    if (log.includes('Address already in use')) return 'port taken';
    throw startError(cause, log, options);
  }
  const onEnd = (): void => onStatus(`PostgreSQL ended; see ${logFile}`);
  child.once('exit', onEnd);
  child.unref();
  return {
    url,
    identity: identifyProcess(child.pid ?? 0),
    async [Symbol.asyncDispose]() {
      child.off('exit', onEnd);
      await stop(child, ['SIGINT', 'SIGQUIT', 'SIGKILL']);
      guard[Symbol.dispose]();
    },
  };
}

function spawnServer({ postgres, account, cluster, logFile }: PostgresServerOptions, port: number): ChildProcess {
  const log = openSync(logFile, 'w');
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(postgres, ['-D', cluster.directory, '-p', String(port), ...flags], {
    ...(account && { uid: account.uid, gid: account.gid }),
    cwd: cluster.directory,
    // Own process group: a Ctrl-C in the terminal ends the run first, and the run ends the servers.
    detached: true,
    env: serverEnvironment,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  return child;
}

async function waitUntilReady(child: ChildProcess, url: string, directory: string, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + startMs;
  const failure = new AbortController();
  child.once('error', (error) => failure.abort(error));
  child.once('exit', (code, by) => failure.abort(new Error(`PostgreSQL ended with ${by ?? `code ${code}`}`)));
  const over = AbortSignal.any([signal, failure.signal]);
  while (performance.now() < deadline) {
    if (await answersFrom(url, directory, over)) return;
    over.throwIfAborted();
    // A server that is not there yet can only be asked again.
    await sleep(10, undefined, { signal }).catch(() => undefined);
  }
  throw new Error(`PostgreSQL did not answer within ${startMs} ms`);
}

async function answersFrom(url: string, directory: string, over: AbortSignal): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  const cut = (): void => {
    client.connection.stream.destroy();
  };
  over.addEventListener('abort', cut);
  try {
    await client.connect();
    const { rows } = await client.query<{ at: string }>(`select current_setting('data_directory') as at`);
    return rows[0] !== undefined && realpathSync(rows[0].at) === realpathSync(directory);
  } catch {
    return false;
  } finally {
    over.removeEventListener('abort', cut);
    await client.end().catch(() => undefined);
  }
}

async function stop(child: ChildProcess, signals: readonly NodeJS.Signals[]): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const exit = once(child, 'exit');
  const later = signals.map((kind, step) => setTimeout(() => child.kill(kind), step * patienceMs));
  await exit;
  for (const timer of later) clearTimeout(timer);
}

function startError(cause: unknown, log: string, { postgres, logFile, cluster }: PostgresServerOptions): StackError {
  if (tellsOfFullDisk(log)) return diskFull(cluster.directory, cause);
  if (cause instanceof Error && 'syscall' in cause) {
    return new StackError(
      'STINT_STACK_NO_POSTGRES',
      `expected ${postgres} to run, got ${cause.message}; reinstall the platform's package, or use the stack "containers"`,
      { cause },
    );
  }
  return new StackError(
    'STINT_STACK_START',
    `expected PostgreSQL to start on ${cluster.directory}, got (${cause instanceof Error ? cause.message : cause}):\n${log}\n` +
      `the whole log is ${logFile}`,
    { cause },
  );
}
