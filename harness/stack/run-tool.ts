/**
 * Runs one command to its end (initdb, cp) as PostgreSQL's account, with an environment of its own: PG* variables of
 * the caller do not reach it. Killed when the signal aborts or this process exits.
 */
import { spawn } from 'node:child_process';
import type { Account } from './account.ts';
import { guardExit } from './exit-guard.ts';

export interface ToolOptions {
  readonly account: Account | undefined;
  readonly cwd: string;
  readonly signal: AbortSignal;
}

export interface ToolResult {
  /** Null when a signal ended the tool. */
  readonly code: number | null;
  /** What it wrote to stdout and stderr. */
  readonly output: string;
}

/** Messages in English and times in UTC, whatever the caller's locale. */
export const serverEnvironment = { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/local/bin:/usr/bin:/bin' };

/** Rejects when the command cannot be started, and with the signal's reason when it aborts. */
export async function runTool(command: string, args: readonly string[], options: ToolOptions): Promise<ToolResult> {
  const { account, cwd, signal } = options;
  signal.throwIfAborted();
  const child = spawn(command, args, {
    ...(account && { uid: account.uid, gid: account.gid }),
    cwd,
    detached: true,
    env: serverEnvironment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // The whole group: initdb has children.
  const kill = (): void => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  };
  using _guard = guardExit(kill);
  signal.addEventListener('abort', kill);
  try {
    const result = await new Promise<ToolResult>((resolve, reject) => {
      let output = '';
      child.stdout.on('data', (chunk) => (output += chunk));
      child.stderr.on('data', (chunk) => (output += chunk));
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, output }));
    });
    signal.throwIfAborted();
    return result;
  } finally {
    signal.removeEventListener('abort', kill);
  }
}
