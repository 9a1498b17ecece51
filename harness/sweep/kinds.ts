/** What a sweep can put in the way of a run, by kind. */
import type { Random } from '@stint/sdk';
import { crashPoints, tryCrash } from './crash.ts';
import { faultPoints, tryFault } from './fault.ts';
import type { Point, PointKind, Trial, Trying } from './point.ts';
import type { Reference } from './reference.ts';

export interface SweepKind {
  /** All that there are for the case, in an order that is the same each time. */
  points(reference: Reference, random: Random): readonly Point[];
  /** Tries one of its own points. */
  try(point: Point, trying: Trying): Promise<Trial>;
}

/** Binds a kind to its own type of points: `tryPoint` is given none but those that `points` made. */
function defineKind<TPoint extends Point>(
  points: (reference: Reference, random: Random) => readonly TPoint[],
  tryPoint: (point: TPoint, trying: Trying) => Promise<Trial>,
): SweepKind {
  return { points, try: (point, trying) => tryPoint(point as TPoint, trying) };
}

export const sweepKinds: Readonly<Partial<Record<PointKind, SweepKind>>> = {
  crash: defineKind(crashPoints, tryCrash),
  fault: defineKind(faultPoints, tryFault),
};
