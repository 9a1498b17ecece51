import { expect } from 'chai';
import { describe, it } from 'mocha';
import { at, sampleSeries, startMs } from '../testing/report-samples.ts';
import { type AttemptCourse, coursesOf, stretchesOf, thin } from './course-lines.ts';

const [point] = sampleSeries({ count: 1 }).points;
const course = (points: readonly (readonly [atMs: number, settled: number])[], attempt = 1): AttemptCourse => ({
  attempt,
  startedMs: startMs,
  points: points.map(([atMs, settled]) => ({ ...point!, atMs, settled })),
});
const stretches = (points: readonly (readonly [number, number])[], attempt?: number, leastMs?: number) =>
  stretchesOf(course(points, attempt), 1, leastMs).map(({ fromMs, toMs, settled }) => [fromMs, toMs, settled]);

describe('the lines of a report', () => {
  it('have attempts and their points in order, and none without a time', () => {
    const series = [
      { attempt: 2, startedAt: at(60_000), points: sampleSeries({ count: 3 }).points.toReversed() },
      { attempt: 1, startedAt: at(0), points: [{ ...point!, atMs: Number.NaN }, point!] },
      { attempt: 3, startedAt: 'never', points: [point!] },
      { attempt: 4, startedAt: at(90_000), points: [] },
    ];
    const courses = coursesOf(series);
    expect(courses.map(({ attempt, points }) => [attempt, points.length])).to.deep.equal([
      [1, 1],
      [2, 3],
    ]);
    expect(courses[1]?.points.map(({ atMs }) => atMs)).to.deep.equal([4_433, 8_867, 13_300]);
  });

  it('tell what was settled between two points, from nothing on in the first attempt', () => {
    const points = [[1_000, 10], [2_000, 30]] as const; // biome-ignore format: pairs
    expect(stretches(points)).to.deep.equal([
      [0, 1_000, 10],
      [1_000, 2_000, 20],
    ]);
    expect(stretches(points, 2)).to.deep.equal([[1_000, 2_000, 20]]);
    expect(stretches([[1_000, 10]], 2)).to.deep.equal([]);
  });

  it('join a short stretch with its neighbour: its speed would be that of no time', () => {
    const points = [[1_000, 10], [2_000, 20], [2_003, 29], [3_000, 30], [3_001, 40]] as const; // biome-ignore format: pairs
    expect(stretches(points)).to.deep.equal([
      [0, 1_000, 10],
      [1_000, 2_000, 10],
      [2_000, 3_001, 20],
    ]);
  });

  it('are as long as is asked for, if the attempt is', () => {
    const points = [[200, 5], [400, 90], [600, 95], [1_000, 100], [1_200, 190], [1_900, 200]] as const; // biome-ignore format: pairs
    expect(stretches(points, 1, 1_000)).to.deep.equal([[0, 1_900, 200]]);
    const longer = [...points, [2_100, 290]] as const;
    expect(stretches(longer, 1, 1_000)).to.deep.equal([
      [0, 1_000, 100],
      [1_000, 2_100, 190],
    ]);
    expect(stretches([[200, 5]], 1, 1_000)).to.deep.equal([[0, 200, 5]]);
  });

  it('go down nowhere when a count does', () => {
    expect(stretches([[1_000, 10], [2_000, 5], [3_000, 15]]).map(([, , settled]) => settled)).to.deep.equal([10, 0, 10]); // biome-ignore format: pairs
  });

  it('keep both ends and every peak of many points, at about as many as are asked for', () => {
    const many = Array.from({ length: 10_000 }, (_, x) => ({ x, y: x === 4_321 ? 1_000 : Math.sin(x) }));
    const few = thin(many, 240);
    expect(few.length).to.be.within(120, 245);
    expect(few).to.include(many[4_321]);
    expect([few[0], few.at(-1)]).to.deep.equal([many[0], many.at(-1)]);
    expect(few.map(({ x }) => x)).to.deep.equal(few.map(({ x }) => x).toSorted((a, b) => a - b));
    expect(thin(many.slice(0, 240), 240)).to.have.length(240);
  });
});
