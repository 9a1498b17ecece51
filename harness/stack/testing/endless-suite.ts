/** A suite for mocha that never ends: it says when its only test has begun. For tests that interrupt it. */
import { describe, it } from 'mocha';

describe('an endless suite', () => {
  it('waits', async () => {
    process.stderr.write('the test has begun\n');
    await new Promise((resolve) => setTimeout(resolve, 2 ** 30));
  });
});
