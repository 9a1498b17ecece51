/** The stack that the running suite stands on. */
import { attachStack } from '../stack/attach-stack.ts';
import type { Stack, StackKind } from '../stack/stack.ts';

/** Holds the stack's address for the processes of a suite. */
export const stackVariable = 'STINT_TEST_STACK';

const kinds: readonly (StackKind | 'auto')[] = ['embedded', 'containers', 'external', 'auto'];

/** On what kind of stack the suite is to run: STINT_TEST_STACK_KIND. @default 'embedded' */
export function stackKind(): StackKind | 'auto' {
  const named = process.env.STINT_TEST_STACK_KIND || 'embedded';
  const kind = kinds.find((each) => each === named);
  if (kind !== undefined) return kind;
  throw new Error(`expected STINT_TEST_STACK_KIND to be one of ${kinds.join(', ')}, got "${named}"; correct it`);
}

let attached: Stack | undefined;

/** @throws Error outside of a suite that mocha started with `global-stack.ts` */
export function testStack(): Stack {
  const address = process.env[stackVariable];
  if (address === undefined) throw new Error('expected to run below mocha, which starts the stack; run `npm test`');
  attached ??= attachStack(address);
  return attached;
}
