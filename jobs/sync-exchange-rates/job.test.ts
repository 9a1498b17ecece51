import { expect, openHarness } from '@stint/harness';
import { describe, it } from 'mocha';
import job from './job.ts';

interface Pair {
  readonly pair: string;
  readonly rate?: number;
  readonly asOf?: string;
}

const today = '2026-09-29';

describe('sync-exchange-rates', () => {
  it('brings each pair up to the rate of the day', async () => {
    await using harness = await openHarness('sync-exchange-rates/demo');
    const { summary } = await harness.run(job);
    expect(summary).to.include({ status: 'succeeded', exitCode: 0 });
    expect(summary).to.have.settled({ read: 133, succeeded: 125, skipped: 8, counts: { updated: 125 } });
    const pairs = await harness.items<Pair>('exchange-rates');
    const known = pairs.filter(({ pair }) => pair !== 'EUR/XTS');
    expect(known.every(({ asOf, rate }) => asOf === today && rate !== undefined && rate > 0)).to.equal(true);
    const rates = new Map(known.map(({ pair, rate }) => [pair, rate ?? Number.NaN]));
    expect((rates.get('EUR/USD') ?? Number.NaN) * (rates.get('USD/EUR') ?? Number.NaN)).to.be.closeTo(1, 1e-4);
  });

  it('skips pairs that are up to date, and those that the provider does not know', async () => {
    await using harness = await openHarness('sync-exchange-rates/demo');
    const { summary } = await harness.run(job);
    expect(summary).to.have.settled({ succeeded: 125, skipped: { 'up to date': 7, 'no such rate': 1 } });
  });

  it('has nothing to do when it runs again', async () => {
    await using harness = await openHarness('sync-exchange-rates/nothing-to-do');
    const { summary } = await harness.run(job);
    expect(summary).to.have.settled({ succeeded: 0, skipped: { 'up to date': 6 } });
  });

  it('puts no older rate over a newer one', async () => {
    await using harness = await openHarness('sync-exchange-rates/demo');
    const rates = harness.fakes.RATES_API_URL?.state as { date: string };
    rates.date = '2000-01-01';
    const { summary } = await harness.run(job, { scope: { base: 'EUR' } });
    const newer = (await harness.items<Pair>('exchange-rates')).filter(
      ({ asOf }) => asOf !== undefined && asOf > '2000-01-01',
    );
    expect(summary.skipped['newer by now']).to.be.greaterThan(0);
    expect(newer.length).to.be.greaterThan(0);
  });

  it('works on the pairs of one base currency when it is scoped to it', async () => {
    await using harness = await openHarness('sync-exchange-rates/demo');
    const { summary } = await harness.run(job, { scope: { base: 'EUR' } });
    expect(summary.items.read).to.equal(12);
    const others = (await harness.items<Pair>('exchange-rates')).filter(
      ({ pair, asOf }) => !pair.startsWith('EUR/') && asOf === today,
    );
    expect(others.length, 'only those that were up to date before').to.be.at.most(7);
  });

  it('stays within 20 requests a second and 8 at once', async () => {
    await using harness = await openHarness('sync-exchange-rates/demo');
    const { summary } = await harness.run(job, { limit: 50 });
    expect(summary.limits.perSecond.peak).to.be.at.most(20);
    expect(summary.limits.concurrency.peak).to.be.at.most(8);
    expect(summary.items.succeeded + summary.items.skipped).to.equal(50);
  });

  it('writes nothing in a dry run', async () => {
    await using harness = await openHarness('sync-exchange-rates/demo');
    const before = await harness.items<Pair>('exchange-rates');
    const { summary } = await harness.run(job, { dryRun: true, scope: { base: 'USD' } });
    expect(await harness.items<Pair>('exchange-rates')).to.have.deep.members([...before]);
    expect(Object.keys(summary.wouldWrite)).to.deep.equal(['dynamodb UpdateItem exchange-rates']);
  });

  it('fails when a rate cannot be had: none is tolerated', async () => {
    await using harness = await openHarness('sync-exchange-rates/demo');
    const { summary } = await harness.run(job, { limit: 8, environment: { RATES_API_URL: 'http://127.0.0.1:9' } });
    expect(summary).to.include({ status: 'failed', exitCode: 1 });
    expect(summary.error?.code).to.equal('STINT_TOLERANCE_EXCEEDED');
    expect(summary.failuresByError).to.have.property('RequestError STINT_HTTP_REQUEST');
  });
});
