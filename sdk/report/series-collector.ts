/**
 * Collects the points of an attempt: at most 300, however long it goes on.
 *
 * When there are as many, every second one goes, and from then on twice as many moments make a point. Guarantees: the first
 * and the last moment are always among the points, in the order of time, and two points are at most as far apart as the
 * moments of one interval are. A point stands for all moments since the one before it: of a moment that goes, the greatest
 * latency and staleness pass on to the next; so a p95 is at least that of the items in between, never less.
 */
import type { RunSeries, SeriesPoint } from './run-series.ts';

export interface SeriesCollectorOptions extends Pick<RunSeries, 'attempt' | 'startedAt'> {
  /** An even number. @default 300 */
  readonly mostPoints?: number;
}

export class SeriesCollector {
  readonly #about: Pick<RunSeries, 'attempt' | 'startedAt'>;
  readonly #mostPoints: number;
  // The last one grows until it stands for as many moments as a point may; the first stands for one.
  #points: SeriesPoint[] = [];
  #momentsOfLast = 0;
  #momentsAPoint = 1;

  constructor({ attempt, startedAt, mostPoints = 300 }: SeriesCollectorOptions) {
    this.#about = { attempt, startedAt };
    this.#mostPoints = mostPoints;
  }

  /** Takes a moment; its latency and staleness are of what happened since the one before. */
  add(moment: SeriesPoint): void {
    const last = this.#points.at(-1);
    if (last !== undefined && this.#points.length > 1 && this.#momentsOfLast < this.#momentsAPoint) {
      this.#points[this.#points.length - 1] = merge(last, moment);
      this.#momentsOfLast += 1;
    } else if (this.#points.length < this.#mostPoints) {
      this.#points.push(moment);
      this.#momentsOfLast = 1;
    } else {
      this.#halve();
      // The last of an even number went, as each second one, and goes on in this one.
      this.#points.push(merge(last, moment));
      this.#momentsOfLast += 1;
    }
  }

  series(): RunSeries {
    return { ...this.#about, points: [...this.#points] };
  }

  #halve(): void {
    const all = this.#points;
    this.#points = all.filter((_, index) => index % 2 === 0).map((point, index) => merge(all[2 * index - 1], point));
    this.#momentsAPoint *= 2;
  }
}

/** `later`, standing for `earlier` too. */
function merge(earlier: SeriesPoint | undefined, later: SeriesPoint): SeriesPoint {
  if (earlier === undefined) return later;
  return {
    ...later,
    p95LatencyMs: Math.max(earlier.p95LatencyMs, later.p95LatencyMs),
    stalenessMs: Math.max(earlier.stalenessMs, later.stalenessMs),
  };
}
