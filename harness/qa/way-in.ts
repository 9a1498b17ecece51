/**
 * How QA starts a run: the one place that knows the way in.
 *
 * Today that is `node deploy/task.ts <job>`, a process of its own with nothing but the environment that a task has. The
 * task knows no dry run; for that the command line runs the job on the same stores (`--stack external`).
 */
import { type Summary, summarySchema } from '@stint/sdk';
import { type Ended, type Program, startProgram } from '../testing/program.ts';
import { guardRun } from './run-guard.ts';

export interface RunRequest {
  readonly job: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** @default {}: everything */
  readonly scope?: unknown;
  /** @default false */
  readonly dryRun?: boolean;
  /** When the schedule meant the run to start, ISO 8601. @default started by hand */
  readonly scheduledTime?: string;
}

export interface StartedRun extends AsyncDisposable {
  /** As a person would type it; the environment apart. */
  readonly command: string;
  /** What the process got. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly ended: Promise<RunEnd>;
  kill(signal: NodeJS.Signals): void;
}

export interface RunEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Undefined: it was refused before it was a run, or killed. */
  readonly summary: Summary | undefined;
  /** The last line it wrote, when that is no summary. */
  readonly said: string | undefined;
}

export function startRun({ job, environment, scope, dryRun = false, scheduledTime }: RunRequest): StartedRun {
  if (dryRun) {
    const scopeFlags = scope === undefined ? [] : ['--scope', JSON.stringify(scope)];
    const args = ['run', job, '--stack', 'external', '--dry-run', ...scopeFlags, '--json'];
    const program = startProgram('harness/cli/main.ts', args, { env: environment });
    const command = ['npx stint', ...args].map((word) => (word.includes('"') ? `'${word}'` : word)).join(' ');
    return started(program, command, environment, ({ stdout }) => stdout);
  }
  const env = {
    ...environment,
    ...(scope !== undefined && { STINT_SCOPE: JSON.stringify(scope) }),
    ...(scheduledTime !== undefined && { STINT_SCHEDULED_TIME: scheduledTime }),
  };
  const program = startProgram('deploy/task.ts', [job], { env });
  return started(program, `node deploy/task.ts ${job}`, env, ({ stdout }) => {
    const last: { summary?: unknown } = parseJson(lastLine(stdout)) ?? {};
    return JSON.stringify(last.summary ?? null);
  });
}

function started(
  program: Program,
  command: string,
  environment: RunRequest['environment'],
  summaryIn: (ended: Ended) => string,
): StartedRun {
  const guard = guardRun(() => program.process.kill('SIGKILL'));
  return {
    command,
    environment,
    ended: program.ended.then((ended) => {
      guard[Symbol.dispose]();
      const { data: summary } = summarySchema.safeParse(parseJson(summaryIn(ended)));
      const said = summary === undefined ? lastWords(ended) : undefined;
      return { exitCode: ended.code, signal: ended.signal, summary, said };
    }),
    kill: (signal) => program.process.kill(signal),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

function lastWords({ stdout, stderr }: Ended): string {
  const last = lastLine(stderr) || lastLine(stdout);
  return parseJson<{ msg?: string }>(last)?.msg ?? last;
}

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) ?? '';

function parseJson<TValue>(text: string): TValue | undefined {
  try {
    return JSON.parse(text);
  } catch {
    // A line that a kill cut off, or an error of Node's own.
    return undefined;
  }
}
