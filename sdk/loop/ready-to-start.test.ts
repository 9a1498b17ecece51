import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { Limits } from '../index.ts';
import { RateMeter } from '../pace/rate-meter.ts';
import { openRunWorld } from '../testing/run-world.ts';

// Times are sums of fractions of ms: what floating point may add up to is no defect.
const epsilon = 1e-6;
const passing = () => Object.assign(new Error('lost'), { code: 'ECONNRESET' });

interface Plan {
  readonly items: number;
  readonly limits: Limits;
  readonly pageMs?: number;
  /** What the n-th re-read takes. @default 1 */
  readonly rereadMs?: (nth: number) => number;
  /** Whether the n-th re-read finds its item gone. @default never */
  readonly isGone?: (nth: number) => boolean;
  /** What the n-th call of the handler takes; undefined: it fails, and is worth another try. @default 0 */
  readonly workMs?: (nth: number) => number | undefined;
  readonly groupSize?: number;
}

/** Counts the starts that limiters make until it is disposed of. */
function countStarts() {
  const { record } = RateMeter.prototype;
  const counted = { starts: 0, [Symbol.dispose]: () => Object.assign(RateMeter.prototype, { record }) };
  RateMeter.prototype.record = function (nowMs) {
    counted.starts += 1;
    record.call(this, nowMs);
  };
  return counted;
}

/** Runs a plan on a virtual clock. Tells when handlers started, and how old their records were by then. */
async function play({ items, limits, pageMs = 0, groupSize, ...plan }: Plan) {
  const { rereadMs = () => 1, isGone = () => false, workMs = () => 0 } = plan;
  using counted = countStarts();
  const { run, clock, source } = openRunWorld();
  const readMs = new Map<number, number>();
  const startsMs: number[] = [];
  const agesMs: number[] = [];
  let rereads = 0;
  const numbers = source(items, {
    pageMs,
    refresh: async (item) => {
      const nth = rereads++;
      const askedMs = clock.monotonicMs();
      await clock.sleep(rereadMs(nth));
      readMs.set(item, askedMs);
      return isGone(nth) ? undefined : item;
    },
  });
  const work = async (values: readonly number[]) => {
    const nth = startsMs.push(clock.monotonicMs()) - 1;
    for (const value of values) agesMs.push(clock.monotonicMs() - (readMs.get(value) ?? numbers.readMsOf(value)));
    const takes = workMs(nth);
    if (takes === undefined) throw passing();
    if (takes > 0) await clock.sleep(takes);
  };
  const summary = await run(
    (ctx) =>
      groupSize === undefined
        ? ctx.each(numbers, (value) => work([value]))
        : ctx.eachBatch(numbers, (group) => work(group.map(({ value }) => value)), { size: groupSize }),
    { limits: { tolerate: { failures: items }, ...limits }, withinMs: 1e9 },
  );
  expect(counted.starts, 'starts that were made').to.equal(startsMs.length);
  return { summary, startsMs, agesMs, rereads, tookMs: clock.monotonicMs() };
}

function expectWithin({ perSecond, burst }: { perSecond: number; burst: number }, startsMs: readonly number[]): void {
  startsMs.forEach((toMs, to) => {
    startsMs.slice(0, to + 1).forEach((fromMs, from) => {
      expect(to - from + 1, `starts from ${fromMs} to ${toMs} ms`).to.be.at.most(
        (perSecond * (toMs - fromMs)) / 1_000 + burst + epsilon,
      );
    });
  });
}

