/** One point of a sweep: the case run once more, with one thing in its way. */
import type { Job } from '@stint/sdk';
import type { Finding } from './finding.ts';
import type { AttemptProcesses } from './process-attempt.ts';
import type { Reference } from './reference.ts';
import type { World } from './world.ts';

export const pointKinds = ['crash', 'fault', 'stale', 'race'] as const;
export type PointKind = (typeof pointKinds)[number];

/** The run with nothing in its way is looked at, too. */
export type TrialKind = PointKind | 'reference';

export interface Point {
  /** Names it in reports and on the command line: `crash:37:after`. */
  readonly id: string;
  readonly kind: TrialKind;
  /** What is done, for people, as it goes on after "the run was": `killed after POST /charges of item 17`. */
  readonly title: string;
  /** Where in the job's code, where that is known. */
  readonly at: string | undefined;
  /** Number of the effect that it is about; 0: of none. */
  readonly effect: number;
}

/** What one point has shown. */
export interface Trial {
  readonly point: Point;
  readonly findings: readonly Finding[];
  /** Items whose work was begun by more than one attempt, and how many that may be at most. */
  readonly workedTwice: number;
  readonly mayWorkTwice: number;
  /** Writes to external services that were repeated, with the same idempotency key. */
  readonly repeatedWithKey: number;
  /** The same without: nobody can know that it is the same write. */
  readonly repeatedWithoutKey: number;
  /** Of real time. */
  readonly durationMs: number;
  /** It could not be made: why. */
  readonly notTried?: string;
}

/** What the points of a case are made of. */
export interface PointsOf {
  readonly job: Job;
  readonly reference: Reference;
  readonly seed: number;
  /** Does something in a world of its own. */
  withWorld<TResult>(fn: (world: World) => Promise<TResult>): Promise<TResult>;
}

/** What every kind of point is tried with. */
export interface Trying {
  readonly job: Job;
  readonly reference: Reference;
  /** A world that nothing has happened in; disposed by the caller. */
  readonly world: World;
  /** Where attempts are made that are to die. @default in this process */
  readonly processes?: AttemptProcesses | undefined;
}
