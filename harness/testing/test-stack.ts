/** The stack that the running suite stands on. */
import { attachStack } from '../stack/attach-stack.ts';
import type { Stack } from '../stack/stack.ts';

/** Holds the stack's address for the processes of a suite. */
export const stackVariable = 'STINT_TEST_STACK';

let attached: Stack | undefined;

/** @throws Error outside of a suite that mocha started with `global-stack.ts` */
export function testStack(): Stack {
  const address = process.env[stackVariable];
  if (address === undefined) throw new Error('expected to run below mocha, which starts the stack; run `npm test`');
  attached ??= attachStack(address);
  return attached;
}
