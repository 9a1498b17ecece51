import { expect } from 'chai';
import { describe, it } from 'mocha';
import { UnknownJobError } from './errors.ts';
import { findJob } from './find-job.ts';
import { defineJob } from './job.ts';

const jobs = ['poll-payment-status', 'publish-cities', 'sync-exchange-rates'].map((name) =>
  defineJob({ name, summary: 'Is a test.', run: async () => {} }),
);

describe('findJob', () => {
  it('finds a job by its name', () => {
    expect(findJob(jobs, 'publish-cities')).to.equal(jobs[1]);
  });

  const slips = {
    'poll-paymnt-status': 'poll-payment-status',
    'Publish-Cities': 'publish-cities',
    publish_cities: 'publish-cities',
    'sync-rates': 'sync-exchange-rates',
  };
  for (const [name, nearest] of Object.entries(slips)) {
    it(`suggests ${nearest} for ${name}`, () => {
      expect(() => findJob(jobs, name)).to.throw(
        UnknownJobError,
        `expected the name of a job, got "${name}"; did you mean "${nearest}"?`,
      );
    });
  }

  for (const name of ['', 'bake-bread', 'x'.repeat(10_000)]) {
    it(`suggests nothing for a name of ${name.length} characters that is like none`, () => {
      expect(() => findJob(jobs, name)).to.throw(UnknownJobError, '; see `stint jobs` for the list');
    });
  }

  it('suggests nothing when there are no jobs', () => {
    expect(() => findJob([], 'publish-cities')).to.throw(UnknownJobError, 'see `stint jobs`');
  });
});
