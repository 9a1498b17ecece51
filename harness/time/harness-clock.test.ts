import { type Context, defineJob, type EffectMiddleware, type Job, type Limits } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { openHarness } from '../harness.ts';
import { openPayments, withLimits } from './testing/payments-world.ts';
import { TimeError } from './time-error.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** A job of a test's own. */
function jobOf(run: (ctx: Context) => Promise<void>, limits: Limits = {}): Job {
  return defineJob({ name: 'test-job', summary: 'Is a test.', limits, run });
}

const never = () => new Promise<void>(() => {});

/** Counts the effects of a run by their operation. */
function counting() {
  const counts: Record<string, number> = {};
  const middleware: EffectMiddleware = (effect, next) => {
    counts[effect.operation] = (counts[effect.operation] ?? 0) + 1;
    return next();
  };
  return { counts, middleware: [middleware] };
}

describe('the clock of a harness, in virtual time', () => {
  it('sleeps for hours, and keeps the lease of the run meanwhile', async () => {
    await using harness = await openHarness('poll-payment-status/nothing-to-do');
    const { counts, middleware } = counting();
    const seen: string[] = [];
    const job = jobOf(async (ctx) => {
      seen.push(new Date(ctx.clock.now()).toISOString());
      await ctx.clock.sleep(8 * hourMs);
      seen.push(new Date(ctx.clock.now()).toISOString());
    });
    const { summary } = await harness.run(job, { clock: 'virtual', middleware });
    expect(summary).to.include({ status: 'succeeded', durationMs: 8 * hourMs, attempt: 1 });
    expect(seen.map((time) => time.slice(11, 19))).to.deep.equal(['06:00:00', '14:00:00']);
    // Every five seconds; the last one may fall together with the end.
    expect(counts.heartbeat).to.be.within(8 * 720 - 1, 8 * 720);
  });

  it('goes on in the second run where the first ended, and holds leases by that time', async () => {
    await using harness = await openHarness('poll-payment-status/nothing-to-do');
    const first = await harness.run(
      jobOf((ctx) => ctx.clock.sleep(hourMs)),
      { clock: 'virtual' },
    );
    const second = await harness.run(
      jobOf((ctx) => ctx.clock.sleep(minuteMs)),
      { clock: 'virtual' },
    );
    expect(second.summary.startedAt).to.equal(first.summary.finishedAt);
    expect(second.summary).to.include({ status: 'succeeded', durationMs: minuteMs });
  });

  it('tells whole milliseconds, also to a run that begins between two', async () => {
    await using harness = await openHarness('poll-payment-status/nothing-to-do');
    const seen: number[] = [];
    const job = jobOf(async (ctx) => {
      await ctx.clock.sleep(0.4);
      seen.push(ctx.clock.now());
    });
    for (const _ of [1, 2]) await harness.run(job, { clock: 'virtual' });
    expect(seen.map((ms) => ms % 1)).to.deep.equal([0, 0]);
  });

  it('runs side by side what is started side by side', async () => {
    await using harness = await openHarness('poll-payment-status/nothing-to-do');
    const order: string[] = [];
    const napping = (name: string, naps: readonly number[]): Job => ({
      ...jobOf(async (ctx) => {
        for (const ms of naps) {
          await ctx.clock.sleep(ms);
          order.push(`${name} at ${ctx.clock.monotonicMs()}`);
        }
      }),
      name,
    });
    const [one, other] = await Promise.all([
      harness.run(napping('one', [1_000, 5_000]), { clock: 'virtual' }),
      harness.run(napping('other', [2_000, 2_000]), { clock: 'virtual' }),
    ]);
    expect(order).to.deep.equal(['one at 1000', 'other at 2000', 'other at 4000', 'one at 6000']);
    expect([one.summary.durationMs, other.summary.durationMs]).to.deep.equal([6_000, 4_000]);
  });

  it('ends the time slice of a run at its very end', async () => {
    await using world = await openPayments(30);
    const job = withLimits({ perSecond: 1, burst: 1, maxRunMs: 10_500 });
    const { summary } = await world.harness.run(job, { clock: 'virtual' });
    expect(summary).to.include({ status: 'interrupted', exitCode: 75, durationMs: 10_500 });
    expect(summary.items.succeeded).to.equal(11);
    const rest = await world.harness.resume();
    expect(rest.summary).to.include({ status: 'interrupted', attempt: 2, durationMs: 10_500 });
    expect(rest.summary.items.succeeded).to.equal(22);
  });

  it('stands still for a database that takes its time', async () => {
    await using harness = await openHarness('poll-payment-status/nothing-to-do');
    const job = jobOf(
      async (ctx) => {
        await Promise.all([ctx.postgres.query('select pg_sleep(0.3)'), ctx.clock.sleep(10)]);
      },
      { maxRunMs: minuteMs },
    );
    const { summary } = await harness.run(job, { clock: 'virtual' });
    expect(summary).to.include({ status: 'succeeded', durationMs: 10 });
  });

  it('lets transactions sleep, more of them than there are connections', async () => {
    await using harness = await openHarness('poll-payment-status/nothing-to-do');
    const job = jobOf(
      (ctx) =>
        ctx.each(
          Array.from({ length: 45 }, (_, id) => ({ id })),
          async () => {
            await ctx.postgres.transaction(async (transaction) => {
              await transaction.query('select 1');
              await ctx.clock.sleep(minuteMs);
            });
          },
        ),
      { concurrency: 45, itemTimeoutMs: hourMs },
    );
    const { summary } = await harness.run(job, { clock: 'virtual' });
    expect(summary.items).to.include({ read: 45, succeeded: 45 });
    // Twenty connections: three rounds.
    expect(summary.durationMs).to.equal(3 * minuteMs);
  });

  it('goes on where a statement waits for the lock of another', async () => {
    await using world = await openPayments(1);
    const job = jobOf(
      (ctx) =>
        ctx.each([{ id: 1 }, { id: 2 }], async () => {
          await ctx.postgres.transaction(async (transaction) => {
            await transaction.query('update payments set amount_cents = amount_cents + 1');
            await transaction.query('select 1');
          });
        }),
      { concurrency: 2 },
    );
    const { summary } = await world.harness.run(job, { clock: 'virtual' });
    expect(summary.items).to.include({ read: 2, succeeded: 2 });
    expect(await world.harness.sql('select amount_cents::int from payments')).to.deep.equal([{ amount_cents: 102 }]);
  });

  it('says so when a run waits for what never comes, and ends it', async () => {
    await using harness = await openHarness('poll-payment-status/nothing-to-do');
    const failed = await harness.run(jobOf(never), { clock: 'virtual' }).catch((error: unknown) => error);
    expect(failed).to.be.instanceOf(TimeError).with.property('code', 'STINT_TIME_HANGS');
    expect(String(failed)).to.include('neither an effect nor ctx.clock.sleep');
    // Its lease is free: the harness can be used on.
    const { summary } = await harness.run(
      jobOf((ctx) => ctx.clock.sleep(10)),
      { clock: 'virtual', fresh: true },
    );
    expect(summary.status).to.equal('succeeded');
  });

  it('refuses to mix a run on the real clock with one in virtual time', async () => {
    await using harness = await openHarness('poll-payment-status/nothing-to-do');
    const gate = Promise.withResolvers<void>();
    const real = harness.run(jobOf(() => gate.promise));
    const failed = await harness.run(jobOf(never), { clock: 'virtual' }).catch((error: unknown) => error);
    expect(failed).to.be.instanceOf(TimeError).with.property('code', 'STINT_TIME_MIXED');
    gate.resolve();
    expect((await real).summary.status).to.equal('succeeded');
  });
});
