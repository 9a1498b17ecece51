/** A program that owns a stack, for tests to kill: `node stack-owner.ts <directory> <keep>`. Says its address. */
import { describeStack } from '../attach-stack.ts';
import { startEmbeddedStack } from '../embedded-stack.ts';

const [, , directory = '', keep] = process.argv;
const stack = await startEmbeddedStack({ directory, keep: keep === 'true' });
process.on('message', (message) => {
  if (message === 'exit') process.exit(3);
  throw new Error('uncaught, on purpose');
});
process.send?.(describeStack(stack));
