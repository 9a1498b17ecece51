import type { Summary } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { HarnessRunOptions } from '../run-harness-job.ts';
import { comparable, openPayments, retrying, timesOf, withLimits } from './testing/payments-world.ts';

/** The case mixed, with a provider that is slow, throttles, hangs and fails, whoever asks. */
async function runTroubled(options: HarnessRunOptions = {}) {
  await using world = await openPayments();
  world.state.latencyMs = 120;
  world.fake.fault({ path: '/payments/:reference', times: 2, after: 3 }, { kind: 'hang' });
  world.fake.fault({ path: '/payments/:reference', times: 2, after: 6 }, { kind: 'reset-mid-body' });
  world.fake.fault({ path: '/payments/:reference', times: 1, after: 9 }, { kind: 'throttle', retryAfterSeconds: 90 });
  const job = withLimits(retrying({ attempts: 6, baseMs: 30_000, maxMs: 600_000 }));
  const { summary, calls } = await world.harness.run(job, { clock: 'virtual', ...options });
  return { summary, calls: timesOf(calls.PAYMENTS_API_URL) };
}

/** What came of the items, whenever. */
function outcomesOf(summary: Summary) {
  const { status, exitCode, items, skipped, counts, failures, failuresByError, error } = comparable(summary);
  return { status, exitCode, items, skipped, counts, failures, failuresByError, error };
}

describe('a run in virtual time, done again', () => {
  it('comes out the same, times and calls included, with 16 items at a time and all kinds of trouble', async () => {
    const [first, second] = [await runTroubled(), await runTroubled()];
    expect(first.summary.items.retried).to.be.greaterThan(7);
    expect(first.summary.limits.concurrency.peak).to.equal(10);
    expect(first.summary.durationMs).to.be.greaterThan(90_000);
    expect(comparable(second.summary)).to.deep.equal(comparable(first.summary));
    expect(second.calls).to.deep.equal(first.calls);
  });

  it('comes out the same with the same seed, and waits for other times with another', async () => {
    const [first, second, other] = [
      await runTroubled({ seed: 1 }),
      await runTroubled({ seed: 1 }),
      await runTroubled({ seed: 2 }),
    ];
    expect(comparable(second.summary)).to.deep.equal(comparable(first.summary));
    expect(other.summary.durationMs).to.not.equal(first.summary.durationMs);
  });

  it('does what the same run does on the real clock, apart from times', async () => {
    await using virtual = await openPayments();
    await using real = await openPayments();
    const [expected, got] = [
      await real.harness.run(withLimits()),
      await virtual.harness.run(withLimits(), { clock: 'virtual' }),
    ];
    expect(got.summary.items).to.include({ read: 10, succeeded: 6, skipped: 3, failed: 1, retried: 7 });
    expect(outcomesOf(got.summary)).to.deep.equal(outcomesOf(expected.summary));
    expect(got.calls.PAYMENTS_API_URL?.byStatus).to.deep.equal(expected.calls.PAYMENTS_API_URL?.byStatus);
    const rows = 'select id, status from payments order by id';
    expect(await virtual.harness.sql(rows)).to.deep.equal(await real.harness.sql(rows));
  });
});
