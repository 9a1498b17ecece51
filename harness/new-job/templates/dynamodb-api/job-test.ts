import { openHarness } from '@stint/harness';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import job from './job.ts';

async function setUp(name: string) {
  const harness = await openHarness(`example-job/${name}`);
  const read = () => harness.items<{ id: string; status: string }>('records');
  return {
    run: harness.run,
    calls: harness.fakes.EXAMPLE_API_URL?.calls,
    statuses: async () => Object.fromEntries((await read()).map(({ id, status }) => [id, status])),
    [Symbol.asyncDispose]: () => harness[Symbol.asyncDispose](),
  };
}

describe('example-job', () => {
  it('closes each open record that the API says is closed', async () => {
    await using world = await setUp('happy');
    const { summary } = await world.run(job);
    expect(summary).to.include({ status: 'succeeded', exitCode: 0 });
    expect(summary.counts).to.deep.equal({ closed: 3 });
    expect(await world.statuses()).to.deep.equal({ 'r-1': 'closed', 'r-2': 'closed', 'r-3': 'closed' });
  });

  it('leaves a record open that the API says is open or does not know, and tells so in its summary', async () => {
    await using world = await setUp('mixed');
    const { summary } = await world.run(job);
    expect(summary.items).to.include({ read: 5, succeeded: 3, skipped: 2, failed: 0, retried: 1 });
    expect(summary.skipped).to.deep.equal({ 'still open': 1, 'unknown to the API': 1 });
    expect(await world.statuses()).to.deep.equal({
      'r-1': 'closed',
      'r-2': 'closed', // was closed before
      'r-3': 'open',
      'r-4': 'closed',
      'r-5': 'open', // unknown to the API
      'r-6': 'closed', // after a 500
    });
  });

  it('asks the API once about each open record that it answers, and never about others', async () => {
    await using world = await setUp('mixed');
    await world.run(job);
    expect(world.calls?.count('GET', '/records/r-1')).to.equal(1);
    expect(world.calls?.count('GET', '/records/r-2'), 'closed before').to.equal(0);
    expect(world.calls?.count('GET', '/records/r-6'), 'a 500, then an answer').to.equal(2);
  });

  it('works on one tenant when it is scoped to it', async () => {
    await using world = await setUp('mixed');
    const { summary } = await world.run(job, { scope: { tenantId: 't-2' } });
    expect(summary.items).to.include({ read: 1, succeeded: 1 });
    expect((await world.statuses())['r-1'], 'a record of another tenant').to.equal('open');
  });

  it('has nothing left to close when it runs again', async () => {
    await using world = await setUp('mixed');
    await world.run(job);
    const { summary } = await world.run(job);
    expect(summary.items).to.include({ read: 2, succeeded: 0, skipped: 2 });
  });

  it('writes nothing in a dry run, and counts what it would write', async () => {
    await using world = await setUp('happy');
    const { summary } = await world.run(job, { dryRun: true });
    expect(summary.wouldWrite).to.deep.equal({ 'dynamodb UpdateItem records': 3 });
    expect(await world.statuses()).to.deep.equal({ 'r-1': 'open', 'r-2': 'open', 'r-3': 'open' });
  });

  it('fails when the API is down, after it has asked four times about each record', async () => {
    await using world = await setUp('api-down');
    const { summary } = await world.run(job);
    expect(summary).to.include({ status: 'failed', exitCode: 1 });
    expect(summary.failuresByError).to.deep.equal({ 'HttpError STINT_HTTP_503': 2 });
    expect(world.calls?.count()).to.equal(8);
    expect(await world.statuses()).to.deep.equal({ 'r-1': 'open', 'r-2': 'open' });
  });

  it('fails when the API refuses the key, and tells nobody the key', async () => {
    await using world = await setUp('happy');
    const { summary } = await world.run(job, { environment: { EXAMPLE_API_KEY: 'wrong' } });
    expect(summary.failuresByError).to.deep.equal({ 'HttpError STINT_HTTP_401': 3 });
    expect(JSON.stringify(summary)).to.not.include('wrong');
  });

  it('succeeds when there is nothing to do, and asks nobody', async () => {
    await using world = await setUp('nothing-to-do');
    const { summary } = await world.run(job);
    expect(summary).to.include({ status: 'succeeded', exitCode: 0 });
    expect(summary.items.read).to.equal(0);
    expect(world.calls?.count()).to.equal(0);
  });
});
