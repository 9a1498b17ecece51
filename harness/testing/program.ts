/**
 * A program of this repository as a process of its own, started as a person or the platform starts it.
 *
 * It gets the environment that is given and nothing of this process's own but PATH, so that a test does not depend on the
 * machine; and what Node has compiled before, since most of its start is that. Disposing it kills it if it still runs.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { compileCache } from '../compile-cache.ts';
import { repositoryRoot } from '../repository.ts';
import { type Ended, type Followed, followChild } from './follow-child.ts';

export type { Ended } from './follow-child.ts';

export interface ProgramOptions {
  /** @default {} */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where the program's path is looked up, and the working directory. @default this repository */
  readonly root?: string;
  /** @default ours */
  readonly account?: { readonly uid: number; readonly gid: number } | undefined;
}

export interface Program extends Followed, AsyncDisposable {
  readonly process: ChildProcess;
  /** Sends a signal to the process group of the program, as a terminal does. */
  interrupt(signal: NodeJS.Signals): void;
}

/** Starts `node <file> <args>`, in a process group of its own. */
export function startProgram(file: string, args: readonly string[], options: ProgramOptions = {}): Program {
  const { env = {}, root = repositoryRoot, account } = options;
  const child = spawn(process.execPath, [join(root, file), ...args], {
    cwd: root,
    env: { PATH: dirname(process.execPath), NODE_COMPILE_CACHE: compileCache, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(account && { uid: account.uid, gid: account.gid }),
  });
  const followed = followChild(child);
  return Object.assign(followed, {
    process: child,
    interrupt: (signal: NodeJS.Signals) => process.kill(-(child.pid ?? 0), signal),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await followed.ended;
    },
  });
}

/** Runs a program to its end. */
export async function runProgram(file: string, args: readonly string[], options: ProgramOptions = {}): Promise<Ended> {
  await using program = startProgram(file, args, options);
  return await program.ended;
}
