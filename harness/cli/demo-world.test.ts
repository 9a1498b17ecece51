import { jobs } from '@stint/jobs/registry';
import { defineJob, type Job, openLedger } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { testStack } from '../testing/test-stack.ts';
import { openDemoWorld } from './demo-world.ts';

async function setup(given: readonly Job[], signal = new AbortController().signal) {
  const said: string[] = [];
  const options = { jobs: given, keep: false, leaseTtlMs: '10000', say: (line: string) => said.push(line), signal };
  const world = await openDemoWorld(testStack(), options);
  const { environment } = world;
  await using ledger = await openLedger(environment);
  const runs = await ledger.runs({ limit: 100 });
  return { said, runs, environment, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

const jobNamed = (name: string) =>
  defineJob({
    name,
    summary: 'For a test.',
    scope: z.object({ country: z.string().optional() }),
    env: z.object({ NOWHERE_SET: z.string() }),
    async run() {},
  });

describe('openDemoWorld', () => {
  it('has runs of each job that went well, failed, were dry and can be gone on with', async () => {
    await using world = await setup(jobs);
    const { runs } = world;
    for (const { name } of jobs) {
      const own = runs.filter(({ job }) => job === name);
      expect(own.length, name).to.be.at.least(3);
      expect(
        own.some(({ status, dryRun }) => status === 'succeeded' && !dryRun),
        name,
      ).to.equal(true);
    }
    const failed = runs.find(({ job, status }) => job === 'poll-payment-status' && status === 'failed');
    expect(failed?.summary?.failuresByError).to.deep.equal({ 'HttpError STINT_HTTP_403': 4 });
    const interrupted = runs.find(({ job, status }) => job === 'poll-payment-status' && status === 'interrupted');
    expect(interrupted)
      .to.deep.include({ scope: {}, leaseHeld: undefined })
      .and.nested.include({ 'trigger.kind': 'schedule' });
    expect(interrupted?.checkpoint?.tally.succeeded).to.be.within(50, 500);
    expect(runs.some(({ dryRun }) => dryRun)).to.equal(true);
  });

  it('is there, and says so, when a job has no case or cannot be run', async () => {
    await using world = await setup([jobNamed('bake-bread'), jobNamed('publish-cities')]);
    expect(world.runs).to.deep.equal([]);
    expect(world.said).to.include('bake-bread has no case in fixtures/bake-bread/, and so no demo data');
    expect(world.said.join('\n')).to.match(/no more past runs of publish-cities: [\s\S]*NOWHERE_SET: is not set/);
    expect(world.environment).to.include.keys('DATABASE_URL', 'AWS_ENDPOINT_URL', 'STINT_TABLE_PREFIX');
  });

  it('ends with the reason of a signal', async () => {
    const reason = new Error('enough');
    const refused = await setup(jobs, AbortSignal.abort(reason)).catch((error: unknown) => error);
    expect(refused).to.equal(reason);
  });
});
