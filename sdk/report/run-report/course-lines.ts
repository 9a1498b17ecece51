/** What a run's points say, as lines: how fast it went between them, and no more points than can be seen. */
import type { CoursePoint } from '../../page/course-chart.ts';
import type { RunSeries, SeriesPoint } from '../run-series.ts';

/** The points of an attempt in order of time, and when they were. */
export interface AttemptCourse {
  readonly attempt: number;
  readonly startedMs: number;
  readonly points: readonly SeriesPoint[];
}

/** What came about between two points of an attempt. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly settled: number;
}

// About as many as there are px to draw them in.
const mostPoints = 240;

export function coursesOf(series: readonly RunSeries[]): readonly AttemptCourse[] {
  const courses = series.map(({ attempt, startedAt, points }) => ({
    attempt,
    startedMs: Date.parse(startedAt),
    points: points.filter(({ atMs }) => Number.isFinite(atMs) && atMs >= 0).toSorted((a, b) => a.atMs - b.atMs),
  }));
  return courses
    .filter(({ startedMs, points }) => Number.isFinite(startedMs) && points.length > 0)
    .toSorted((a, b) => a.attempt - b.attempt);
}

/**
 * Short ones are joined with their neighbours: a point that came right after another would tell of a speed that was none.
 * @param share how much of the run's time this attempt is, which is as many of the points it may have
 * @param leastMs how long a stretch is at least, if the attempt is @default 0
 */
export function stretchesOf({ attempt, points }: AttemptCourse, share: number, leastMs = 0): readonly Stretch[] {
  const [first] = points;
  if (first === undefined) return [];
  // A run begins with nothing; what an attempt that goes on with it begins with is known from its first point on.
  const begins = attempt === 1 && first.atMs > 0 ? { ...first, atMs: 0, settled: 0 } : first;
  const marks = begins === first ? points : [begins, ...points];
  const last = points.at(-1) ?? first;
  const shortest = Math.max(leastMs, medianStep(marks) / 2, (last.atMs - begins.atMs) / (mostPoints * share));
  const stretches: Stretch[] = [];
  let from = begins;
  for (const to of marks.slice(1)) {
    const isLong = to.atMs - from.atMs >= shortest;
    if (to.atMs === from.atMs || (!isLong && to !== last)) continue;
    // The rest at the end, if it is short, belongs to the stretch before it.
    const before = isLong ? undefined : stretches.pop();
    stretches.push({
      fromMs: before?.fromMs ?? from.atMs,
      toMs: to.atMs,
      settled: (before?.settled ?? 0) + Math.max(0, to.settled - from.settled),
    });
    from = to;
  }
  return stretches;
}

/** At most about so many points: of neighbours the least and the greatest, so that no peak is lost; and both ends. */
export function thin(points: readonly CoursePoint[], most: number): readonly CoursePoint[] {
  if (points.length <= Math.max(most, 4)) return points;
  const size = Math.ceil((2 * points.length) / Math.max(most, 4));
  const kept = new Set([points[0], points.at(-1)]);
  for (let start = 0; start < points.length; start += size) {
    const near = points.slice(start, start + size);
    kept.add(near.reduce((least, point) => (point.y < least.y ? point : least)));
    kept.add(near.reduce((greatest, point) => (point.y > greatest.y ? point : greatest)));
  }
  return points.filter((point) => kept.has(point));
}

export function pointsFor(share: number): number {
  return Math.ceil(mostPoints * share);
}

function medianStep(points: readonly SeriesPoint[]): number {
  const steps = points.slice(1).map(({ atMs }, index) => atMs - (points[index]?.atMs ?? 0));
  return steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
}
