/** Every case of `fixtures/` is replayed: what its job makes of it is what was accepted, to the row and to the call. */
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { replayText } from '../cli/replay-text.ts';
import { listCases, loadCase } from '../fixture/index.ts';
import { repositoryRoot } from '../repository.ts';
import { testStack } from '../testing/test-stack.ts';
import { replayCase } from './replay-case.ts';

const cases = await listCases(join(repositoryRoot, 'fixtures'));

describe('the repository’s cases, replayed', () => {
  for (const { job, name, directory } of cases) {
    it(`give what is expected of them: ${job}/${name}`, async () => {
      const testCase = await loadCase(directory);
      const replay = await replayCase(testCase, { stack: testStack() });
      // A new job's cases say what they expect by hand.
      expect(replay.accepted || testCase.expect !== undefined, 'something is expected').to.equal(true);
      expect(
        replay.status,
        replayText(replay, (_style, text) => text),
      ).to.equal('same');
    }).timeout(240_000);
  }
});
