/**
 * A program in a real pseudo-terminal, as a person starts it.
 *
 * `script`, which comes with Linux and macOS, makes the terminal. Disposing it kills the program if it still runs.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { repositoryRoot } from '../repository.ts';
import { readScreen, type Screen } from './screen.ts';

export interface TerminalOptions {
  /** @default 80 */
  readonly columns?: number;
  /** @default {} */
  readonly env?: Readonly<Record<string, string>>;
}

export interface TerminalProgram extends AsyncDisposable {
  /** All that was written so far, with what a person typed. */
  readonly written: string;
  /** What there is to be seen. */
  readonly screen: Screen;
  /** Resolves with its exit code. */
  readonly ended: Promise<number | null>;
  /** Waits until a pattern is, or was for a moment, in a line of the screen. @throws Error when the program ends before */
  shows(pattern: RegExp): Promise<void>;
  /** As if typed: `\u0003` is Ctrl-C. */
  type(text: string): void;
}

/** A program of this repository: `node <file> <args>`. */
export function startInTerminal(file: string, args: readonly string[], options?: TerminalOptions): TerminalProgram {
  return startCommandInTerminal([process.execPath, join(repositoryRoot, file), ...args], options);
}

export function startCommandInTerminal(
  given: readonly string[],
  { columns = 80, env = {} }: TerminalOptions = {},
): TerminalProgram {
  const words = given.map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  const command = `stty cols ${columns} rows 24; exec ${words.join(' ')}`;
  const isMac = process.platform === 'darwin';
  const child = spawn('script', isMac ? ['-q', '/dev/null', 'sh', '-c', command] : ['-qefc', command, '/dev/null'], {
    cwd: repositoryRoot,
    env: { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, TERM: 'xterm-256color', SHELL: '/bin/sh', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let written = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    written += chunk;
  });
  const ended = once(child, 'close').then(([code]): number | null => code);
  const screen = () => readScreen(written, columns);
  return {
    get written() {
      return written;
    },
    get screen() {
      return screen();
    },
    ended,
    async shows(pattern) {
      while (!pattern.test(drawn(written))) {
        await Promise.race([once(child.stdout, 'data'), ended]);
        if (child.exitCode !== null && !pattern.test(drawn(written)))
          throw new Error(`expected the terminal to show ${pattern}, got its end:\n${screen().lines.join('\n')}`);
      }
    },
    type: (text) => void child.stdin.write(text),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Each thing that was drawn in a line of its own, also what was drawn over since. */
function drawn(written: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes begin with one.
  return written.replace(/\u001b\[[\d;]*m/g, '').replace(/\u001b(?:\[[?\d;]*[A-Za-z]|[78])|\r/g, '\n');
}
