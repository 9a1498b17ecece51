/** A run as a container of our image, as the platform starts it. */
import { startContainer } from '../testing/container.ts';
import { asTask, ownImage } from '../testing/own-image.ts';
import { lastWords, summaryOfTask, taskVariables } from './last-words.ts';
import { guardRun } from './run-guard.ts';
import type { RunRequest, StartedRun } from './way-in.ts';

const killed = 137;

export function startImageTask(request: RunRequest): StartedRun {
  const env = taskVariables(request);
  const command = ['task.js', request.job];
  const container = startContainer({ image: ownImage(), command, env, options: asTask });
  const guard = guardRun(() => container.removeNow());
  let sent: NodeJS.Signals | undefined;
  return {
    command: container.command,
    environment: env,
    ended: container.ended.then((ended) => {
      guard[Symbol.dispose]();
      const summary = summaryOfTask(ended);
      const said = summary === undefined ? lastWords(ended) : undefined;
      // A container tells by its code alone that it was killed.
      if (sent === 'SIGKILL' && ended.code === killed) return { exitCode: null, signal: sent, summary, said };
      return { exitCode: ended.code, signal: ended.signal, summary, said };
    }),
    kill(signal) {
      sent = signal;
      // That it is gone already shows in its end.
      container.kill(signal).catch(() => undefined);
    },
    [Symbol.asyncDispose]: () => container[Symbol.asyncDispose](),
  };
}
