import { openHarness } from '@stint/harness';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import job from './job.ts';

async function setUp(name: string) {
  const harness = await openHarness(`example-job/${name}`);
  const read = () => harness.sql<{ id: number; status: string }>('select id::int, status from records order by id');
  return {
    run: harness.run,
    statuses: async () => Object.fromEntries((await read()).map(({ id, status }) => [id, status])),
    [Symbol.asyncDispose]: () => harness[Symbol.asyncDispose](),
  };
}

describe('example-job', () => {
  it('closes each open record that has all it expects', async () => {
    await using world = await setUp('happy');
    const { summary } = await world.run(job);
    expect(summary).to.include({ status: 'succeeded', exitCode: 0 });
    expect(summary.counts).to.deep.equal({ closed: 3 });
    expect(await world.statuses()).to.deep.equal({ 1: 'closed', 2: 'closed', 3: 'closed' });
  });

  it('leaves a record open that is incomplete, and tells so in its summary', async () => {
    await using world = await setUp('mixed');
    const { summary } = await world.run(job);
    expect(summary.items).to.include({ read: 3, succeeded: 2, skipped: 1, failed: 0 });
    expect(summary.skipped).to.deep.equal({ incomplete: 1 });
    expect(await world.statuses()).to.deep.equal({
      1: 'closed',
      2: 'closed', // was closed before
      3: 'open', // incomplete
      4: 'closed',
    });
  });

  it('works on one tenant when it is scoped to it', async () => {
    await using world = await setUp('mixed');
    const { summary } = await world.run(job, { scope: { tenantId: 't-2' } });
    expect(summary.items).to.include({ read: 1, succeeded: 1 });
    expect((await world.statuses())[1], 'a record of another tenant').to.equal('open');
  });

  it('has nothing left to close when it runs again', async () => {
    await using world = await setUp('mixed');
    await world.run(job);
    const { summary } = await world.run(job);
    expect(summary.items).to.include({ read: 1, succeeded: 0, skipped: 1 });
  });

  it('writes nothing in a dry run, and counts what it would write', async () => {
    await using world = await setUp('happy');
    const { summary } = await world.run(job, { dryRun: true });
    expect(summary.wouldWrite).to.deep.equal({ 'postgres update': 3 });
    expect(await world.statuses()).to.deep.equal({ 1: 'open', 2: 'open', 3: 'open' });
  });

  it('fails when the store takes no write, and leaves all records open', async () => {
    await using world = await setUp('api-down');
    const { summary } = await world.run(job);
    expect(summary).to.include({ status: 'failed', exitCode: 1 });
    expect(summary.items).to.include({ read: 2, failed: 2 });
    expect(await world.statuses()).to.deep.equal({ 1: 'open', 2: 'open' });
  });

  it('succeeds when there is nothing to do', async () => {
    await using world = await setUp('nothing-to-do');
    const { summary } = await world.run(job);
    expect(summary).to.include({ status: 'succeeded', exitCode: 0 });
    expect(summary.items.read).to.equal(0);
  });
});
