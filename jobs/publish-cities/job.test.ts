import { expect, openHarness } from '@stint/harness';
import type { EffectMiddleware } from '@stint/sdk';
import { describe, it } from 'mocha';
import job from './job.ts';

interface City {
  readonly id: number;
  readonly name: string;
  readonly population: number;
}

describe('publish-cities', () => {
  it('publishes every city, whole', async () => {
    await using harness = await openHarness('publish-cities/happy');
    const { summary } = await harness.run(job);
    expect(summary).to.include({ status: 'succeeded', exitCode: 0 });
    expect(summary).to.have.settled({ read: 40, succeeded: 40 });
    const rows = await harness.sql<City>('select id::int, name, population::int from cities order by id');
    const items = (await harness.items<City>('cities')).toSorted((a, b) => a.id - b.id);
    expect(items.map(({ id, name, population }) => ({ id, name, population }))).to.deep.equal(rows);
    expect(items[0]).to.have.keys(
      'id',
      'name',
      'altName',
      'country',
      'featureCode',
      'adminCode',
      'population',
      'location',
    );
  });

  it('publishes only what has changed when it runs again', async () => {
    await using harness = await openHarness('publish-cities/happy');
    await harness.run(job);
    await harness.sql(
      `update cities set population = population + 1 where id in (select id from cities order by id limit 3)`,
    );
    const { summary } = await harness.run(job);
    expect(summary).to.have.settled({ skipped: { unchanged: 37 }, counts: { published: 3 } });
    const [changed] = await harness.sql<City>('select id::int, population::int from cities order by id limit 1');
    const published = (await harness.items<City>('cities')).find(({ id }) => id === changed?.id);
    expect(published?.population).to.equal(changed?.population);
  });

  it('works on one country when it is scoped to it', async () => {
    await using harness = await openHarness('publish-cities/happy');
    const [country] = await harness.sql<{ country: string; count: number }>(
      'select country, count(*)::int as count from cities group by country order by 2 desc limit 1',
    );
    const { summary } = await harness.run(job, { scope: { country: country?.country } });
    expect(summary.items.read).to.equal(country?.count);
    expect(await harness.items('cities')).to.have.length(country?.count ?? -1);
  });

  it('puts a city once more when its hash was not recorded', async () => {
    await using harness = await openHarness('publish-cities/happy');
    await harness.run(job);
    await harness.sql('delete from city_publications where city_id in (select id from cities order by id limit 5)');
    const { summary } = await harness.run(job);
    expect(summary.counts).to.deep.equal({ published: 5 });
    expect(await harness.items('cities')).to.have.length(40);
  });

  it('takes a city back that was deleted between its read and its write', async () => {
    await using harness = await openHarness('publish-cities/happy');
    const deleteMeanwhile: EffectMiddleware = async ({ operation }, next) => {
      if (operation === 'BatchWriteItem') await harness.sql('delete from cities where id = 184745');
      return next();
    };
    const { summary } = await harness.run(job, { middleware: [deleteMeanwhile] });
    expect(summary).to.have.settled({ succeeded: 39, skipped: { 'gone by now': 1 } });
    expect(await harness.items('cities')).to.have.lengthOf(39);
  });

  it('writes nothing in a dry run, and counts what it would write', async () => {
    await using harness = await openHarness('publish-cities/happy');
    const { summary } = await harness.run(job, { dryRun: true });
    expect(await harness.items('cities')).to.deep.equal([]);
    expect(summary.wouldWrite).to.deep.equal({ 'dynamodb BatchWriteItem cities': 40 });
    expect(summary.status).to.equal('succeeded');
  });

  it('publishes all 135,233 cities of the world within two pages, and skips them all when it runs again', async () => {
    await using harness = await openHarness('publish-cities/all');
    const first = await harness.run(job);
    expect(first.summary.items).to.include({ read: 135_233, succeeded: 135_233, remaining: 0 });
    expect(first.summary.memory.peakPages).to.be.at.most(2);
    expect(first.summary.limits.concurrency.peak).to.be.at.most(8);
    const second = await harness.run(job);
    expect(second.summary.skipped).to.deep.equal({ unchanged: 135_233 });
    expect(second.summary.items.succeeded).to.equal(0);
  }).timeout(180_000);
});
