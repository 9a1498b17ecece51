import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { SeriesPoint } from './run-series.ts';
import { SeriesCollector } from './series-collector.ts';

const about = { attempt: 2, startedAt: '2026-01-01T00:00:00.000Z' };

function momentAt(atMs: number, overrides: Partial<SeriesPoint> = {}): SeriesPoint {
  const counts = { settled: atMs, succeeded: atMs, skipped: 0, failed: 0, retried: 0, inFlight: atMs % 16 };
  return { atMs, ...counts, p95LatencyMs: 0, stalenessMs: 0, waitedMs: 0, rssMb: 100, ...overrides };
}

function collect(moments: readonly SeriesPoint[], mostPoints?: number): readonly SeriesPoint[] {
  const collector = new SeriesCollector({ ...about, ...(mostPoints === undefined ? {} : { mostPoints }) });
  for (const moment of moments) collector.add(moment);
  return collector.series().points;
}

describe('SeriesCollector', () => {
  it('keeps every moment while there is room', () => {
    const moments = Array.from({ length: 300 }, (_, index) => momentAt(index * 200));
    expect(collect(moments)).to.deep.equal(moments);
  });

  it('halves the points when it is full, and takes half as many from then on', () => {
    const moments = Array.from({ length: 13 }, (_, index) => momentAt(index));
    const timesAfter = (count: number) => collect(moments.slice(0, count), 6).map(({ atMs }) => atMs);
    expect(timesAfter(6)).to.deep.equal([0, 1, 2, 3, 4, 5]);
    expect(timesAfter(7)).to.deep.equal([0, 2, 4, 6]);
    expect(timesAfter(8)).to.deep.equal([0, 2, 4, 6, 7]);
    expect(timesAfter(9)).to.deep.equal([0, 2, 4, 6, 8]);
    expect(timesAfter(11)).to.deep.equal([0, 2, 4, 6, 8, 10]);
    expect(timesAfter(12)).to.deep.equal([0, 4, 8, 11]);
    expect(timesAfter(13)).to.deep.equal([0, 4, 8, 12]);
  });

  it('tells what it was made for, and nothing when no moment came', () => {
    expect(new SeriesCollector(about).series()).to.deep.equal({ ...about, points: [] });
  });

  it('keeps at most as many points as it may, the first and the last, in order, evenly, and loses no maximum', () => {
    const figures = fc.record({ stepMs: fc.integer({ min: 1, max: 999 }), p95: fc.nat(999), staleness: fc.nat(999) });
    const sizes = fc.integer({ min: 2, max: 60 }).map((half) => 2 * half);
    fc.assert(
      fc.property(fc.array(figures, { minLength: 1, maxLength: 1_000 }), sizes, (steps, mostPoints) => {
        let atMs = 0;
        const moments = steps.map(({ stepMs, p95, staleness }) => {
          atMs += stepMs;
          return momentAt(atMs, { p95LatencyMs: p95, stalenessMs: staleness });
        });
        const points = collect(moments, mostPoints);
        expect(points.length).to.be.at.most(mostPoints);
        if (moments.length > mostPoints) expect(points.length).to.be.at.least(mostPoints / 2);
        expect(points[0]).to.deep.equal(moments[0]);
        expect(points.at(-1)?.atMs).to.equal(atMs);

        const place = new Map(moments.map((moment, index) => [moment.atMs, index]));
        const places = points.map((point) => place.get(point.atMs) ?? Number.NaN);
        const gaps = places.slice(1).map((at, index) => at - places[index]!);
        // All but the last are as wide, and a power of two.
        const [gap = 1] = gaps;
        expect(Math.log2(gap) % 1).to.equal(0);
        expect(gaps.slice(0, -1).every((each) => each === gap)).to.equal(true);
        expect(gaps.at(-1) ?? 1).to.be.within(1, gap);

        // A point tells the greatest of all moments that it stands for.
        points.forEach((point, index) => {
          const since = moments.slice(index === 0 ? 0 : places[index - 1]! + 1, places[index]! + 1);
          expect(point.p95LatencyMs).to.equal(Math.max(...since.map(({ p95LatencyMs }) => p95LatencyMs)));
          expect(point.stalenessMs).to.equal(Math.max(...since.map(({ stalenessMs }) => stalenessMs)));
          expect(point.settled).to.equal(point.atMs);
        });
      }),
      { numRuns: 300 },
    );
  });
});
