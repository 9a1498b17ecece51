/** Failures that others had in production, kept from happening here. Each names where it was reported. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Context } from './context.ts';
import { HttpError } from './errors.ts';
import type { Limits } from './index.ts';
import type { Ledger, Save } from './ledger/ledger.ts';
import { MemoryLedger } from './ledger/memory.ts';
import { openCrashWorld } from './testing/crash-world.ts';
import { sigterm } from './testing/run-world.ts';

const range = (end: number) => Array.from({ length: end }, (_, value) => value);
const tolerant: Limits = { concurrency: 4, tolerate: { failures: 1_000 }, retry: { attempts: 1 } };
type World = ReturnType<typeof openCrashWorld>;

/** Works each number; notes it as an effect. */
const working =
  (world: World, items: number, ms = 10) =>
  (ctx: Context) =>
    ctx.each(world.source(items), async (value) => {
      await ctx.clock.sleep(ms);
      await world.work(ctx, value);
    });

/** Starts a run, lets it go on for some time, and kills its process; then lets its lease expire. */
async function killAfter(world: World, ms: number, run: (ctx: Context) => Promise<void>, limits = tolerant) {
  const { process } = world.start(run, { limits });
  await world.clock.advance(ms);
  process.kill();
  await world.clock.advance(60_000);
}

/** A ledger whose checkpoints do what `writes` says before they are taken, by number from 1. */
function ledgerWith(world: () => World, writes: (number: number, save: Save) => Promise<void> | void): Ledger {
  const inner = { ledger: undefined as MemoryLedger | undefined };
  let number = 0;
  return new Proxy({} as Ledger, {
    get(_target, name) {
      inner.ledger ??= new MemoryLedger({ clock: world().clock });
      const { ledger } = inner;
      if (name === 'checkpoint') {
        return async (...[lease, save]: Parameters<Ledger['checkpoint']>) => {
          await writes(++number, save);
          await ledger.checkpoint(lease, save);
        };
      }
      const value: unknown = Reflect.get(ledger, name);
      return typeof value === 'function' ? value.bind(ledger) : value;
    },
  });
}

