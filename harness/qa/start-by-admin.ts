/**
 * A run that the admin is asked for, which runs in a container of our image: `POST /admin/<job>`, as people and tools do.
 *
 * Each run has an admin of its own, for each has an environment of its own; it is removed when it has answered.
 */
import { createHash, randomUUID } from 'node:crypto';
import { type Container, startContainer } from '../testing/container.ts';
import { asTask, ownImage } from '../testing/own-image.ts';
import { lastWords, parseJson, summaryIn } from './last-words.ts';
import { guardRun } from './run-guard.ts';
import type { RunEnd, RunRequest, StartedRun } from './way-in.ts';

/** Codes that a task would end with, by the status of an answer that is no summary. */
const exitCodes: Readonly<Record<number, number>> = { 404: 64, 422: 64, 409: 75, 503: 78 };

interface ProblemBody {
  readonly detail?: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

export function startByAdmin(request: RunRequest): StartedRun {
  const { job, environment, scope, dryRun = false } = request;
  const token = randomUUID();
  const sha256 = createHash('sha256').update(token).digest('hex');
  const env = {
    ...environment,
    // Not on the network of those who are near.
    HOST: '127.0.0.1',
    PORT: '0',
    STINT_ADMIN_TOKENS: JSON.stringify([{ name: 'qa', role: 'trigger', sha256 }]),
  };
  const container = startContainer({ image: ownImage(), command: ['admin.js'], env, options: asTask });
  const guard = guardRun(() => container.removeNow());
  const body = JSON.stringify({ scope, dryRun });
  const ended = ask(container, `/admin/${job}`, token, body).finally(async () => {
    guard[Symbol.dispose]();
    await container[Symbol.asyncDispose]();
  });
  return {
    command: `curl -X POST …/admin/${job} -d '${body}'   # of: ${container.command}`,
    environment: env,
    ended,
    kill: (signal) => void container.kill(signal).catch(() => undefined),
    async [Symbol.asyncDispose]() {
      await container[Symbol.asyncDispose]();
      await ended.catch(() => undefined);
    },
  };
}

async function ask(container: Container, path: string, token: string, body: string): Promise<RunEnd> {
  // An admin that does not get as far ends, and its end says why.
  const isUp = await container.writes('"listening"').then(
    () => true,
    () => false,
  );
  if (!isUp) {
    const ended = await container.ended;
    return { exitCode: ended.code, signal: ended.signal, summary: undefined, said: lastWords(ended) };
  }
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(`${addressIn(container.stdout)}${path}`, { method: 'POST', headers, body });
  const text = await answer.text();
  const summary = answer.status === 200 ? summaryIn(parseJson(text)) : undefined;
  if (summary !== undefined) return { exitCode: summary.exitCode, signal: null, summary, said: undefined };
  const { detail = text, errors = [] } = parseJson<ProblemBody>(text) ?? {};
  const said = [detail, ...errors.map(({ path: place, message }) => `${place}: ${message}`)].join('; ');
  return { exitCode: exitCodes[answer.status] ?? 1, signal: null, summary: undefined, said };
}

function addressIn(log: string): string {
  const line = log.split('\n').find((each) => each.includes('"listening"')) ?? '';
  return parseJson<{ url: string }>(line)?.url ?? '';
}
