import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { BatchHandler } from './each-batch.ts';
import { DryRunWrite, HttpError, ItemClosedError } from './errors.ts';
import { never, openRunWorld, type RunPlan, sigterm } from './testing/run-world.ts';
import type { TestSource } from './testing/test-source.ts';

const passing = () => Object.assign(new Error('boom'), { code: 'ECONNRESET' });
const final = () => new Error('final');
const throttled = (retryAfterMs?: number) => new HttpError({ method: 'POST', host: 'api.test' }, 429, retryAfterMs);

interface BatchPlan extends RunPlan {
  readonly size?: number;
  readonly source?: TestSource;
}

function setup() {
  const world = openRunWorld();
  const groups: number[][] = [];
  /** Runs the handler on groups of numbers, however many of them fail. */
  const runBatch = (items: number, handler: BatchHandler<number>, { size = 25, limits, ...plan }: BatchPlan = {}) => {
    const source = plan.source ?? world.source(items, { maxPageSize: 100 });
    const seen: BatchHandler<number> = (group, batch) => {
      groups.push(group.map(({ value }) => value));
      return handler(group, batch);
    };
    return world.run((ctx) => ctx.eachBatch(source, seen, { size }), {
      limits: { tolerate: { failures: 1_000 }, ...limits },
      ...plan,
    });
  };
  return { ...world, groups, runBatch };
}

