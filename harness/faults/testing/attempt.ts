/** An attempt at a run, as a process that can be killed. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EnvironmentValues, type Summary, summarySchema } from '@stint/sdk';
import { type Ended, type Program, startProgram } from '../../testing/program.ts';

export interface AttemptOptions {
  readonly job: string;
  readonly environment: EnvironmentValues;
  /** Null lifts a limit. */
  readonly limits: Readonly<Record<string, unknown>>;
  /** Further `RunOptions`. @default none */
  readonly options?: Readonly<Record<string, unknown>>;
}

export interface Attempt extends AsyncDisposable {
  readonly program: Program;
  /** Resolves with whether it has claimed its run: when it has, or when it has ended without. */
  readonly started: Promise<boolean>;
  readonly ended: Promise<Ended>;
}

export interface LogLine {
  readonly msg: string;
  readonly run?: string;
  readonly attempt?: number;
  readonly summary?: unknown;
}

/** Starts the job in a process of its own. Node keeps what it has compiled: a test starts many. */
export function startAttempt({ job, environment, limits, options = {} }: AttemptOptions): Attempt {
  const program = startProgram('harness/testing/run-job.ts', [job, JSON.stringify(limits)], {
    env: {
      ...environment,
      NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
      STINT_TEST_OPTIONS: JSON.stringify(options),
    },
  });
  const hasStarted = () => program.stdout.includes('"msg":"started"');
  const started = new Promise<boolean>((resolve) => {
    program.process.stdout?.on('data', () => {
      if (hasStarted()) resolve(true);
    });
    void program.ended.then(() => resolve(hasStarted()));
  });
  return { program, started, ended: program.ended, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

/** What it logged; a line that a kill cut off is left out. */
export function logOf({ stdout }: Ended): readonly LogLine[] {
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as LogLine);
}

/** @throws Error when it ended without one */
export function summaryOf(ended: Ended): Summary {
  const last = logOf(ended).at(-1);
  if (last?.msg !== 'summary') throw new Error(`expected the program to end with a summary, got ${tell(ended)}`);
  return summarySchema.parse(last.summary);
}

/** Runs an attempt to its end. */
export async function runAttempt(
  options: AttemptOptions,
): Promise<{ readonly ended: Ended; readonly summary: Summary }> {
  await using attempt = startAttempt(options);
  const ended = await attempt.ended;
  return { ended, summary: summaryOf(ended) };
}

const shown = 3_000;

/** How a program ended, for a failure's message. */
export function tell({ code, signal, stdout, stderr }: Ended): string {
  return `${signal ?? `code ${code}`}:\n${stdout.slice(-shown)}${stderr.slice(-shown)}`;
}
