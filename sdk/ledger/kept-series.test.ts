import { expect } from 'chai';
import { describe, it } from 'mocha';
import { formatSeries, readSeries } from './kept-series.ts';

const about = { attempt: 1, startedAt: '2026-01-01T00:00:00.000Z' };
const figures = { settled: 5, succeeded: 4, skipped: 1, failed: 0, retried: 2, inFlight: 3 };
const point = { atMs: 200.5, ...figures, p95LatencyMs: 7.25, stalenessMs: 1, waitedMs: 0, rssMb: 99.5 };

describe('a kept series', () => {
  it('comes back as it was, to the thousandth', () => {
    const kept = formatSeries({ ...about, points: [{ ...point, atMs: 200.50049 }] });
    expect(readSeries(kept)).to.deep.equal({ ...about, points: [point] });
    // As PostgreSQL gives it.
    expect(readSeries(JSON.parse(kept))).to.deep.equal({ ...about, points: [point] });
  });

  it('of another version is read as far as it is known', () => {
    const kept = JSON.stringify({ ...about, names: ['atMs', 'cpu', 'settled'], rows: [[200, 0.5, 5]] });
    const { points } = readSeries(kept);
    expect(points).to.deep.equal([
      {
        ...point,
        ...{ atMs: 200, succeeded: 0, skipped: 0, retried: 0, inFlight: 0 },
        p95LatencyMs: 0,
        stalenessMs: 0,
        rssMb: 0,
      },
    ]);
  });
});
