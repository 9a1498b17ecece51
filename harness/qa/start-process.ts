/** A run as a process of its own on this machine. */
import type { Summary } from '@stint/sdk';
import type { Ended } from '../testing/follow-child.ts';
import { type Program, startProgram } from '../testing/program.ts';
import { lastWords, parseJson, summaryIn, summaryOfTask, taskVariables } from './last-words.ts';
import { guardRun } from './run-guard.ts';
import type { RunRequest, StartedRun } from './way-in.ts';

export function startProcess(request: RunRequest): StartedRun {
  const { job, environment, scope, dryRun = false } = request;
  if (dryRun) {
    const scopeFlags = scope === undefined ? [] : ['--scope', JSON.stringify(scope)];
    const args = ['run', job, '--stack', 'external', '--dry-run', ...scopeFlags, '--json'];
    const program = startProgram('harness/cli/main.ts', args, { env: environment });
    const command = ['npx stint', ...args].map((word) => (word.includes('"') ? `'${word}'` : word)).join(' ');
    return started(program, command, environment, ({ stdout }) => summaryIn(parseJson(stdout)));
  }
  const env = taskVariables(request);
  return started(startProgram('deploy/task.ts', [job], { env }), `node deploy/task.ts ${job}`, env, summaryOfTask);
}

function started(
  program: Program,
  command: string,
  environment: RunRequest['environment'],
  summaryOf: (ended: Ended) => Summary | undefined,
): StartedRun {
  const guard = guardRun(() => program.process.kill('SIGKILL'));
  return {
    command,
    environment,
    ended: program.ended.then((ended) => {
      guard[Symbol.dispose]();
      const summary = summaryOf(ended);
      const said = summary === undefined ? lastWords(ended) : undefined;
      return { exitCode: ended.code, signal: ended.signal, summary, said };
    }),
    kill: (signal) => program.process.kill(signal),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}
