import { expect } from 'chai';
import { describe, it } from 'mocha';
import { until } from '../testing/until.ts';
import { openQaWorld, type QaOptions } from './qa-world.ts';

interface Pair {
  readonly pair: string;
  readonly rate?: number;
  readonly asOf?: string;
}

const today = '2026-09-29';

async function setUp(options: Partial<QaOptions> = {}) {
  const world = await openQaWorld('sync-exchange-rates/demo', { ledger: 'dynamodb', ...options });
  const provider = world.fakes.RATES_API_URL;
  return {
    ...world,
    asked: () => provider?.calls.all.length ?? 0,
    answerAfter: (latencyMs: number) => Object.assign(provider?.state ?? {}, { latencyMs }),
    /** Pairs that have the rate of the day, of one base currency or all. */
    async upToDate(base = '') {
      const pairs = await world.items<Pair>('exchange-rates');
      return pairs.filter(({ pair, asOf }) => pair.startsWith(base) && asOf === today).length;
    },
  };
}

describe('sync-exchange-rates', () => {
  it('brings all pairs up to date in a full run, within the quota of the provider', async () => {
    await using world = await setUp();
    const { exitCode, summary } = await world.run('run on all 133 pairs');
    expect(exitCode).to.equal(0);
    expect(summary.items).to.include({ read: 133, succeeded: 125, skipped: 8, failed: 0, remaining: 0 });
    expect(summary.skipped).to.deep.equal({ 'up to date': 7, 'no such rate': 1 });
    expect(summary.limits.perSecond.peak).to.be.at.most(20);
    expect(await world.upToDate()).to.equal(132);
  });

  it('works on one base currency alone when it is scoped to it', async () => {
    await using world = await setUp();
    const others = (await world.upToDate()) - (await world.upToDate('EUR/'));
    const { exitCode, summary } = await world.run('run for EUR', { scope: { base: 'EUR' } });
    expect(exitCode).to.equal(0);
    expect(summary.items.read).to.equal(12);
    expect((await world.upToDate()) - (await world.upToDate('EUR/')), 'other pairs').to.equal(others);
  });

  it('writes nothing in a dry run, and tells what it would write', async () => {
    await using world = await setUp();
    const before = await world.upToDate();
    const { summary } = await world.run('dry run for USD', { dryRun: true, scope: { base: 'USD' } });
    expect(summary).to.include({ dryRun: true, status: 'succeeded' });
    expect(Object.keys(summary.wouldWrite)).to.deep.equal(['dynamodb UpdateItem exchange-rates']);
    expect(await world.upToDate()).to.equal(before);
  });

  it('finds all pairs up to date when it runs a second time', async () => {
    await using world = await setUp();
    const scope = { base: 'CHF' };
    await world.run('first run for CHF', { scope });
    const { exitCode, summary } = await world.run('second run for CHF', { scope });
    expect(exitCode).to.equal(0);
    expect(summary.items).to.include({ read: 11, succeeded: 0, skipped: 11 });
  });

  it('fails when the provider is down, and leaves the rates as they are', async () => {
    await using world = await setUp();
    const before = await world.items<Pair>('exchange-rates');
    const { exitCode, summary } = await world.run('run for GBP while nothing listens at the provider’s address', {
      scope: { base: 'GBP' },
      environment: { RATES_API_URL: 'http://127.0.0.1:9' },
    });
    expect(exitCode).to.equal(1);
    expect(summary.error?.code).to.equal('STINT_TOLERANCE_EXCEEDED');
    expect(await world.items<Pair>('exchange-rates')).to.have.deep.members([...before]);
  });

  it('saves its place when it is told to end (SIGTERM), and the next start goes on from there', async () => {
    await using world = await setUp();
    world.answerAfter(700);
    await using run = world.start('run on all pairs, told to end in mid-run');
    await until('eight requests at once', () => world.asked() >= 8, 60_000);
    run.kill('SIGTERM');
    const interrupted = await run.ended;
    expect(interrupted.exitCode).to.equal(143);
    expect(interrupted.summary.items.remaining).to.be.greaterThan(0);

    world.answerAfter(0);
    const resumed = await world.run('the next start');
    expect(resumed.exitCode).to.equal(0);
    expect(resumed.summary).to.include({ runId: interrupted.summary.runId, attempt: 2 });
    expect(resumed.summary.resume.fromCheckpoint).to.equal(true);
    expect(await world.upToDate()).to.equal(132);
  });

  it('recovers from a crash (SIGKILL): the next start takes over when the lease has expired, and nothing is lost', async () => {
    await using world = await setUp({ leaseTtlMs: 1_500 });
    const scope = { base: 'EUR' };
    world.answerAfter(60_000);
    await using run = world.start('run for EUR, killed in mid-run', { scope });
    await until('eight requests at once', () => world.asked() >= 8, 60_000);
    run.kill('SIGKILL');
    expect(await run.ended).to.include({ exitCode: null, signal: 'SIGKILL' });

    world.answerAfter(0);
    let next = await world.run('the next start', { scope });
    while (next.exitCode === 75) next = await world.run('the start after that', { scope });
    expect(next.exitCode).to.equal(0);
    expect(next.summary.resume.recovered).to.equal(true);
    expect(next.summary.skipped).to.deep.include({ 'no such rate': 1 });
    expect(await world.upToDate('EUR/')).to.equal(11);
  });

  it('refuses the second delivery of the same schedule, which is no failure', async () => {
    await using world = await setUp();
    const start = { scheduledTime: '2026-09-30T06:30:00+02:00', scope: { base: 'JPY' } };
    const first = await world.run('start by the schedule of 06:30', start);
    const second = await world.run('the same start, delivered again', start);
    expect(first.summary).to.include({ status: 'succeeded', exitCode: 0 });
    expect(second.summary).to.include({ status: 'refused', exitCode: 0 });
  });

  it('refuses a scope that does not fit (64), and a provider that is not named (78), before it does anything', async () => {
    await using world = await setUp();
    const unfit = await world.run('run for "euro"', { scope: { base: 'euro' } });
    expect(unfit.exitCode).to.equal(64);
    expect(unfit.said).to.include('scope.base');
    const unset = await world.run('run without the provider’s address', { environment: { RATES_API_URL: undefined } });
    expect(unset.exitCode).to.equal(78);
    expect(unset.said).to.include('RATES_API_URL');
    expect(world.asked()).to.equal(0);
  });
}).timeout(180_000);
