import { expect } from 'chai';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { CancelledError, InterruptedError } from '../errors.ts';
import { defineJob, type Job } from '../job.ts';
import { MemoryLedger } from '../ledger/memory.ts';
import { runJob } from '../run.ts';
import type { RunOptions } from '../run-options.ts';
import { memorySource } from '../sources/memory.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { durationsOfRunsLike, medianOf } from './runs-like.ts';

/** A job whose runs take as many seconds as they are told. */
function setup() {
  const clock = new VirtualClock();
  const ledger = new MemoryLedger({ clock });
  let itemMs = 1_000;
  let isBroken = false;
  const job = defineJob({
    name: 'bake',
    summary: 'Bakes.',
    scope: z.object({ oven: z.string().optional() }),
    shards: true,
    exclusive: 'scope',
    limits: { concurrency: 1, drainMs: 0, tolerate: { failures: 10, percent: 100 } },
    async run(ctx) {
      if (isBroken) throw new Error('no flour');
      // A job with shards says which one it reads.
      void ctx.shard;
      await ctx.each(memorySource(['bread', 'cake', 'burnt']), async (loaf, item) => {
        await clock.sleep(itemMs, item.signal);
        if (loaf === 'burnt') throw new RangeError('burnt');
      });
    },
  }) as unknown as Job;
  const run = (seconds: number, options: RunOptions = {}) => {
    itemMs = Math.round((seconds * 1_000) / 3);
    return clock.run(runJob(job, { ledger, clock, ...options }));
  };
  return {
    run,
    /** Ends it after an item. */
    async stopped(reason: Error) {
      const stop = new AbortController();
      const observer = { onSettled: () => stop.abort(reason) };
      return run(3, { signal: stop.signal, observer });
    },
    async broken() {
      isBroken = true;
      return run(1).finally(() => {
        isBroken = false;
      });
    },
    /** In seconds. */
    async compared(running: Promise<Awaited<ReturnType<typeof run>>>) {
      const durations = await durationsOfRunsLike(ledger, await running);
      return durations.map((ms) => Math.round(ms / 1_000));
    },
  };
}

describe('runs like it', () => {
  it('are the last ten that succeeded before it, the newest first', async () => {
    const { run, compared } = setup();
    for (let seconds = 3; seconds <= 15; seconds++) await run(seconds);
    const middle = await run(50);
    await run(60);
    expect(await compared(Promise.resolve(middle))).to.deep.equal([15, 14, 13, 12, 11, 10, 9, 8, 7, 6]);
  });

  it('are none that failed, were cancelled, or had a limit, nor is one of these compared', async () => {
    const { run, broken, stopped, compared } = setup();
    await run(3);
    for (const other of [broken, () => stopped(new CancelledError('ada')), () => run(1, { limit: 1 })]) {
      expect(await compared(other())).to.deep.equal([]);
    }
    expect(await compared(run(4))).to.deep.equal([3]);
  });

  it('are none that were interrupted, nor is one that went on with it', async () => {
    const { run, stopped, compared } = setup();
    await run(3);
    const interrupted = await stopped(new InterruptedError('SIGTERM'));
    expect(await compared(Promise.resolve(interrupted))).to.deep.equal([]);
    const resumed = await run(3);
    expect(resumed).to.deep.include({ runId: interrupted.runId, attempt: 2, status: 'succeeded' });
    expect(await compared(Promise.resolve(resumed))).to.deep.equal([]);
    expect(await compared(run(4))).to.deep.equal([3]);
  });

  it('were asked for the same: scope, shard, dry run, and failed items of which kind', async () => {
    const { run, compared } = setup();
    const { runId } = await run(3);
    const kinds: readonly RunOptions[] = [
      {},
      { scope: { oven: 'a' } },
      { shard: { index: 0, count: 4 } },
      { shard: { index: 1, count: 4 } },
      { shard: { index: 0, count: 2 } },
      { dryRun: true },
      { redrive: { runId } },
      { redrive: { runId, error: 'RangeError' } },
      { redrive: { runId, keys: ['burnt'] } },
    ];
    for (const kind of kinds) await run(4, kind);
    for (const [index, kind] of kinds.entries()) {
      const durations = await compared(run(5, kind));
      expect(durations.length, JSON.stringify(kind)).to.equal(index === 0 ? 2 : 1);
    }
  });
});

describe('medianOf', () => {
  it('is the middle one, or between the two in the middle', () => {
    expect([[], [5], [3, 1], [9, 1, 2]].map(medianOf)).to.deep.equal([undefined, 5, 2, 2]);
  });
});