describe('each-batch', () => {
  it('works on groups of no more than its size, each item in one of them', async () => {
    const { runBatch, groups } = setup();
    const summary = await runBatch(260, () => {});
    expect(summary.items).to.include({ read: 260, succeeded: 260 });
    expect(groups.map(({ length }) => length).sort((a, b) => b - a)).to.deep.equal([...Array(10).fill(25), 10]);
    expect(groups.flat().sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 260 }, (_, value) => value));
  });

  it('settles each item by what was said of it', async () => {
    const { runBatch } = setup();
    const summary = await runBatch(25, async ([first, second, third]) => {
      first?.skip('not now');
      second?.fail(final());
      third?.count('seen');
    });
    expect(summary.items).to.include({ succeeded: 23, skipped: 1, failed: 1, retried: 0 });
    expect(summary.counts).to.deep.equal({ seen: 1 });
    expect(summary.failures.map(({ key }) => key)).to.deep.equal(['key-1']);
  });

  it('tries again those that were not processed, and only those', async () => {
    const { runBatch, groups } = setup();
    const summary = await runBatch(25, (group) => {
      for (const item of group) {
        item.count('put');
        if (item.value % 5 === 0 && item.attempt < 3) item.retry('not processed');
      }
    });
    expect(groups.slice(1)).to.deep.equal([
      [0, 5, 10, 15, 20],
      [0, 5, 10, 15, 20],
    ]);
    expect(summary.items).to.include({ succeeded: 25, retried: 10 });
    expect(summary.counts).to.deep.equal({ put: 25 });
  });

  it('fails those that were never processed, with the reason', async () => {
    const { runBatch, groups } = setup();
    const summary = await runBatch(3, (group) => {
      for (const item of group) if (item.value === 1) item.retry('not processed');
    });
    expect(groups).to.deep.equal([[0, 1, 2], [1], [1], [1]]);
    expect(summary.failures[0]).to.include({ key: 'key-1', attempts: 4, code: 'STINT_RETRY' });
    expect(summary.failures[0]?.message).to.include('not processed');
  });

  it('tries an item again that failed of something that may pass', async () => {
    const { runBatch } = setup();
    const summary = await runBatch(10, (group) => {
      for (const item of group) if (item.value === 3 && item.attempt === 1) item.fail(passing());
    });
    expect(summary.items).to.include({ succeeded: 10, retried: 1 });
  });

  for (const bad of [[7], [7, 8], [0, 24], [24]]) {
    it(`fails ${bad.join(' and ')} of 25 alone when the handler throws because of them`, async () => {
      const { runBatch } = setup();
      const summary = await runBatch(50, async (group) => {
        if (group.some(({ value }) => bad.includes(value))) throw final();
      });
      expect(summary.items).to.include({ succeeded: 50 - bad.length, failed: bad.length });
      expect(summary.failures.map(({ key }) => key)).to.have.members(bad.map((value) => `key-${value}`));
    });
  }

  it('leaves alone what was said of items before the handler threw', async () => {
    const { runBatch, groups } = setup();
    const summary = await runBatch(4, ([first]) => {
      if (first?.value === 0) {
        first.skip('not now');
        throw final();
      }
    });
    expect(groups).to.deep.equal([[0, 1, 2, 3], [1], [2], [3]]);
    expect(summary.items).to.include({ succeeded: 3, skipped: 1, failed: 0 });
  });

  it('tries all again together when the handler throws what may pass', async () => {
    const { runBatch, groups } = setup();
    const summary = await runBatch(25, async ([first]) => {
      if (first?.attempt === 1) throw passing();
    });
    expect(groups.map(({ length }) => length)).to.deep.equal([25, 25]);
    expect(summary.items).to.include({ succeeded: 25, retried: 25 });
  });

  it('fails an item that is settled twice', async () => {
    const { runBatch } = setup();
    const summary = await runBatch(2, ([first]) => {
      first?.skip('once');
      expect(() => first?.fail(final())).to.throw('settled its item twice');
    });
    expect(summary.failuresByError).to.deep.equal({ 'SettledTwiceError STINT_SETTLED_TWICE': 1 });
  });

  it('skips a group whose write was refused by a dry run, and tries none of it alone', async () => {
    const { runBatch, groups } = setup();
    const summary = await runBatch(
      50,
      () => {
        throw new DryRunWrite('dynamodb BatchWriteItem cities');
      },
      { dryRun: true },
    );
    expect(groups).to.have.length(2);
    expect(summary.skipped).to.deep.equal({ 'would write': 50 });
    expect(summary.wouldWrite).to.deep.equal({ 'dynamodb BatchWriteItem cities': 50 });
  });

  it('tries a group again that took too long, and at last one by one', async () => {
    const { runBatch, groups, clock } = setup();
    const summary = await runBatch(
      3,
      async (group, { signal }) => {
        if (group.some(({ value }) => value === 1)) await clock.sleep(1_000, signal);
      },
      { limits: { itemTimeoutMs: 100, retry: { attempts: 2 } } },
    );
    expect(groups).to.deep.equal([[0, 1, 2], [0, 1, 2], [0], [1], [2]]);
    expect(summary.items).to.include({ succeeded: 2, failed: 1 });
    expect(summary.failures[0]).to.include({ key: 'key-1', code: 'STINT_ITEM_TIMEOUT' });
  });

  it('fails a group that ignores its signal as a whole, and refuses what it does from then on', async () => {
    const { run, source, clock } = setup();
    const late = Promise.withResolvers<unknown>();
    const summary = await run(
      (ctx) =>
        ctx.eachBatch(
          source(5),
          async () => {
            await clock.sleep(5_000);
            ctx.clock.sleep(1).catch(late.resolve);
          },
          { size: 5 },
        ),
      { limits: { itemTimeoutMs: 100, abortGraceMs: 50, tolerate: { failures: 5 } } },
    );
    expect(summary.failuresByError).to.deep.equal({ 'ItemAbandonedError STINT_ITEM_ABANDONED': 5 });
    expect(await clock.run(late.promise)).to.be.instanceOf(ItemClosedError);
  });

  it('refuses what a group did not await, once its call has ended', async () => {
    const { run, source, clock } = setup();
    const late = Promise.withResolvers<unknown>();
    await run((ctx) =>
      ctx.eachBatch(
        source(1),
        () => {
          const work = async () => {
            await clock.sleep(1);
            await ctx.clock.sleep(1);
          };
          work().then(late.resolve, late.resolve);
        },
        { size: 5 },
      ),
    );
    expect(await clock.run(late.promise)).to.be.instanceOf(ItemClosedError);
  });

  it('leaves a group over that a stop broke off, and settles what was said before', async () => {
    const { start, finish, source, clock } = setup();
    const controller = new AbortController();
    const running = start(
      (ctx) =>
        ctx.eachBatch(
          source(11, { maxPageSize: 20 }),
          ([first, second]) => {
            if (first?.value === 0) first.skip('not now');
            if (first?.value === 5) second?.fail(final());
            return never();
          },
          { size: 5 },
        ),
      { limits: { concurrency: 3, drainMs: 100 }, signal: controller.signal },
    );
    await clock.advance(10);
    controller.abort(sigterm());
    const summary = await finish(running);
    expect(summary).to.include({ status: 'interrupted', exitCode: 143 });
    expect(summary.items).to.include({ read: 11, skipped: 1, remaining: 10, failed: 0 });
  });

  it('leaves those over that wait for another try when the run is stopped', async () => {
    const { start, finish, source, clock } = setup();
    const controller = new AbortController();
    const running = start(
      (ctx) =>
        ctx.eachBatch(source(10), async ([first]) => Promise.reject(first?.value === 0 ? passing() : final()), {
          size: 5,
        }),
      {
        limits: { concurrency: 2, retry: { baseMs: 60_000, maxMs: 60_000 }, tolerate: { failures: 10 } },
        random: { next: () => 0.9 },
        signal: controller.signal,
      },
    );
    await clock.advance(10);
    controller.abort(sigterm());
    const summary = await finish(running, 1_000);
    expect(summary.items).to.include({ read: 10, remaining: 5, failed: 5 });
  });

  it('counts a group as one start of the rate limit and one place in the pool', async () => {
    const { runBatch, clock } = setup();
    const summary = await runBatch(200, () => clock.sleep(5), { limits: { concurrency: 3, perSecond: 2, burst: 1 } });
    expect(summary.durationMs).to.be.within(3_500, 3_510);
    expect(summary.limits.perSecond.peak).to.equal(2);
  });

  it('has everybody wait for the Retry-After of one item, though another waits longer by itself, or none tries again', async () => {
    for (const attempts of [1, 4]) {
      const { runBatch, clock } = setup();
      const startsMs: number[] = [];
      let drawn = 0;
      await runBatch(
        8,
        async (group) => {
          startsMs.push(clock.monotonicMs());
          await clock.sleep(group[0]?.value === 0 ? 10 : 20);
          if (group[0]?.value !== 0 || group[0].attempt > 1) return;
          group[0].fail(throttled(2_000));
          group[1]?.fail(passing());
        },
        {
          size: 2,
          limits: { concurrency: 2, retry: { attempts, baseMs: 10_000 } },
          random: { next: () => drawn++ % 2 },
        },
      );
      expect(startsMs.slice(0, 3)).to.deep.equal([0, 0, 2_010]);
    }
  });

  it('leaves items out of their group that are gone, and reads stale ones again', async () => {
    const { runBatch, source, groups, clock } = setup();
    const stale = source(6, { pageMs: 10_000, refresh: async (item) => (item === 2 ? undefined : item) });
    const summary = await runBatch(6, () => clock.sleep(1), { size: 3, source: stale });
    expect(groups.flat()).to.have.members([0, 1, 3, 4, 5]);
    expect(summary.skipped).to.deep.equal({ 'gone when read again': 1 });
    expect(summary.freshness.refreshed).to.equal(6);
  });

  it('waits for all reads of a group before it is tried again because one of them failed', async () => {
    const { runBatch, source, groups, clock } = setup();
    let reads = 0;
    const stale = source(2, {
      pageMs: 10_000,
      async refresh(item) {
        reads += 1;
        if (reads === 1) throw passing();
        if (reads > 2) return item;
        await clock.sleep(60_000);
        return undefined;
      },
    });
    const summary = await runBatch(2, () => clock.sleep(120_000), {
      size: 2,
      source: stale,
      limits: { itemTimeoutMs: 200_000 },
    });
    expect(summary.items).to.include({ succeeded: 1, skipped: 1, failed: 0 });
    expect(groups).to.deep.equal([[0]]);
  });

  it('refuses a size that is no whole number of 1 or more', async () => {
    const { run } = setup();
    for (const size of [0, -1, 2.5, Number.NaN, '5' as unknown as number]) {
      const summary = await run((ctx) => ctx.eachBatch([1], () => {}, { size }));
      expect(summary.error?.message).to.equal(
        `expected the size of eachBatch to be a whole number of 1 or more, got ${size}`,
      );
    }
  });

  it('ends the run when a retry cannot even wait, and hangs on nothing', async () => {
    const { runBatch } = setup();
    const summary = await runBatch(50, () => Promise.reject(passing()), {
      middleware: [(effect, next) => (effect.kind === 'sleep' ? Promise.reject(new Error('no sleep')) : next())],
    });
    expect(summary.error?.message).to.equal('no sleep');
  });
});
