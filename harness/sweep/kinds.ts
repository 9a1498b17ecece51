/** What a sweep can put in the way of a run, by kind. */
import { crashPoints, tryCrash } from './crash.ts';
import { faultPoints, tryFault } from './fault.ts';
import type { Point, PointKind, PointsOf, Trial, Trying } from './point.ts';
import { racePoints, tryRace } from './race.ts';
import { stalePoints, tryStale } from './stale.ts';

export interface SweepKind {
  /** All that there are for the case, in an order that is the same each time. */
  points(of: PointsOf): Promise<readonly Point[]>;
  /** Tries one of its own points. */
  try(point: Point, trying: Trying): Promise<Trial>;
}

/** Binds a kind to its own type of points: `tryPoint` is given none but those that `points` made. */
function defineKind<TPoint extends Point>(
  points: (of: PointsOf) => readonly TPoint[] | Promise<readonly TPoint[]>,
  tryPoint: (point: TPoint, trying: Trying) => Promise<Trial>,
): SweepKind {
  return { points: async (of) => points(of), try: (point, trying) => tryPoint(point as TPoint, trying) };
}

export const sweepKinds: Readonly<Record<PointKind, SweepKind>> = {
  crash: defineKind(crashPoints, tryCrash),
  fault: defineKind(faultPoints, tryFault),
  stale: defineKind(stalePoints, tryStale),
  race: defineKind(racePoints, tryRace),
};
