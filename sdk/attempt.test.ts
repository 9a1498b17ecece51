import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Context } from './context.ts';
import { CancelledError, HttpError, InterruptedError, StintError } from './errors.ts';
import { never, openRunWorld, type RunPlan, sigterm } from './testing/run-world.ts';

const passing = () => Object.assign(new Error('boom'), { code: 'ECONNRESET' });
const throttled = () => new HttpError({ method: 'GET', host: 'api.test' }, 429, 60_000);

function setup() {
  const world = openRunWorld();
  /** Runs a job and stops it after a while; the run must end within `withinMs` of that. */
  const stopAfter = async (ms: number, job: (ctx: Context) => Promise<void>, plan: RunPlan, withinMs: number) => {
    const controller = new AbortController();
    const running = world.start(job, { ...plan, signal: controller.signal });
    await world.clock.advance(ms);
    controller.abort(sigterm());
    return world.finish(running, withinMs);
  };
  return { ...world, stopAfter };
}

describe('attempt, when it is stopped', () => {
  it('starts nothing when it was stopped before its start', async () => {
    const { run, source } = setup();
    const summary = await run((ctx) => ctx.each(source(10), () => expect.fail('started')), {
      signal: AbortSignal.abort(sigterm()),
    });
    expect(summary).to.include({ status: 'interrupted', exitCode: 143 });
    expect(summary.items.read).to.equal(0);
  });

  it('lets what is in flight end, and starts nothing more', async () => {
    const { stopAfter, source, clock } = setup();
    const startsMs: number[] = [];
    const handler = () => {
      startsMs.push(clock.monotonicMs());
      return clock.sleep(100);
    };
    const job = (ctx: Context) => ctx.each(source(1_000), handler);
    const summary = await stopAfter(250, job, { limits: { concurrency: 4 } }, 50);
    expect(summary).to.include({ status: 'interrupted', exitCode: 143 });
    expect(Math.max(...startsMs)).to.equal(200);
    expect(summary.items.succeeded).to.equal(12);
    expect(summary.error?.code).to.equal('STINT_INTERRUPTED');
  });

  it('does not wait for a backoff, a pause, a start of the rate limit, a place in the pool or a page', async () => {
    const phases: Record<string, (world: ReturnType<typeof setup>) => [(ctx: Context) => Promise<void>, RunPlan]> = {
      backoff: ({ source }) => [
        (ctx) => ctx.each(source(5), () => Promise.reject(passing())),
        { limits: { retry: { baseMs: 60_000, maxMs: 60_000 } } },
      ],
      pause: ({ source }) => [
        (ctx) => ctx.each(source(5), () => Promise.reject(throttled())),
        { limits: { concurrency: 1 } },
      ],
      'rate limit': ({ source }) => [(ctx) => ctx.each(source(5), () => {}), { limits: { perSecond: 0.01 } }],
      pool: ({ source, clock }) => [
        (ctx) => ctx.each(source(5), () => clock.sleep(1_500)),
        { limits: { concurrency: 1 } },
      ],
      page: ({ source }) => [(ctx) => ctx.each(source(5, { pageMs: 60_000 }), () => {}), {}],
      refresh: ({ source, clock }) => [
        (ctx) =>
          ctx.each(
            source(5, { pageMs: 10, refresh: (item, signal) => clock.sleep(60_000, signal).then(() => item) }),
            () => {},
          ),
        { limits: { maxStalenessMs: 1, drainMs: 100 } },
      ],
      sleep: () => [(ctx) => ctx.clock.sleep(60_000), { limits: { drainMs: 100 } }],
    };
    for (const [phase, make] of Object.entries(phases)) {
      const world = setup();
      const summary = await world.stopAfter(1_000, ...make(world), 600);
      expect(summary.status, phase).to.equal('interrupted');
      const settled = { 'rate limit': 1, pool: 1 }[phase] ?? 0;
      expect(summary.items.read - summary.items.remaining, phase).to.equal(settled);
    }
  });

  it('aborts what has not ended after drainMs, and counts it as remaining', async () => {
    const { stopAfter, source, clock } = setup();
    const reasons: unknown[] = [];
    const job = (ctx: Context) =>
      ctx.each(source(20), (_value, item) =>
        clock.sleep(10_000, item.signal).catch((reason) => {
          reasons.push(reason);
          throw reason;
        }),
      );
    const summary = await stopAfter(100, job, { limits: { concurrency: 4, drainMs: 2_000 } }, 2_000);
    expect(summary.items).to.include({ succeeded: 0, failed: 0, remaining: summary.items.read });
    expect(reasons).to.have.length(4);
    expect(reasons[0]).to.be.instanceOf(InterruptedError);
    expect(summary.durationMs).to.equal(2_100);
  });

  it('ends in time though its handlers ignore everything', async () => {
    const { stopAfter, source } = setup();
    const job = (ctx: Context) => ctx.each(source(20), never);
    const summary = await stopAfter(100, job, { limits: { drainMs: 2_000, abortGraceMs: 500 } }, 2_500);
    expect(summary).to.include({ status: 'interrupted', exitCode: 143 });
    expect(summary.durationMs).to.equal(2_600);
    expect(summary.items.remaining).to.equal(summary.items.read).and.to.be.above(0);
  });

  it('ends in time though the job, its source or a re-read ignores everything', async () => {
    const jobs: Record<string, (world: ReturnType<typeof setup>) => (ctx: Context) => Promise<void>> = {
      job: () => never,
      'job that goes on': (world) => async (ctx) => {
        await ctx.each(world.source(5), never).catch(never);
      },
      source: (world) => (ctx) => ctx.each(world.source(5, { pageMs: 1e7, obeysSignal: false }), never),
      refresh: (world) => (ctx) => ctx.each(world.source(5, { pageMs: 10_000, refresh: never }), never),
      'refresh in groups': (world) => (ctx) =>
        ctx.eachBatch(world.source(5, { pageMs: 10_000, refresh: never }), never, { size: 2 }),
    };
    for (const [name, make] of Object.entries(jobs)) {
      const world = setup();
      const limits = { drainMs: 2_000, abortGraceMs: 500 };
      const summary = await world.stopAfter(12_000, make(world), { limits }, 2_000 + 500 + 1_000);
      expect(summary, name).to.include({ status: 'interrupted', exitCode: 143 });
      expect(world.clock.pending, name).to.be.at.most(1);
    }
  });

  it('calls no handler for an item whose re-read ends after everything was aborted', async () => {
    for (const size of [undefined, 2]) {
      const { stopAfter, source, clock } = setup();
      const stale = () => source(4, { pageMs: 10_000, refresh: (item: number) => clock.sleep(3_000).then(() => item) });
      let called = 0;
      const handler = () => {
        called += 1;
      };
      const job = (ctx: Context) =>
        size === undefined ? ctx.each(stale(), handler) : ctx.eachBatch(stale(), handler, { size });
      const limits = { drainMs: 1_000, abortGraceMs: 5_000 };
      const summary = await stopAfter(11_000, job, { limits }, 5_000);
      expect(summary.items).to.include({ read: 4, remaining: 4 });
      await clock.advance(60_000);
      expect(called).to.equal(0);
    }
  });

  it('does nothing more once it has ended, whatever the job left running', async () => {
    const { start, source, clock, effects } = setup();
    const late = Promise.withResolvers<unknown>();
    let called = 0;
    const running = start(async (ctx) => {
      const work = async () => {
        await clock.sleep(1_000);
        await ctx.each(source(5), () => {
          called += 1;
        });
      };
      work().then(late.resolve, late.resolve);
    });
    const summary = await clock.run(running);
    expect(summary.status).to.equal('succeeded');
    const before = effects.length;
    expect(await clock.run(late.promise)).to.have.property('code', 'STINT_RUN_OVER');
    expect(called).to.equal(0);
    await clock.advance(60_000);
    expect(effects).to.have.length(before);
    expect(clock.pending).to.equal(0);
  });

  it('succeeds when the stop comes as all is done already', async () => {
    const { stopAfter, source, clock } = setup();
    const job = async (ctx: Context) => {
      await ctx.each(source(5), () => {});
      await clock.sleep(500);
    };
    const summary = await stopAfter(100, job, {}, 1_000);
    expect(summary).to.include({ status: 'succeeded', exitCode: 0 });
  });

  it('is interrupted between two loops, and does not begin the second', async () => {
    const { stopAfter, source, clock } = setup();
    const job = async (ctx: Context) => {
      await ctx.each(source(5), () => {});
      await clock.sleep(500);
      await ctx.each(source(5), () => expect.fail('started'));
    };
    const summary = await stopAfter(100, job, {}, 1_000);
    expect(summary.status).to.equal('interrupted');
    expect(summary.items.succeeded).to.equal(5);
  });

  it('ends by its reason: signal, nothing that is known, a person, its time slice', async () => {
    const reasons: [unknown, object][] = [
      [new InterruptedError('', 'SIGTERM'), { status: 'interrupted', exitCode: 143 }],
      [new InterruptedError('', 'SIGINT'), { status: 'interrupted', exitCode: 130 }],
      [undefined, { status: 'interrupted', exitCode: 75 }],
      ['a string', { status: 'interrupted', exitCode: 75 }],
      [new CancelledError('bob'), { status: 'cancelled', exitCode: 1 }],
      [new StintError('STINT_UNHANDLED_REJECTION', ''), { status: 'failed', exitCode: 1 }],
    ];
    for (const [reason, ending] of reasons) {
      const { start, finish, source, clock } = setup();
      const controller = new AbortController();
      const running = start((ctx) => ctx.each(source(100), () => clock.sleep(100)), { signal: controller.signal });
      await clock.advance(250);
      controller.abort(reason);
      expect(await finish(running)).to.include(ending);
    }
    const { run, source, clock } = setup();
    const sliced = await run((ctx) => ctx.each(source(1_000), () => clock.sleep(100)), { limits: { maxRunMs: 1_050 } });
    expect(sliced).to.include({ status: 'interrupted', exitCode: 75, durationMs: 1_100 });
    expect(sliced.error?.message).to.include('limits.maxRunMs (1050 ms)');
  });

  it('keeps its first reason when others follow', async () => {
    for (const [maxRunMs, exitCode] of [
      [100, 75],
      [120, 143],
    ] as const) {
      const { stopAfter, source, clock } = setup();
      const job = (ctx: Context) => ctx.each(source(100), () => clock.sleep(300));
      const summary = await stopAfter(110, job, { limits: { maxRunMs } }, 1_000);
      expect(summary).to.include({ status: 'interrupted', exitCode });
    }
  });
});
