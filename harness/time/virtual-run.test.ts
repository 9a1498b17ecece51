import { expect } from 'chai';
import { describe, it } from 'mocha';
import { openPayments, retrying, timesOf, withLimits } from './testing/payments-world.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

describe('a run in virtual time', () => {
  it('takes an hour at its rate limit, and no more starts than that', async () => {
    await using world = await openPayments(901);
    const job = withLimits({ perSecond: 1 / 4, burst: 1, maxStalenessMs: hourMs });
    const { summary, calls } = await world.harness.run(job, { clock: 'virtual' });
    expect(summary).to.include({ status: 'succeeded', durationMs: hourMs, startedAt: '2026-09-30T06:00:00.000Z' });
    expect(summary.finishedAt).to.equal('2026-09-30T07:00:00.000Z');
    expect(summary.items).to.include({ read: 901, succeeded: 901, remaining: 0 });
    expect(summary.limits.perSecond.peak).to.equal(1);
    const starts = timesOf(calls.PAYMENTS_API_URL).map(({ startedAtMs }) => startedAtMs);
    expect(starts).to.deep.equal(Array.from({ length: 901 }, (_, index) => 4_000 * index));
    expect(await world.harness.sql(`select status from payments where status <> 'settled'`)).to.deep.equal([]);
  });

  it('waits out backoffs of minutes', async () => {
    await using world = await openPayments(1);
    world.fake.fault({ path: '/payments/*', times: 3 }, { kind: 'status', status: 500 });
    const job = withLimits(retrying({ baseMs: 8 * minuteMs, maxMs: hourMs }));
    const { summary, calls } = await world.harness.run(job, { clock: 'virtual' });
    expect(summary.items).to.include({ succeeded: 1, retried: 3 });
    // Below 8, 16 and 32 minutes, each a random part of it; the seed is the case's.
    expect(summary.durationMs).to.be.within(8 * minuteMs, 56 * minuteMs);
    expect(timesOf(calls.PAYMENTS_API_URL).at(-1)?.startedAtMs).to.be.closeTo(summary.durationMs, 1);
  });

  it('waits as long as a Retry-After of ten minutes asks', async () => {
    await using world = await openPayments(4);
    world.fake.fault({ path: '/payments/pay_1', times: 1 }, { kind: 'throttle', retryAfterSeconds: 600 });
    const job = withLimits({ concurrency: 1, ...retrying({ maxRetryAfterMs: hourMs, baseMs: 0 }) });
    const { summary, calls } = await world.harness.run(job, { clock: 'virtual' });
    expect(summary.items).to.include({ succeeded: 4, retried: 1 });
    expect(timesOf(calls.PAYMENTS_API_URL)[0]).to.include({ status: 429, startedAtMs: 0 });
    const later = timesOf(calls.PAYMENTS_API_URL).slice(1);
    expect(later.map(({ call }) => call)).to.have.members([1, 2, 3, 4].map((id) => `GET /payments/pay_${id}`));
    for (const { startedAtMs } of later) expect(startedAtMs).to.be.at.least(10 * minuteMs);
    expect(summary.durationMs).to.be.within(10 * minuteMs, 11 * minuteMs);
  });

  it('gives a provider that hangs its time, and no more', async () => {
    await using world = await openPayments(3);
    world.fake.fault({ path: '/payments/:reference' }, { kind: 'hang' });
    const job = withLimits({ itemTimeoutMs: 20_000, ...retrying({ attempts: 2, baseMs: 0 }) });
    const { summary, calls } = await world.harness.run(job, { clock: 'virtual' });
    expect(summary.failuresByError).to.deep.equal({ 'ItemTimeoutError STINT_ITEM_TIMEOUT': 3 });
    expect(timesOf(calls.PAYMENTS_API_URL).map(({ tookMs, status }) => [tookMs, status])).to.deep.equal(
      Array(6).fill([20_000, undefined]),
    );
    expect(summary.durationMs).to.equal(40_000);
  });

  it('lets calls of slow providers overlap as they would', async () => {
    await using world = await openPayments(10);
    world.state.latencyMs = minuteMs;
    const { summary, calls } = await world.harness.run(
      withLimits({ concurrency: 5, perSecond: undefined, itemTimeoutMs: hourMs, maxStalenessMs: hourMs }),
      { clock: 'virtual' },
    );
    // ctx.http waits 30 s for an answer, and tries again.
    expect(summary.items).to.include({ read: 10, failed: 10 });
    expect(calls.PAYMENTS_API_URL?.peakConcurrency).to.equal(5);
  });
});