describe('ready-to-start', () => {
  it('keeps to its rate when items wait for a start for longer than they are fresh', async () => {
    const { startsMs, agesMs, rereads, tookMs } = await play({ items: 12, limits: { perSecond: 0.1 } });
    expect(startsMs).to.have.length(12);
    expect(rereads).to.equal(11);
    expect(Math.max(...agesMs)).to.be.at.most(1);
    expect(tookMs).to.be.within(110_000, 110_020);
  });

  it('keeps to its rate when a page takes longer to work on than its items are fresh', async () => {
    const { startsMs, agesMs, tookMs } = await play({
      items: 60,
      limits: { perSecond: 10, burst: 1, concurrency: 4, maxStalenessMs: 50 },
      rereadMs: () => 20,
      workMs: () => 10,
    });
    expect(startsMs).to.have.length(60);
    expect(Math.max(...agesMs)).to.be.at.most(50);
    expect(tookMs).to.be.within(5_900, 6_100);
  });

  it('keeps to its rate in groups too', async () => {
    const { startsMs, tookMs } = await play({ items: 24, groupSize: 4, limits: { perSecond: 0.1 } });
    expect(startsMs).to.have.length(6);
    expect(tookMs).to.be.within(50_000, 50_020);
  });

  it('gives a start back that nobody needs, since the item is gone', async () => {
    const gone = await play({ items: 20, limits: { perSecond: 0.1 }, isGone: (nth) => nth % 2 === 0 });
    expect(gone.summary.items).to.include({ succeeded: 10, skipped: 10 });
    expect(gone.tookMs).to.be.within(100_000, 100_100);
  });

  it('lets no more start than it may when re-reads after the wait take long, and then end at once', async () => {
    const { startsMs } = await play({
      items: 40,
      limits: { perSecond: 2, burst: 1, concurrency: 40, maxStalenessMs: 400 },
      rereadMs: (nth) => (nth < 8 ? Math.max(1, 4_000 - nth * 500) : 5),
    });
    expect(startsMs).to.have.length(40);
    expectWithin({ perSecond: 2, burst: 1 }, startsMs);
  });

  it('fails an item whose every re-read takes longer than it would stay fresh, and never acts on it', async () => {
    const { summary, startsMs } = await play({
      items: 2,
      pageMs: 6_000,
      limits: { concurrency: 1, retry: { attempts: 2 } },
      rereadMs: () => 5_500,
    });
    expect(startsMs).to.deep.equal([]);
    expect(summary.items).to.include({ failed: 2, retried: 2 });
    expect(summary.failures[0]).to.include({ code: 'STINT_STALE', attempts: 2 });
  });

  it('never acts on a stale record, never starts more than it may, and takes one start a try, whatever is slow', async function () {
    this.timeout(60_000);
    const times = (max: number) => fc.array(fc.integer({ min: 0, max }), { minLength: 1, maxLength: 12 });
    const plans = fc.record({
      items: fc.integer({ min: 1, max: 40 }),
      perSecond: fc.oneof(fc.constantFrom(0.05, 0.1, 0.19, 0.5), fc.integer({ min: 1, max: 100 })),
      burstShare: fc.double({ min: 0, max: 1, noNaN: true }),
      concurrency: fc.integer({ min: 1, max: 12 }),
      maxStalenessMs: fc.constantFrom(20, 200, 1_000, 5_000),
      groupSize: fc.constantFrom(undefined, undefined, 1, 3),
      pageMs: fc.constantFrom(0, 5, 300, 7_000),
      rereads: times(6_000),
      works: fc.array(fc.option(fc.integer({ min: 0, max: 6_000 }), { freq: 6 }), { minLength: 1, maxLength: 12 }),
      gone: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(plans, async ({ burstShare, rereads, works, gone, groupSize, ...plan }) => {
        const { perSecond, concurrency, maxStalenessMs } = plan;
        const burst = Math.max(1, Math.floor(burstShare * perSecond));
        const { summary, startsMs, agesMs } = await play({
          items: plan.items,
          pageMs: plan.pageMs,
          ...(groupSize !== undefined && { groupSize }),
          limits: { perSecond, burst, concurrency, maxStalenessMs },
          rereadMs: (nth) => rereads[nth % rereads.length] ?? 0,
          isGone: (nth) => gone[nth % gone.length] ?? false,
          workMs: (nth) => works[nth % works.length] ?? undefined,
        });
        expect(Math.max(0, ...agesMs), 'age of a record').to.be.at.most(maxStalenessMs + epsilon);
        expect(summary.freshness.maxMs).to.be.at.most(maxStalenessMs + epsilon);
        expectWithin({ perSecond, burst }, startsMs);
        expect(summary.items.remaining).to.equal(0);
      }),
      { numRuns: 150 },
    );
  });
});
