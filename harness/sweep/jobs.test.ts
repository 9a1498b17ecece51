/** Each job of the repository, swept on its case for that. Few points of each kind: all of them are `npx stint sweep <job> --points all`. */
import { join } from 'node:path';
import { jobs } from '@stint/jobs/registry';
import { describe, it } from 'mocha';
import { expect } from '../expect/index.ts';
import { loadCase } from '../fixture/index.ts';
import { repositoryRoot } from '../repository.ts';
import { testStack } from '../testing/test-stack.ts';
import { pointKinds } from './point.ts';
import { sweep } from './sweep.ts';

describe('the repository’s jobs, swept', () => {
  for (const job of jobs) {
    for (const ledger of ['postgres', 'dynamodb'] as const) {
      it(`survive a sample of each kind of point: ${job.name}, with its ledger in ${ledger}`, async () => {
        const testCase = await loadCase(join(repositoryRoot, 'fixtures', job.name, 'sweep'));
        const options = { job, ledger, kinds: pointKinds, points: 3 };
        const report = await sweep({ stack: testStack(), testCase, ...options });
        expect(report.items).to.be.at.least(30);
        expect(report).to.prove({ points: 9 });
      }).timeout(180_000);
    }
  }
});
