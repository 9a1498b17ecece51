/**
 * Mocha's global hooks: one stack for the whole suite, started before the first test, ended after the last. It is embedded,
 * unless STINT_TEST_STACK_KIND names another kind.
 *
 * Workers of `--parallel` get its address through an environment variable; each test forks it, so that tests do not see
 * each other's data. When the suite is killed, the stack's own watchman ends its servers.
 */

import { join } from 'node:path';
import { repositoryRoot } from '../repository.ts';
import { describeStack } from '../stack/attach-stack.ts';
import type { Stack } from '../stack/stack.ts';
import { startStack } from '../stack/start-stack.ts';
import { stackKind, stackVariable } from './test-stack.ts';

let stack: Stack | undefined;

export async function mochaGlobalSetup(): Promise<void> {
  stack = await startStack({
    kind: stackKind(),
    environment: process.env,
    directory: join(repositoryRoot, '.stint'),
    onStatus: (line) => console.error(`stack: ${line}`),
  });
  process.env[stackVariable] = JSON.stringify(describeStack(stack));
}

export async function mochaGlobalTeardown(): Promise<void> {
  await stack?.[Symbol.asyncDispose]();
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
