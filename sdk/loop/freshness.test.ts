import { expect } from 'chai';
import { describe, it } from 'mocha';
import { openRunWorld } from '../testing/run-world.ts';

const passing = () => Object.assign(new Error('lost'), { code: 'ECONNRESET' });

function setup() {
  const world = openRunWorld();
  const rereads: number[] = [];
  /** A source whose items can be read again, as `reread` says. */
  const refreshable = (items: number, pageMs: number, reread: (item: number) => Promise<number | undefined>) =>
    world.source(items, {
      pageMs,
      refresh: (item) => {
        rereads.push(item);
        return reread(item);
      },
    });
  return { ...world, rereads, refreshable };
}

describe('freshness', () => {
  it('reads items again that waited too long, and hands over what they are now', async () => {
    const { run, rereads, refreshable } = setup();
    const seen: number[] = [];
    const source = refreshable(5, 6_000, async (item) => item + 0.5);
    const summary = await run((ctx) => ctx.each(source, (value) => void seen.push(value)));
    expect(rereads).to.deep.equal([0, 1, 2, 3, 4]);
    expect(seen).to.deep.equal([0.5, 1.5, 2.5, 3.5, 4.5]);
    expect(summary.freshness).to.include({ refreshed: 5 });
    expect(summary.freshness.maxMs).to.be.below(1);
  });

  it('leaves items as they are that are fresh, or cannot be read again', async () => {
    const { run, source, rereads, refreshable } = setup();
    const fresh = await run((ctx) =>
      ctx.each(
        refreshable(5, 4_000, async () => 9),
        () => {},
      ),
    );
    expect(rereads).to.deep.equal([]);
    expect(fresh.freshness.maxMs).to.be.within(3_990, 4_010);
    const summary = await run((ctx) => ctx.each(source(5, { pageMs: 9_000 }), () => {}));
    expect(summary.items.succeeded).to.equal(5);
    expect(summary.freshness.maxMs).to.be.within(8_900, 9_100);
  });

  it('starts no more a second than it may, though many re-reads end at once', async () => {
    const { run, clock, refreshable } = setup();
    const starts: number[] = [];
    const source = refreshable(30, 6_000, async (item) => {
      await clock.sleep(Math.max(0, 30_000 - clock.monotonicMs()));
      return item;
    });
    const summary = await run((ctx) => ctx.each(source, () => void starts.push(clock.monotonicMs())), {
      limits: { perSecond: 10, burst: 1, concurrency: 50 },
    });
    const most = Math.max(...starts.map((at) => starts.filter((other) => other >= at && other < at + 1_000).length));
    expect(starts).to.have.length(30);
    expect(most).to.be.at.most(10);
    expect(summary.limits.perSecond.peak).to.be.at.most(10);
  });

  it('skips items that are gone, and calls no handler for them', async () => {
    const { run, refreshable } = setup();
    const seen: number[] = [];
    const source = refreshable(6, 6_000, async (item) => (item % 2 === 0 ? undefined : item));
    const summary = await run((ctx) => ctx.each(source, (value) => void seen.push(value)));
    expect(seen).to.deep.equal([1, 3, 5]);
    expect(summary.items).to.include({ succeeded: 3, skipped: 3 });
    expect(summary.skipped).to.deep.equal({ 'gone when read again': 3 });
  });

  it('tries a re-read again that failed of what may pass, and fails the item when it never works', async () => {
    const { run, rereads, refreshable } = setup();
    const source = refreshable(3, 6_000, async (item) => {
      const before = rereads.filter((other) => other === item).length;
      if (item === 1 && before < 3) throw passing();
      if (item === 2) throw new Error('no such column');
      return item;
    });
    const summary = await run((ctx) => ctx.each(source, () => {}), { limits: { tolerate: { failures: 1 } } });
    expect(summary.items).to.include({ succeeded: 2, failed: 1, retried: 2 });
    expect(summary.failures[0]).to.include({ key: 'key-2', message: 'no such column', attempts: 1 });
  });

  it('reads an item again before a later attempt that comes too late for what was read', async () => {
    const { run, rereads, refreshable } = setup();
    const seen: number[] = [];
    const source = refreshable(1, 10, async (item) => item + 0.5);
    await run(
      (ctx) =>
        ctx.each(source, (value, item) => {
          seen.push(value);
          if (item.attempt < 3) throw passing();
        }),
      { limits: { retry: { baseMs: 8_000 } }, random: { next: () => 0.9 } },
    );
    expect(seen).to.deep.equal([0, 0.5, 1]);
    expect(rereads).to.deep.equal([0, 0.5]);
  });

  it('keeps what handlers see fresh when they are slow, by smaller pages and re-reads', async () => {
    const { run, clock, refreshable } = setup();
    const readMs = new Map<number, number>();
    const source = refreshable(200, 5, async (item) => {
      readMs.set(item, clock.monotonicMs());
      return item;
    });
    const summary = await run((ctx) => ctx.each(source, () => clock.sleep(1_500)), { limits: { concurrency: 2 } });
    expect(summary.items.succeeded).to.equal(200);
    expect(summary.freshness.maxMs).to.be.at.most(5_000);
    expect(Math.min(...source.pages.map(({ length }) => length))).to.be.below(10);
  });
});
