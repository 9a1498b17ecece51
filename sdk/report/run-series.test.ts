/** What a run's series tells, through runs. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { openRunWorld, sigterm } from '../testing/run-world.ts';

const startedAt = '2026-01-01T00:00:00.000Z';

describe('the series of a run', () => {
  it('goes from the beginning to the end, though nobody watches, and agrees with the summary', async () => {
    const { run, source, clock, ledger } = openRunWorld();
    const summary = await run(
      (ctx) =>
        ctx.each(source(20, { pageMs: 30 }), async (value, item) => {
          await clock.sleep(100);
          if (value % 4 === 0) return item.skip('even');
        }),
      { limits: { concurrency: 2, perSecond: 10 } },
    );
    const [series, ...others] = await ledger.series(summary.runId);
    expect(others).to.deep.equal([]);
    expect(series).to.include({ attempt: 1, startedAt });
    const points = series?.points ?? [];
    expect(points[0]).to.include({ atMs: 0, settled: 0, waitedMs: 0 });
    expect(points[1]).to.include({ atMs: 200 });
    expect(points.at(-1)).to.include({ settled: 20, succeeded: 15, skipped: 5, inFlight: 0 });
    expect(points.at(-1)?.waitedMs).to.equal(summary.limits.waitedMs);
    expect(Math.max(...points.map(({ stalenessMs }) => stalenessMs))).to.equal(summary.freshness.maxMs);
    expect(Math.max(...points.map(({ p95LatencyMs }) => p95LatencyMs))).to.be.closeTo(100, 2);
    expect(points.every(({ rssMb }) => rssMb > 1)).to.equal(true);
  });

  it('has a point of nothing where nothing was settled', async () => {
    const { run, clock, ledger } = openRunWorld();
    const { runId } = await run((ctx) => ctx.each([0], async () => clock.sleep(1_000)));
    const points = (await ledger.series(runId))[0]?.points ?? [];
    expect(points.map(({ p95LatencyMs }) => p95LatencyMs)).to.deep.equal([0, 0, 0, 0, 0, 1_000]);
  });

  it('is one for each attempt, whose counts are of the run so far', async () => {
    const { start, finish, source, clock, ledger } = openRunWorld();
    const items = source(10);
    const stop = new AbortController();
    const first = start((ctx) => ctx.each(items, async () => clock.sleep(1_000)), {
      limits: { concurrency: 1 },
      signal: stop.signal,
    });
    await clock.advance(3_500);
    stop.abort(sigterm());
    const { runId } = await finish(first);
    await finish(start((ctx) => ctx.each(items, async () => clock.sleep(1_000)), { limits: { concurrency: 1 } }));
    const series = await ledger.series(runId);
    expect(series.map(({ attempt, points }) => [attempt, points[0]?.settled, points.at(-1)?.settled])).to.deep.equal([
      [1, 0, 4],
      [2, 4, 10],
    ]);
  });
});
