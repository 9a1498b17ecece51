/** What an observer is told of a run. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { MemoryLedger } from '../ledger/memory.ts';
import { openRunWorld } from '../testing/run-world.ts';
import type { Log } from './log.ts';
import type { SavedCheckpoint, SettledItem } from './progress.ts';

function setup() {
  const world = openRunWorld();
  const settled = new Map<string, SettledItem>();
  const saved: SavedCheckpoint[] = [];
  const observer = {
    onOutcome: (item: SettledItem) => void settled.set(item.key, item),
    onCheckpoint: (checkpoint: SavedCheckpoint) => void saved.push(checkpoint),
  };
  return { ...world, settled, saved, observer };
}

const epochMs = Date.UTC(2026, 0, 1);

describe('an observer', () => {
  it('hears when an item began, how long it took with its retries, and how old its record was at the last try', async () => {
    const { run, source, clock, settled, observer } = setup();
    const { limits, items } = { limits: { concurrency: 1, retry: { attempts: 2, baseMs: 100 } }, items: 2 };
    await run(
      (ctx) =>
        ctx.each(source(items, { pageMs: 40 }), async (_value, item) => {
          await clock.sleep(500);
          if (item.key === 'key-1' && item.attempt === 1)
            throw Object.assign(new Error('gone'), { code: 'ECONNRESET' });
        }),
      { limits, observer },
    );
    expect(settled.get('key-0')).to.deep.include({ startedAtMs: epochMs + 40, durationMs: 500, stalenessMs: 40 });
    const retried = settled.get('key-1');
    expect(retried).to.include({ outcome: 'succeeded', attempts: 2, startedAtMs: epochMs + 540 });
    const backoffMs = (retried?.durationMs ?? 0) - 1_000;
    expect(backoffMs).to.be.greaterThan(0);
    expect(retried?.stalenessMs).to.equal(540 + 500 + backoffMs);
  });

  it('hears no age of what is in memory, nor of an item that was gone when it was read again', async () => {
    const { run, source, settled, observer, clock } = setup();
    const gone = source(2, { pageMs: 60, refresh: async () => undefined });
    await run(
      async (ctx) => {
        await ctx.each([7], async () => {}, { name: 'memory' });
        await ctx.eachBatch(gone, async () => clock.sleep(1), { name: 'gone', size: 1 });
      },
      { observer, limits: { maxStalenessMs: 50, concurrency: 1 } },
    );
    expect(settled.get('7')).to.include({ stalenessMs: undefined, durationMs: 0, startedAtMs: epochMs });
    expect(settled.get('key-0')).to.include({ outcome: 'skipped', stalenessMs: undefined });
  });

  it('hears the age of the records of a group', async () => {
    const { run, source, settled, observer, clock } = setup();
    await run((ctx) => ctx.eachBatch(source(4, { pageMs: 30 }), async () => clock.sleep(5), { size: 2 }), { observer });
    expect([...settled.values()].map(({ stalenessMs, durationMs }) => [stalenessMs, durationMs])).to.deep.equal(
      Array(4).fill([30, 5]),
    );
  });

  it('hears of each checkpoint how long the oldest settled item had to wait, also behind one that is open', async () => {
    const { run, clock, saved, observer } = setup();
    const summary = await run(
      (ctx) =>
        // The first takes four seconds; the others lie beyond it until then.
        ctx.each([0, 1, 2, 3], async (value) => clock.sleep(value === 0 ? 4_000 : value * 500)),
      { observer, limits: { concurrency: 4 } },
    );
    expect(saved).to.have.length(summary.resume.checkpoints);
    const [first, second] = saved;
    // Settled after 500 ms, saved a second later, when it lay beyond the cursor still.
    expect(first).to.deep.equal({ seq: 1, lagMs: 1_000 });
    expect(second?.lagMs).to.be.at.least(2_000);
    expect(saved.at(-1)?.lagMs).to.equal(3_500);
  });

  it('hears of no wait when nothing was settled', async () => {
    const { run, saved, observer } = setup();
    await run((ctx) => ctx.each([], async () => {}), { observer });
    expect(saved).to.deep.equal([{ seq: 1, lagMs: 0 }]);
  });

  it('hears the summary once, when the ledger has it', async () => {
    const world = openRunWorld();
    const ends: unknown[] = [];
    const onEnd = (summary: unknown) => ends.push([summary, ...world.ledger.summaries()]);
    const summary = await world.run((ctx) => ctx.each([1], async () => {}), { observer: { onEnd } });
    expect(ends).to.deep.equal([[summary, summary]]);
  });

  it('hears the summary of a run that was refused, and no start of it', async () => {
    const world = openRunWorld();
    const told: string[] = [];
    const first = world.start((ctx) => ctx.each([1], () => world.clock.sleep(10_000)));
    await world.clock.advance(1_000);
    const observer = { onStart: () => told.push('start'), onEnd: () => told.push('end') };
    const refused = await world.start(async () => {}, { observer });
    expect(refused.status).to.equal('refused');
    expect(told).to.deep.equal(['end']);
    await world.finish(first);
  });

  it('ends the run when it throws at a checkpoint, which is saved all the same', async () => {
    const { run, clock } = setup();
    const ledger = new MemoryLedger();
    const onCheckpoint = () => {
      throw new Error('no disk');
    };
    const summary = await run((ctx) => ctx.each([...Array(9).keys()], () => clock.sleep(700)), {
      observer: { onCheckpoint },
      limits: { concurrency: 1 },
      ledger,
    });
    expect(summary).to.include({ status: 'failed' });
    expect(summary.error?.code).to.equal('STINT_JOB_FAILED');
    expect((await ledger.runs())[0]?.checkpoint?.seq).to.be.at.least(2);
  });

  it('does not change the summary when it throws at the end; the log tells', async () => {
    const world = openRunWorld();
    const errors: string[] = [];
    const log: Log = { debug() {}, info() {}, warn() {}, error: (message) => void errors.push(message) };
    const onEnd = () => {
      throw new Error('boom');
    };
    const summary = await world.run(async () => {}, { observer: { onEnd }, log: () => log });
    expect(summary.status).to.equal('succeeded');
    expect(errors).to.deep.equal(['an observer failed at the end of the run']);
  });
});
