/** A suite for a test to run: it forks the stack, and fails in the midst of its work. */
import { describe, it } from 'mocha';
import { openHarness } from '../../harness.ts';

describe('a suite', () => {
  it('forks and fails', async () => {
    await using harness = await openHarness('publish-cities/happy');
    throw new Error(`fails on purpose on ${harness.stores.fork.database}`);
  });
});