describe('what happened to others', () => {
  // Red when a checkpoint is taken of what was started, and not of what was settled.
  it('does not lose the items of a chunk that failed and was cut off (Spring Batch #5182)', async () => {
    const world = openCrashWorld();
    let broken = true;
    const run = (ctx: Context) =>
      ctx.eachBatch(
        world.source(100),
        async (group) => {
          await ctx.clock.sleep(400);
          if (broken && group.some(({ value }) => value === 57))
            throw Object.assign(new Error('boom'), { code: 'ECONNRESET' });
          for (const { value } of group) await world.work(ctx, value);
        },
        { size: 10 },
      );
    await killAfter(world, 5_000, run, { ...tolerant, retry: { attempts: 100, baseMs: 1_000 } });
    broken = false;
    const summary = await world.finish(world.start(run, { limits: tolerant }));
    expect(summary.items).to.include({ read: 100, succeeded: 100 });
    expect(new Set(world.worked)).to.deep.equal(new Set(range(100)));
  });

  // Red when a page without an item that is worked ends the loop.
  it('does not take skipped items, or a page full of them, for the end of the data (Spring Batch #5083)', async () => {
    const world = openCrashWorld();
    const summary = await world.finish(
      world.start((ctx) =>
        ctx.each(world.source(95), (value, item) => (value < 60 ? item.skip('old') : world.work(ctx, value))),
      ),
    );
    expect(summary.items).to.include({ read: 95, skipped: 60, succeeded: 35 });
  });

  // Red when failures are counted by page, by segment or by call.
  it('counts failures for the whole run, however many are worked at once (Spring Batch #2650)', async () => {
    for (const segments of [1, 4]) {
      const world = openCrashWorld();
      const summary = await world.finish(
        world.start(
          (ctx) =>
            ctx.each(world.source(400, { segments }), async (value) => {
              await ctx.clock.sleep(5);
              if (value % 10 === 3) throw new Error('boom');
            }),
          { limits: { concurrency: 8, tolerate: { failures: 12 }, retry: { attempts: 1 } } },
        ),
      );
      expect(summary.error?.code).to.equal('STINT_TOLERANCE_EXCEEDED');
      expect(summary.items.failed).to.be.within(13, 13 + 8);
    }
  });

  // Red when what follows a bad item is taken for a part of it.
  it('gets past two bad items that stand side by side, alone and in a group (Spring Batch #4370)', async () => {
    const bad = new Set([20, 21]);
    const world = openCrashWorld();
    const alone = await world.finish(
      world.start(
        (ctx) =>
          ctx.each(world.source(50), (value) => {
            if (bad.has(value)) throw new TypeError('boom');
          }),
        { limits: tolerant },
      ),
    );
    expect(alone.items).to.include({ succeeded: 48, failed: 2 });
    const grouped = await world.finish(
      world.start(
        (ctx) =>
          ctx.eachBatch(
            world.source(50),
            (group) => {
              if (group.some(({ value }) => bad.has(value))) throw new TypeError('boom');
            },
            { size: 10 },
          ),
        { limits: tolerant },
      ),
    );
    expect(grouped.items).to.include({ succeeded: 48, failed: 2 });
    expect(grouped.failures.map(({ key }) => key)).to.have.members(['key-20', 'key-21']);
  });

  // Red when the cursor is saved with an item's start.
  it('works again what was in flight, for a cursor comes after its item (Sidekiq PR #6405)', async () => {
    const world = openCrashWorld();
    const run = working(world, 40, 3_000);
    await killAfter(world, 4_500, run);
    expect(world.worked.length).to.be.below(40);
    await world.finish(world.start(run, { limits: tolerant }));
    expect(new Set(world.worked)).to.deep.equal(new Set(range(40)));
  });

  // Red when a resumed attempt that has not settled anything yet saves "nothing settled".
  it('does not save an empty cursor over a good one when it is cut off before its first item (maintenance_tasks #1033)', async () => {
    const world = openCrashWorld();
    const run = working(world, 300, 50);
    await killAfter(world, 2_000, run);
    const [before] = await world.ledger.runs();
    const stopped = world.start(run, { limits: tolerant, signal: AbortSignal.abort(sigterm()) });
    expect(await world.finish(stopped)).to.include({ status: 'interrupted', attempt: 2 });
    const [after] = await world.ledger.runs();
    expect(after?.checkpoint?.loops).to.deep.equal(before?.checkpoint?.loops);
    expect(after?.checkpoint?.tally).to.deep.equal(before?.checkpoint?.tally);
    const summary = await world.finish(world.start(run, { limits: tolerant }));
    expect(summary.items).to.include({ read: 300, succeeded: 300 });
  });

  // Red when the cursor in memory moves on though its write failed, and a later write passes over the failures of that one.
  it('does not move on from a checkpoint that could not be written (pymilvus #3744)', async () => {
    const world: World = openCrashWorld(
      ledgerWith(
        () => world,
        (number) => {
          if (number <= 3) throw Object.assign(new Error('no ledger'), { code: 'ECONNREFUSED' });
        },
      ),
    );
    const run = (ctx: Context) =>
      ctx.each(world.source(300), async (value) => {
        await ctx.clock.sleep(50);
        if (value % 50 === 7) throw new HttpError({ method: 'GET', host: 'api.test' }, 404, undefined);
        await world.work(ctx, value);
      });
    await killAfter(world, 2_500, run);
    const [record] = await world.ledger.runs();
    expect(record?.checkpoint, 'none was taken').to.equal(undefined);
    const summary = await world.finish(world.start(run, { limits: tolerant }));
    expect(summary.items).to.include({ read: 300, succeeded: 294, failed: 6 });
    const { items } = await world.ledger.failures(summary.runId);
    expect(items.map(({ key }) => key)).to.deep.equal([7, 57, 107, 157, 207, 257].map((value) => `key-${value}`));
  });

  // Red when a run is taken for dead by its age, or by the time of its start.
  it('leaves a long run alone that still gives signs of life (hexpm #1825)', async () => {
    const world = openCrashWorld();
    const nightly = world.start(working(world, 40, 3_600_000), { limits: { ...tolerant, itemTimeoutMs: 1e8 } });
    for (let hour = 0; hour < 9; hour++) {
      await world.clock.advance(3_600_000);
      const rescue = await world.finish(world.start(() => expect.fail('started a second time')));
      expect(rescue.status).to.equal('refused');
    }
    const summary = await world.finish(nightly);
    expect(summary).to.include({ status: 'succeeded', attempt: 1 });
    expect(world.worked).to.have.length(40);
  });

  // Red when a crash leaves no trace of which items were in flight.
  it('does not die of the same item for ever (BullMQ #4220)', async () => {
    const world = openCrashWorld();
    const run = (ctx: Context) =>
      ctx.each(world.source(20), async (value) => {
        if (value === 5) world.current?.process.kill();
        await world.work(ctx, value);
      });
    let starts = 0;
    let ended: Awaited<ReturnType<World['endOf']>> = 'died';
    while (ended === 'died' && starts < 10) {
      starts += 1;
      ended = await world.endOf(world.start(run, { limits: tolerant }));
      await world.clock.advance(60_000);
    }
    expect(starts).to.equal(3);
    expect(ended).to.have.deep.nested.property('items.quarantined', 1);
  });

  // Red when a run that was stopped waits for somebody to say "resume".
  it('goes on by itself with the next start, whatever ended the one before, for as many times as it takes (sanbase2 #5264)', async () => {
    const world = openCrashWorld();
    const run = working(world, 200, 50);
    for (let time = 0; time < 4; time++) {
      const controller = new AbortController();
      const started = world.start(run, { limits: tolerant, signal: controller.signal });
      await world.clock.advance(300);
      if (time !== 1) {
        controller.abort(sigterm());
        await world.finish(started);
      } else {
        started.process.kill();
        await world.clock.advance(60_000);
      }
    }
    const summary = await world.finish(world.start(run, { limits: tolerant }));
    expect(summary).to.include({ status: 'succeeded', attempt: 5 });
    expect(summary.items).to.include({ read: 200, succeeded: 200 });
  });

  // Red when a claim that fails in the middle leaves a run that nobody goes on with. With a real server: faults/restart.test.ts.
  it('is not stranded when the ledger goes away while a run is recovered (dbos-transact-py #716)', async () => {
    const world = openCrashWorld();
    const run = working(world, 100, 50);
    await killAfter(world, 700, run);
    const away = world.start(run, {
      limits: tolerant,
      middleware: [
        async (effect, next) => {
          const result = await next();
          // It was done, and nobody heard of it.
          if (effect.operation === 'claim') away.process.kill();
          return result;
        },
      ],
    });
    expect(await world.endOf(away)).to.equal('died');
    await world.clock.advance(60_000);
    const summary = await world.finish(world.start(run, { limits: tolerant }));
    expect(summary).to.include({ status: 'succeeded', attempt: 3 });
    expect(new Set(world.worked)).to.deep.equal(new Set(range(100)));
  });

  // Red when a test's clock replaces the timers that others need (a request through MSW then never ends).
  it('has a virtual clock that leaves the timers of others alone (msw #1830)', async () => {
    const world = openCrashWorld();
    const real = new Promise<string>((resolve) => {
      setTimeout(() => resolve('came'), 1);
    });
    await world.clock.advance(1_000_000);
    expect(await real).to.equal('came');
  });
});
