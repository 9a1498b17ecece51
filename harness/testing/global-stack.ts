/**
 * Mocha's global hooks: one stack for the whole suite, started before the first test, ended after the last. It is embedded,
 * unless STINT_TEST_STACK_KIND names another kind.
 *
 * Workers of `--parallel` get its address through an environment variable; each test forks it, so that tests do not see
 * each other's data. Ctrl-C and SIGTERM end the stack first, at any time; the third of them does not wait for that. When the
 * suite is killed, the watchman of an embedded stack ends its servers; containers go with the next start.
 */

import { join } from 'node:path';
import { repositoryRoot } from '../repository.ts';
import { describeStack } from '../stack/attach-stack.ts';
import type { Stack } from '../stack/stack.ts';
import { startStack } from '../stack/start-stack.ts';
import { stackKind, stackVariable } from './test-stack.ts';

const signals = ['SIGINT', 'SIGTERM'] as const;
const longestTimerMs = 2 ** 31 - 1;
const stop = new AbortController();
let starting: Promise<Stack> | undefined;
let ending: Promise<void> | undefined;
let signalsHeard = 0;

export async function mochaGlobalSetup(): Promise<void> {
  for (const signal of signals) process.on(signal, endBySignal);
  starting = startStack({
    kind: stackKind(),
    environment: process.env,
    directory: join(repositoryRoot, '.stint'),
    onStatus: (line) => console.error(`stack: ${line}`),
    signal: stop.signal,
  });
  try {
    process.env[stackVariable] = JSON.stringify(describeStack(await starting));
  } catch (error) {
    await leaveToSignal();
    throw error;
  }
}

export async function mochaGlobalTeardown(): Promise<void> {
  await endStack();
  await leaveToSignal();
  for (const signal of signals) process.off(signal, endBySignal);
}

/** Once a signal has come, it alone ends this process: mocha would tell a failure, or even success. */
async function leaveToSignal(): Promise<void> {
  if (stop.signal.aborted) await new Promise(() => undefined);
}

/** The same end for all who ask: whoever asks later waits for it, too. */
async function endStack(): Promise<void> {
  ending ??= starting?.then((stack) => stack[Symbol.asyncDispose]());
  await ending;
}

/** Ends the stack, then does what the signal would have done. */
async function endBySignal(signal: NodeJS.Signals): Promise<void> {
  signalsHeard += 1;
  // Listeners of others may be the ones who send the signal again: this process must not run out of work before.
  setTimeout(() => undefined, longestTimerMs);
  stop.abort(new Error(`expected the stack to start, got ${signal}`));
  // The second may be mocha's own, which follows when its workers have ended.
  if (signalsHeard === 2) return;
  if (signalsHeard === 1) {
    await endStack().catch((error: unknown) => {
      if (error !== stop.signal.reason) console.error(`stack: expected it to end, got: ${error}`);
    });
  }
  for (const each of signals) process.off(each, endBySignal);
  process.kill(process.pid, signal);
}

const strayRejections: unknown[] = [];

export const mochaHooks = {
  beforeAll(): void {
    process.on('unhandledRejection', (reason) => strayRejections.push(reason));
  },
  afterEach(): void {
    const [stray] = strayRejections.splice(0);
    if (stray !== undefined) throw new Error('a promise was rejected and nobody awaited it', { cause: stray });
  },
};
