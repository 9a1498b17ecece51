import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { HttpError } from '../errors.ts';
import { never, openRunWorld } from '../testing/run-world.ts';

function setup() {
  const world = openRunWorld();
  let inside = 0;
  const seen = { values: [] as number[], startsMs: [] as number[], most: 0 };
  /** A handler that takes `ms` and notes what it sees. */
  const working = (ms: number) => async (value: number) => {
    seen.values.push(value);
    seen.startsMs.push(world.clock.monotonicMs());
    inside += 1;
    seen.most = Math.max(seen.most, inside);
    await world.clock.sleep(ms);
    inside -= 1;
  };
  return { ...world, seen, working };
}

const range = (end: number) => Array.from({ length: end }, (_, value) => value);

describe('loop', () => {
  it('does nothing with an empty source or list, and succeeds', async () => {
    const { run, source } = setup();
    for (const empty of [source(0), source(0, { segments: 4 }), []]) {
      const summary = await run((ctx) => ctx.each<number>(empty, () => expect.fail('no item')));
      expect(summary.status).to.equal('succeeded');
      expect(summary.items.read).to.equal(0);
    }
  });

  it('starts each item once, in order, through pages of any size', async () => {
    const { run, source, seen, working } = setup();
    const pages = source(137, { maxPageSize: 7 });
    const summary = await run((ctx) => ctx.each(pages, working(3)));
    expect(seen.values).to.deep.equal(range(137));
    expect(summary.items).to.include({ read: 137, succeeded: 137 });
    expect(pages.open).to.equal(0);
  });

  it('keeps to its concurrency and to two pages a segment, and uses both', async () => {
    const { run, source, seen, working } = setup();
    const summary = await run((ctx) => ctx.each(source(300, { segments: 3, pageMs: 5 }), working(7)), {
      limits: { concurrency: 6 },
    });
    expect(seen.most).to.equal(6);
    expect(summary.limits.concurrency).to.deep.equal({ limit: 6, peak: 6 });
    expect(summary.memory.peakPages).to.equal(2);
    expect(summary.memory.peakBuffered).to.be.at.most(3 * 2 * 10 + 6);
    expect(seen.values.sort((a, b) => a - b)).to.deep.equal(range(300));
  });

  it('shares pool and rate limit among loops that run at once', async () => {
    const { run, source, seen, working, clock } = setup();
    const summary = await run(
      async (ctx) => {
        await Promise.all([
          ctx.each(source(40), working(100)),
          ctx.each(source(40), working(100)),
          ctx.eachBatch(source(40), async (group) => working(100)(group[0]?.value ?? 0), { size: 5 }),
        ]);
      },
      { limits: { concurrency: 4, perSecond: 20, burst: 2 } },
    );
    expect(seen.most).to.be.at.most(4);
    expect(summary.items.succeeded).to.equal(120);
    expect(summary.limits.perSecond).to.deep.equal({ limit: 20, peak: 20 });
    expect(clock.monotonicMs()).to.be.above(3_900);
  });

  it('never exceeds the rate limit, retries included', async () => {
    const { run, source, seen, working } = setup();
    const passing = Object.assign(new Error('boom'), { code: 'ECONNRESET' });
    const summary = await run(
      (ctx) =>
        ctx.each(source(100), async (value, item) => {
          await working(5)(value);
          if (item.attempt <= value % 3) throw passing;
        }),
      { limits: { concurrency: 16, perSecond: 50, burst: 5, retry: { baseMs: 10 } } },
    );
    expect(summary.items.retried).to.equal(99);
    expect(seen.startsMs).to.have.length(199);
    seen.startsMs.forEach((atMs, index) => {
      const inSecond = seen.startsMs.slice(index).filter((other) => other < atMs + 1_000 - 1e-6);
      expect(inSecond.length).to.be.at.most(50);
    });
    expect(summary.limits.perSecond.peak).to.be.within(45, 50);
    expect(summary.limits.waitedMs).to.be.above(1_000);
  });

  for (const [limit, started] of [
    [0, 0],
    [1, 1],
    [12, 12],
    [40, 40],
    [1_000, 40],
  ] as const) {
    it(`starts ${started} of 40 items when limited to ${limit}, in one segment and in several`, async () => {
      for (const { segments, pageMs } of [
        { segments: 1, pageMs: 0 },
        { segments: 3, pageMs: 0 },
        { segments: 3, pageMs: 5 },
      ]) {
        const { run, source, seen, working } = setup();
        const summary = await run((ctx) => ctx.each(source(40, { segments, pageMs }), working(3)), { limit });
        expect(summary.status).to.equal('succeeded');
        expect(seen.values).to.have.length(started);
        expect(summary.items.succeeded).to.equal(started);
        if (segments === 1) expect(summary.items.read).to.equal(started);
      }
    });
  }

  it('spreads a limit over groups and loops', async () => {
    const { run, source, seen, working } = setup();
    const summary = await run(
      async (ctx) => {
        await ctx.eachBatch(source(40), async (group) => Promise.all(group.map(({ value }) => working(3)(value))), {
          size: 5,
        });
        await ctx.each(source(40), working(3));
      },
      { limit: 43 },
    );
    expect(seen.values).to.have.length(43);
    expect(summary.items).to.include({ read: 43, succeeded: 43, remaining: 0 });
  });

  it('fails the run with the error of a source in mid-read, when what was started has ended', async () => {
    for (const segments of [1, 3]) {
      const { run, source, seen, working } = setup();
      const error = Object.assign(new Error('no such column'), { code: '42703' });
      const broken = source(90, { segments, failAt: { item: 25, error }, pageMs: 1 });
      const summary = await run((ctx) => ctx.each(broken, working(20)));
      expect(summary).to.include({ status: 'failed', exitCode: 1 });
      expect(summary.error).to.deep.include({ message: 'no such column', code: '42703' });
      expect(summary.items.succeeded).to.equal(seen.values.length);
      expect(broken.open).to.equal(0);
    }
  });

  it('ends a loop and frees its source when the run stops while a page is read', async () => {
    const { start, finish, source, clock } = setup();
    const controller = new AbortController();
    const slow = source(40, { pageMs: 60_000 });
    const running = start((ctx) => ctx.each(slow, never), { signal: controller.signal });
    await clock.advance(100);
    controller.abort();
    const summary = await finish(running, 1_000);
    expect(summary.status).to.equal('interrupted');
    expect(slow.open).to.equal(0);
  });

  it('runs one loop after the other, and at once, with names of their own', async () => {
    const { run, source, working } = setup();
    const summary = await run(async (ctx) => {
      await ctx.each(source(5), working(1));
      await ctx.each(source(5), working(1));
      await Promise.all([
        ctx.each(source(5), working(1), { name: 'a' }),
        ctx.each(source(5), working(1), { name: 'b' }),
      ]);
    });
    expect(summary.items).to.include({ read: 20, succeeded: 20 });
  });

  it('refuses a second loop of the same name', async () => {
    const { run, source, working } = setup();
    const summary = await run(async (ctx) => {
      await ctx.each(source(5), working(1), { name: 'a' });
      await ctx.each(source(5), working(1), { name: 'a' });
    });
    expect(summary.status).to.equal('failed');
    expect(summary.error?.message).to.equal('expected each loop to have a name of its own, got "a" twice');
    expect(summary.items.succeeded).to.equal(5);
  });

  it('ends only when a loop has ended that the job did not await', async () => {
    const { run, source, working } = setup();
    const summary = await run(async (ctx) => void ctx.each(source(30), working(50)));
    expect(summary.items).to.include({ read: 30, succeeded: 30 });
  });

  it('fails the run when a loop fails whose error the job swallows', async () => {
    const { run, source, working } = setup();
    const broken = () => source(30, { failAt: { item: 5, error: new Error('broken') } });
    for (const isAwaited of [true, false]) {
      const summary = await run(async (ctx) => {
        const loop = ctx.each(broken(), working(5)).catch(() => {});
        if (isAwaited) await loop;
      });
      expect(summary.status).to.equal('failed');
      expect(summary.error?.message).to.equal('broken');
    }
  });

  it('stops a loop when the job throws beside it, and tells what the job threw', async () => {
    for (const thrown of [new Error('beside'), 'a string', undefined]) {
      const { run, source, seen, working, clock } = setup();
      const summary = await run(async (ctx) => {
        ctx.each(source(10_000), working(50)).catch(() => {});
        await clock.sleep(200);
        throw thrown;
      });
      expect(summary).to.include({ status: 'failed', exitCode: 1 });
      if (thrown instanceof Error) expect(summary.error?.message).to.equal('beside');
      if (thrown === 'a string') expect(summary.error?.code).to.equal('STINT_NOT_AN_ERROR');
      expect(seen.values.length).to.be.below(60);
      expect(summary.items.succeeded).to.equal(seen.values.length);
    }
  });

  it('always balances and ends, whatever its source, handlers and limits are like', async function () {
    this.timeout(60_000);
    const plans = fc.record({
      items: fc.nat(120),
      segments: fc.integer({ min: 1, max: 4 }),
      maxPageSize: fc.integer({ min: 1, max: 30 }),
      pageMs: fc.nat(30),
      size: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
      concurrency: fc.integer({ min: 1, max: 9 }),
      perSecond: fc.option(fc.integer({ min: 20, max: 500 }), { nil: undefined }),
      failAt: fc.option(fc.nat(200), { nil: undefined }),
      limit: fc.option(fc.nat(150), { nil: undefined }),
      fates: fc.array(
        fc.constantFrom('return', 'wait', 'skip', 'final', 'passing', 'slow', 'never', 'throttled', 'twice'),
        { minLength: 1, maxLength: 12 },
      ),
      stopAtMs: fc.option(fc.nat(1_500), { nil: undefined }),
      failures: fc.nat(60),
      staleAfterMs: fc.constantFrom(15, 5_000),
    });
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const { start, finish, source, clock } = setup();
        const controller = new AbortController();
        const failAt = plan.failAt === undefined ? {} : { failAt: { item: plan.failAt, error: new Error('broken') } };
        const from = source(plan.items, {
          segments: plan.segments,
          maxPageSize: plan.maxPageSize,
          pageMs: plan.pageMs,
          ...failAt,
          refresh: async (item) => {
            if (item % 11 === 0) throw Object.assign(new Error('lost'), { code: 'ECONNRESET' });
            return item % 7 === 0 ? undefined : item;
          },
        });
        const { act, started } = actor(clock, plan.fates);
        const running = start(
          (ctx) =>
            plan.size === undefined
              ? ctx.each(from, act)
              : ctx.eachBatch(from, (group) => act(group[0]!.value, group[0]!), { size: plan.size }),
          {
            signal: controller.signal,
            ...(plan.limit === undefined ? {} : { limit: plan.limit }),
            limits: {
              concurrency: plan.concurrency,
              ...(plan.perSecond === undefined ? {} : { perSecond: plan.perSecond }),
              itemTimeoutMs: 400,
              abortGraceMs: 50,
              drainMs: 300,
              maxStalenessMs: plan.staleAfterMs,
              retry: { baseMs: 20, maxRetryAfterMs: 2_000 },
              tolerate: { failures: plan.failures },
            },
          },
        );
        if (plan.stopAtMs !== undefined) clock.setTimer(plan.stopAtMs, () => controller.abort());
        const summary = await finish(running, 600_000);
        expect(from.open, 'open reads').to.equal(0);
        expect(started.most, 'at once').to.be.at.most(plan.concurrency);
        expect(summary.memory.peakPages).to.be.at.most(2);
        if (plan.limit !== undefined) expect(summary.items.read - summary.items.remaining).to.be.at.most(plan.limit);
        if (summary.status === 'succeeded' && plan.limit === undefined) {
          expect(summary.items).to.include({ read: plan.items, remaining: 0 });
        }
      }),
      { numRuns: 200 },
    );
  });
});

/** A handler whose fate for an item is told by its number; counts how many calls that still listen are inside. */
function actor(clock: ReturnType<typeof openRunWorld>['clock'], fates: readonly string[]) {
  const started = { inside: 0, most: 0 };
  const act = async (value: number, item: { skip(reason: string): void; attempt: number }) => {
    const fate = fates[value % fates.length];
    if (fate === 'never') return never();
    started.inside += 1;
    started.most = Math.max(started.most, started.inside);
    try {
      if (fate === 'wait') await clock.sleep(value);
      if (fate === 'slow') await clock.sleep(390);
      if (fate === 'skip') item.skip('not now');
      if (fate === 'final') throw new Error('final');
      if (fate === 'passing' && item.attempt < 3) throw Object.assign(new Error('again'), { code: 'ECONNRESET' });
      if (fate === 'throttled' && item.attempt === 1) {
        throw new HttpError({ method: 'GET', host: 'api.test' }, 429, 1_000);
      }
      if (fate === 'twice') {
        item.skip('once');
        item.skip('twice');
      }
    } finally {
      started.inside -= 1;
    }
  };
  return { act, started };
}
