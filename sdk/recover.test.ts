import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Context } from './context.ts';
import type { Limits } from './index.ts';
import { silentLog } from './report/log.ts';
import type { Progress } from './report/progress.ts';
import type { Summary } from './summary.ts';
import { openCrashWorld } from './testing/crash-world.ts';
import { sigterm } from './testing/run-world.ts';

const range = (end: number) => Array.from({ length: end }, (_, value) => value);
const limits: Limits = { concurrency: 8, tolerate: { failures: 100 } };

/** A job that works each number of a source for some ms, as an effect that is noted. */
const working =
  (world: ReturnType<typeof openCrashWorld>, items: number, ms = 100) =>
  (ctx: Context) =>
    ctx.each(world.source(items), async (value) => {
      await ctx.clock.sleep(ms);
      await world.work(ctx, value);
    });

describe('a run whose process dies', () => {
  it('is gone on with by the next start from its last checkpoint, and its summary tells the whole run', async () => {
    const world = openCrashWorld();
    const job = working(world, 400);
    const first = world.start(job, { limits });
    // 80 items a second; checkpoints at 1,100 and 2,200 ms or so.
    await world.clock.advance(2_560);
    first.process.kill();
    const inFlight = 8;
    const worked = world.worked.length;
    const { checkpoint } = (await world.ledger.runs())[0]!;
    await world.clock.advance(60_000);
    const summary = await world.finish(world.start(job, { limits }));
    expect(summary).to.include({ status: 'succeeded', attempt: 2 });
    expect(summary.resume).to.include({ fromCheckpoint: true, recovered: true });
    expect(summary.items).to.include({ read: 400, succeeded: 400, quarantined: 0 });
    expect(new Set(world.worked)).to.deep.equal(new Set(range(400)));
    // The loss bound: worked twice are at most the items in flight and those settled since the last checkpoint.
    const twice = world.worked.length - 400;
    const since = worked - checkpoint!.tally.succeeded;
    expect(twice).to.be.at.most(inFlight + since);
    expect(twice).to.be.above(0);
    expect(twice).to.be.within(summary.resume.replayed, summary.resume.replayedAtMost);
  });

  it('begins anew from nothing when it died before its first checkpoint', async () => {
    const world = openCrashWorld();
    const job = working(world, 100);
    const first = world.start(job, { limits });
    await world.clock.advance(550);
    first.process.kill();
    await world.clock.advance(60_000);
    const summary = await world.finish(world.start(job, { limits }));
    expect(summary).to.include({ status: 'succeeded', attempt: 2 });
    expect(summary.resume).to.include({ fromCheckpoint: false, recovered: true });
    expect(summary.items.succeeded).to.equal(100);
  });

  it('works the suspects one by one, then all at once again', async () => {
    const world = openCrashWorld();
    const job = working(world, 1_000);
    const first = world.start(job, { limits });
    await world.clock.advance(1_950);
    first.process.kill();
    await world.clock.advance(60_000);
    const seen = world.worked.length;
    const said: string[] = [];
    const log = () => ({ ...silentLog, info: (line: string) => void said.push(line) });
    const left: (number | undefined)[] = [];
    const observer = { onProgress: ({ oneByOne }: Progress) => void left.push(oneByOne) };
    const summary = await world.finish(world.start(job, { limits, log, observer }));
    const startsMs = world.workedMs.slice(seen);
    const gaps = startsMs.slice(1).map((atMs, index) => atMs - startsMs[index]!);
    const alone = gaps.indexOf(0);
    expect(alone, 'worked alone').to.be.within(64, 500);
    expect(gaps.slice(0, alone).every((gap) => gap >= 100)).to.equal(true);
    expect(gaps.slice(alone + 8).filter((gap) => gap === 0).length).to.be.above(100);
    expect(summary.limits.concurrency.peak).to.equal(8);
    const most = Number(/^working at most (\d+) items one by one: /.exec(said[1] ?? '')?.[1]);
    expect(most).to.equal(alone);
    expect(said.map((line) => line.replace(/:.*/, ''))).to.deep.equal([
      'started',
      `working at most ${most} items one by one`,
      'no item is worked one by one any more',
      'succeeded',
    ]);
    const [mostSeen = 0, ...others] = left.filter((items) => items !== undefined);
    expect(mostSeen).to.be.within(1, most);
    expect(others.every((items) => items > 0 && items <= mostSeen)).to.equal(true);
    expect(left.at(-1)).to.equal(undefined);
  });

  it('quarantines an item that ended the process twice, at the third start, and works all others', async () => {
    const world = openCrashWorld();
    const poison = 123;
    const job = (ctx: Context) =>
      ctx.each(world.source(300), async (value) => {
        await ctx.clock.sleep(20);
        if (value === poison) world.current?.process.kill();
        await world.work(ctx, value);
      });
    const summaries: (Summary | 'died')[] = [];
    for (let attempt = 1; attempt <= 3; attempt++) {
      const run = world.start(job, { limits });
      summaries.push(await world.endOf(run));
      await world.clock.advance(60_000);
    }
    expect(summaries.slice(0, 2)).to.deep.equal(['died', 'died']);
    const [, , last] = summaries;
    if (last === 'died' || last === undefined) throw new Error('died a third time');
    expect(last).to.include({ attempt: 3, status: 'succeeded' });
    expect(last.items).to.include({ read: 300, succeeded: 299, quarantined: 1, failed: 0 });
    expect(last.failures).to.deep.include({
      key: `key-${poison}`,
      attempts: 1,
      name: 'QuarantinedError',
      code: 'STINT_QUARANTINED',
      message: 'the process died twice while this item was in flight; find out why, then redrive it',
    });
    expect(new Set(world.worked)).to.deep.equal(new Set(range(300).filter((value) => value !== poison)));
    const { items } = await world.ledger.failures(last.runId);
    expect(items.map(({ key, outcome }) => [key, outcome])).to.deep.equal([[`key-${poison}`, 'quarantined']]);
  });

  it('starts no suspect when the mark before it took longer than the lease is good for', async () => {
    const world = openCrashWorld();
    const started: number[] = [];
    const job = (ctx: Context) =>
      ctx.each(world.source(50), async (value) => {
        started.push(value);
        await ctx.clock.sleep(100);
      });
    const first = world.start(job, { limits });
    await world.clock.advance(150);
    first.process.kill();
    await world.clock.advance(60_000);
    const before = started.length;
    const second = world.start(job, {
      limits,
      middleware: [
        async ({ operation }, next) => {
          if (operation === 'heartbeat') throw Object.assign(new Error('no ledger'), { code: 'ECONNREFUSED' });
          const answer = await next();
          if (operation === 'checkpoint') await world.clock.sleep(55_000);
          return answer;
        },
      ],
    });
    expect(await world.finish(second)).to.include({ status: 'interrupted', attempt: 2 });
    expect(started.slice(before)).to.deep.equal([]);
  });

  it('counts a quarantined item as a failure that has to be tolerated, without ending the run where it stands', async () => {
    const world = openCrashWorld();
    const job = (ctx: Context) =>
      ctx.each(world.source(50), async (value) => {
        if (value === 7) world.current?.process.kill();
        await world.work(ctx, value);
      });
    let summary: Awaited<ReturnType<typeof world.endOf>> = 'died';
    for (let attempt = 1; attempt <= 3; attempt++) {
      summary = await world.endOf(world.start(job, { limits: { concurrency: 4 } }));
      await world.clock.advance(60_000);
    }
    if (summary === 'died') throw new Error('died a third time');
    expect(summary).to.include({ status: 'failed', exitCode: 1 });
    expect(summary.error?.code).to.equal('STINT_TOLERANCE_EXCEEDED');
    expect(summary.items).to.include({ succeeded: 49, quarantined: 1, remaining: 0 });
  });

  it('quarantines two adjacent items that each end the process, one after the other', async () => {
    const world = openCrashWorld();
    const job = (ctx: Context) =>
      ctx.each(world.source(60), async (value) => {
        await ctx.clock.sleep(10);
        if (value === 20 || value === 21) world.current?.process.kill();
        await world.work(ctx, value);
      });
    let ended: Awaited<ReturnType<typeof world.endOf>> = 'died';
    let starts = 0;
    while (ended === 'died') {
      starts += 1;
      ended = await world.endOf(world.start(job, { limits }));
      await world.clock.advance(60_000);
    }
    expect(starts).to.be.at.most(4);
    expect(ended.items).to.include({ succeeded: 58, quarantined: 2 });
  });

  it('stays suspicious of what may have been in flight when the next attempt is told to end before it has worked that', async () => {
    const world = openCrashWorld();
    const poison = 30;
    const job = (ctx: Context) =>
      ctx.each(world.source(300), async (value) => {
        await ctx.clock.sleep(20);
        if (value === poison) world.current?.process.kill();
        await world.work(ctx, value);
      });
    const interrupted = async () => {
      const controller = new AbortController();
      const started = world.start(job, { limits, signal: controller.signal });
      await world.clock.advance(10);
      controller.abort(sigterm());
      expect(await world.finish(started)).to.include({ status: 'interrupted' });
    };
    expect(await world.endOf(world.start(job, { limits }))).to.equal('died');
    await world.clock.advance(60_000);
    await interrupted();
    expect(await world.endOf(world.start(job, { limits })), 'the second time').to.equal('died');
    await world.clock.advance(60_000);
    await interrupted();
    const last = await world.endOf(world.start(job, { limits }));
    expect(last).to.have.deep.nested.property('items.quarantined', 1);
    expect(last).to.have.property('status', 'succeeded');
  });

  it('is no reason for suspicion when it was told to end', async () => {
    const world = openCrashWorld();
    const job = working(world, 200);
    const controller = new AbortController();
    const first = world.start(job, { limits, signal: controller.signal });
    await world.clock.advance(1_250);
    controller.abort(sigterm());
    expect(await world.finish(first)).to.include({ status: 'interrupted', exitCode: 143 });
    const summary = await world.finish(world.start(job, { limits }));
    expect(summary).to.include({ status: 'succeeded', attempt: 2 });
    expect(summary.resume).to.include({ recovered: false, replayed: 0, replayedAtMost: 0 });
    expect(summary.limits.concurrency.peak).to.equal(8);
    expect(world.worked).to.have.length(200);
  });

  it('tells how much was worked twice after it was told to end amid items out of order', async () => {
    const world = openCrashWorld();
    const controller = new AbortController();
    const slowFirst = (ctx: Context) =>
      ctx.each(world.source(100), async (value, item) => {
        await ctx.clock.sleep(value === 0 && ctx.attempt === 1 ? 50_000 : 10, item.signal);
        await world.work(ctx, value);
      });
    const first = world.start(slowFirst, {
      limits: { ...limits, itemTimeoutMs: 60_000, drainMs: 100 },
      signal: controller.signal,
    });
    await world.clock.advance(45);
    controller.abort(sigterm());
    await world.finish(first);
    const settledBeyond = world.worked.length;
    const summary = await world.finish(world.start(slowFirst, { limits }));
    expect(settledBeyond).to.be.above(20);
    expect(summary.resume).to.include({ replayed: settledBeyond, replayedAtMost: settledBeyond });
    expect(world.worked.length - 100).to.equal(settledBeyond);
    expect(summary.items).to.include({ read: 100, succeeded: 100 });
  });

  it('leaves nothing to do when it died after its last item, before its end was recorded', async () => {
    const world = openCrashWorld();
    const job = working(world, 20, 10);
    const first = world.start(job, {
      limits,
      middleware: [
        async (effect, next) => {
          if (effect.operation === 'finish') first.process.kill();
          return next();
        },
      ],
    });
    expect(await world.endOf(first)).to.equal('died');
    await world.clock.advance(60_000);
    const summary = await world.finish(world.start(job, { limits }));
    expect(summary).to.include({ status: 'succeeded' });
    expect(summary.items).to.include({ read: 20, succeeded: 20 });
  });
});
