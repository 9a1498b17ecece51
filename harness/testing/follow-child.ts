/** What a child process writes, and its end. */
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

export interface Ended {
  readonly code: number | null;
  /** What ended it, when it did not end by itself. */
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Followed {
  /** What it has written so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves when it has ended and all it wrote was read. */
  readonly ended: Promise<Ended>;
  /** Waits until it has written `text`, to either stream. @throws Error when it ends before */
  writes(text: string): Promise<void>;
}

export function followChild(child: ChildProcessByStdio<null, Readable, Readable>): Followed {
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk;
    });
  }
  const ended = once(child, 'close').then(([code, signal]): Ended => ({ code, signal, ...text }));
  return {
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
  };
}
