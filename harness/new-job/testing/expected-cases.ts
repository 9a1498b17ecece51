/** Tests for a repository in which jobs were made: each of their cases ends as its `case.json` expects. */
import { join } from 'node:path';
import { jobs } from '@stint/jobs/registry';
import { findJob } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { listCases, loadCase } from '../../fixture/index.ts';
import { openHarness } from '../../harness.ts';
import { repositoryRoot } from '../../repository.ts';

const cases = await Promise.all(
  (await listCases(join(repositoryRoot, 'fixtures'))).map(({ directory }) => loadCase(directory)),
);

describe('every case of a new job', () => {
  const ofNewJobs = cases.filter(({ postgres, dynamodb }) =>
    [...postgres.tables, ...dynamodb.tables].some(({ table }) => table === 'records'),
  );
  for (const { job, name, expect: expected } of ofNewJobs) {
    it(`ends as it expects: ${job}/${name}`, async () => {
      await using harness = await openHarness(`${job}/${name}`);
      const { summary } = await harness.run(findJob(jobs, job));
      const { retried: _, ...items } = summary.items;
      const { status, skipped, counts } = summary;
      expect({ status, items, skipped, counts }).to.deep.equal(expected);
    });
  }
});
