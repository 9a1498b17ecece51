import { InterruptedError, type StintError } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { openHarness } from './harness.ts';
import { openPayments, withLimits } from './time/testing/payments-world.ts';

const codeOf = (work: Promise<unknown>) => work.then(String, (error: StintError) => error.code);

describe('harness.run with an interrupt', () => {
  it('settles as many items as it is told, one at a time, and ends as SIGTERM would end it', async () => {
    await using world = await openPayments(10);
    const { summary, calls } = await world.harness.run(withLimits({ concurrency: 1 }), {
      interrupt: { afterItems: 3, by: 'SIGTERM' },
    });
    expect(summary).to.include({ status: 'interrupted', exitCode: 143, attempt: 1 });
    expect(summary.items).to.include({ succeeded: 3, failed: 0 });
    expect(summary.items.read).to.equal(3 + summary.items.remaining);
    expect(calls.PAYMENTS_API_URL?.count()).to.equal(3);
    expect(summary.error?.message).to.equal('the run was interrupted by SIGTERM');
  });

  it('goes on with the run where it was interrupted, asking nobody twice', async () => {
    await using world = await openPayments(10);
    const job = withLimits({ concurrency: 1 });
    const scope = { tenantId: 't-1' };
    const first = await world.harness.run(job, { scope, interrupt: { afterItems: 3 } });
    const { summary, calls } = await world.harness.resume();
    expect(summary).to.include({ status: 'succeeded', exitCode: 0, attempt: 2, runId: first.summary.runId });
    expect(summary.scope).to.deep.equal(scope);
    expect(summary.items).to.include({ read: 10, succeeded: 10, remaining: 0 });
    expect(summary.resume).to.include({ fromCheckpoint: true, recovered: false, replayed: 0 });
    expect(calls.PAYMENTS_API_URL?.count()).to.equal(10);
  });

  it('finishes what is in flight, and can be interrupted again and again', async () => {
    await using world = await openPayments(40);
    const job = withLimits({ concurrency: 4 });
    const interrupt = { afterItems: 10, by: 'SIGINT' } as const;
    let { summary } = await world.harness.run(job, { clock: 'virtual', interrupt });
    expect(summary).to.include({ status: 'interrupted', exitCode: 130 });
    while (summary.status === 'interrupted') {
      // Items in flight are those of the pool.
      expect(summary.items.succeeded).to.be.within(10 * summary.attempt, 13 * summary.attempt);
      const isLast = summary.items.succeeded >= 30;
      ({ summary } = await world.harness.resume(isLast ? {} : { interrupt }));
    }
    expect(summary).to.include({ status: 'succeeded', attempt: 4 });
    expect(summary.items).to.include({ read: 40, succeeded: 40 });
    expect(world.fake.calls.count()).to.equal(40);
  });

  it('tells an observer of each settled item as well', async () => {
    await using world = await openPayments(5);
    const told: number[] = [];
    const observer = { onSettled: (settled: number) => told.push(settled) };
    await world.harness.run(withLimits({ concurrency: 1 }), { observer, interrupt: { afterItems: 2 } });
    await world.harness.resume({ observer });
    expect(told).to.deep.equal([1, 2, 1, 2, 3]);
  });

  it("obeys the caller's signal too, and does not take it along to the resumed run", async () => {
    await using world = await openPayments(5);
    const stop = new AbortController();
    const observer = { onSettled: () => stop.abort(new InterruptedError('enough')) };
    const { summary } = await world.harness.run(withLimits({ concurrency: 1 }), { signal: stop.signal, observer });
    expect(summary).to.include({ status: 'interrupted', exitCode: 75 });
    expect((await world.harness.resume({ observer: {} })).summary.status).to.equal('succeeded');
  });

  it('fails when the run is over before, and for a number of items that cannot be', async () => {
    await using world = await openPayments(5);
    const run = (afterItems: number) => world.harness.run(withLimits(), { interrupt: { afterItems } });
    expect(await codeOf(run(6))).to.equal('STINT_NOT_INTERRUPTED');
    for (const afterItems of [0, 1.5, Number.NaN]) expect(await codeOf(run(afterItems))).to.equal('STINT_INTERRUPT');
  });

  it('has nothing to go on with before a run, or after one that is over', async () => {
    await using harness = await openHarness('poll-payment-status/mixed');
    expect(await codeOf(harness.resume())).to.equal('STINT_NOTHING_TO_RESUME');
    await harness.run(withLimits(), { clock: 'virtual' });
    expect(await codeOf(harness.resume())).to.equal('STINT_NOTHING_TO_RESUME');
  });
});
