/**
 * Ends a PostgreSQL server that a killed process left on a data folder that is ours now.
 * Only a process that /proc or ps shows to be a postgres on that very folder is touched: the pid in a stale
 * postmaster.pid may by now be anybody's.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { identifyProcess, signalProcess, waitForEnd } from './process-identity.ts';
import { StackError } from './stack-error.ts';

const patienceMs = 5_000;

/** Returns the pid that was ended, or undefined when no server was left. */
export async function endOrphan(dataDirectory: string, signal: AbortSignal): Promise<number | undefined> {
  const pidFile = join(dataDirectory, 'postmaster.pid');
  const pid = readPid(pidFile);
  if (pid === undefined) return undefined;
  const server = identifyProcess(pid);
  if (!readCommand(pid).includes(dataDirectory)) {
    // Else PostgreSQL would take whoever has the pid now for its other self, and refuse to start.
    rmSync(pidFile, { force: true });
    return undefined;
  }
  // Orderly, then at once, then by force.
  for (const kind of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    signalProcess(server, kind);
    if (await waitForEnd(server, patienceMs, signal)) {
      rmSync(pidFile, { force: true });
      return pid;
    }
  }
  throw new StackError(
    'STINT_STACK_BUSY',
    `expected to end the PostgreSQL server that was left on ${dataDirectory}, got no end of process ${pid}; end it by hand`,
  );
}

function readPid(pidFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
    return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** A process's arguments; empty when it has ended. The server is always started with its folder as `-D`. */
function readCommand(pid: number): readonly string[] {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(' ');
  } catch {
    return [];
  }
}
