/**
 * A program of this repository as a process of its own, started as a person or the platform starts it.
 *
 * It gets the environment that is given and nothing of this process's own but PATH, so that a test does not depend on the
 * machine. Disposing it kills it if it still runs.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { repositoryRoot } from '../repository.ts';

export interface ProgramOptions {
  /** @default {} */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where the program's path is looked up, and the working directory. @default this repository */
  readonly root?: string;
  /** @default ours */
  readonly account?: { readonly uid: number; readonly gid: number } | undefined;
}

export interface Ended {
  readonly code: number | null;
  /** What ended it, when it did not end by itself. */
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Program extends AsyncDisposable {
  readonly process: ChildProcess;
  /** What it has written so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves when it has ended and all it wrote was read. */
  readonly ended: Promise<Ended>;
  /** Waits until it has written `text`, to either stream. @throws Error when it ends before */
  writes(text: string): Promise<void>;
  /** Sends a signal to the process group of the program, as a terminal does. */
  interrupt(signal: NodeJS.Signals): void;
}

/** Starts `node <file> <args>`, in a process group of its own. */
export function startProgram(file: string, args: readonly string[], options: ProgramOptions = {}): Program {
  const { env = {}, root = repositoryRoot, account } = options;
  const child = spawn(process.execPath, [join(root, file), ...args], {
    cwd: root,
    env: { PATH: dirname(process.execPath), ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(account && { uid: account.uid, gid: account.gid }),
  });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk;
    });
  }
  const ended = once(child, 'close').then(([code, signal]): Ended => ({ code, signal, ...text }));
  return {
    process: child,
    get stdout() {
      return text.stdout;
    },
    get stderr() {
      return text.stderr;
    },
    ended,
    async writes(expected) {
      const hasWritten = () => text.stdout.includes(expected) || text.stderr.includes(expected);
      while (!hasWritten()) {
        const chunk = Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')]);
        await Promise.race([chunk, ended]);
        if (child.exitCode !== null && !hasWritten()) {
          throw new Error(`expected the program to write "${expected}", got its end:\n${text.stdout}${text.stderr}`);
        }
      }
    },
    interrupt: (signal) => process.kill(-(child.pid ?? 0), signal),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Runs a program to its end. */
export async function runProgram(file: string, args: readonly string[], options: ProgramOptions = {}): Promise<Ended> {
  await using program = startProgram(file, args, options);
  return await program.ended;
}
