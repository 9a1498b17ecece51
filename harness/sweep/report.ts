/** What a sweep has proved. */
import type { Case } from '../fixture/index.ts';
import { advice, type Finding } from './finding.ts';
import { type PointKind, pointKinds, type Trial, type TrialKind } from './point.ts';
import type { Reference } from './reference.ts';
import type { LedgerKind } from './site.ts';
import { toStories } from './stories.ts';

export type SweepMode = 'fast' | 'process';

/** Counts of one kind of point. */
export interface SweepCounts {
  /** All that there are for the case. */
  readonly possible: number;
  readonly tried: number;
  /** Points in which something was found. */
  readonly failed: number;
  /** Points that could not be tried. */
  readonly notTried: number;
}

/** What was found, the same way at one point or at several. */
export interface Story {
  /** Of the first point. */
  readonly id: string;
  readonly kind: TrialKind;
  /** In a sentence: what was done, and what came of it. */
  readonly text: string;
  /** Where in the job's code. */
  readonly at: string | undefined;
  /** What usually mends it. */
  readonly advice: string;
  /** Replays the first point alone. */
  readonly command: string;
  readonly findings: readonly Finding[];
  /** The ids of the points at which it was found. */
  readonly points: readonly string[];
}

export interface SweepReport {
  readonly job: string;
  /** `<job>/<case>` */
  readonly case: string;
  readonly ledger: LedgerKind;
  readonly mode: SweepMode;
  readonly seed: number;
  readonly items: number;
  readonly effects: number;
  readonly kinds: Readonly<Partial<Record<PointKind, SweepCounts>>>;
  /** Points that were tried, of those that there are of the kinds that were asked for. */
  readonly tried: number;
  readonly possible: number;
  /** Whether points were left out. */
  readonly sampled: boolean;
  /** Points at which an item was lost. */
  readonly lost: number;
  /** Points at which rows, items, books, outcomes or the status are others. */
  readonly differences: number;
  /** Writes to external services that were repeated without the same idempotency key, over all points. */
  readonly duplicated: number;
  /** The same with the same key: whoever honours it does nothing twice. */
  readonly repeatedWithKey: number;
  /** The most items that a point has worked twice, and how many it might have at that point. */
  readonly workedTwice: number;
  readonly mayWorkTwice: number;
  readonly stories: readonly Story[];
  readonly trials: readonly Trial[];
  /** Points that could not be tried, by why. */
  readonly notTried: Readonly<Record<string, number>>;
  /** Of real time. */
  readonly durationMs: number;
  /** Whether something was tried, and nothing found. */
  readonly passed: boolean;
}

export interface ReportInput {
  readonly testCase: Case;
  readonly ledger: LedgerKind;
  readonly mode: SweepMode;
  readonly seed: number;
  readonly reference: Reference;
  readonly trials: readonly Trial[];
  /** By kind. */
  readonly possible: Readonly<Partial<Record<PointKind, number>>>;
  readonly durationMs: number;
}

const differing: ReadonlySet<Finding['kind']> = new Set(['differs', 'outcome', 'status', 'stale']);

export function toReport({ trials, possible, ...about }: ReportInput): SweepReport {
  const { testCase, reference, ...plain } = about;
  const failed = trials.filter(({ findings }) => findings.length > 0);
  const failedBy = (has: (finding: Finding) => boolean) => failed.filter(({ findings }) => findings.some(has)).length;
  const sum = (pick: (trial: Trial) => number) => trials.reduce((total, trial) => total + pick(trial), 0);
  const worst = trials.reduce<Trial | undefined>(
    (most, trial) =>
      most === undefined || (trial.notTried === undefined && trial.workedTwice > most.workedTwice) ? trial : most,
    undefined,
  );
  const points = trials.filter(({ point }) => point.kind !== 'reference');
  const all = Object.values(possible).reduce((total, count) => total + count, 0);
  return {
    ...plain,
    job: testCase.job,
    case: `${testCase.job}/${testCase.name}`,
    items: reference.settled.size,
    effects: reference.effects.length,
    kinds: countKinds(trials, possible),
    tried: points.filter(({ notTried }) => notTried === undefined).length,
    possible: all,
    sampled: points.length < all,
    lost: failedBy(({ kind }) => kind === 'lost'),
    differences: failedBy(({ kind }) => differing.has(kind)),
    duplicated: sum(({ repeatedWithoutKey }) => repeatedWithoutKey),
    repeatedWithKey: sum(({ repeatedWithKey }) => repeatedWithKey),
    workedTwice: worst?.workedTwice ?? 0,
    mayWorkTwice: worst?.mayWorkTwice ?? 0,
    stories: toStories(failed, about).map((story) => ({ ...story, advice: adviceFor(story.findings) })),
    trials,
    notTried: countBy(trials.flatMap(({ notTried }) => notTried ?? [])),
    passed: failed.length === 0 && (points.length === 0 || points.some(({ notTried }) => notTried === undefined)),
  };
}

function adviceFor([first]: readonly Finding[]): string {
  return first === undefined ? '' : advice[first.kind];
}

function countKinds(trials: readonly Trial[], possible: ReportInput['possible']): SweepReport['kinds'] {
  const counted = pointKinds.flatMap((kind) => {
    const of = trials.filter(({ point }) => point.kind === kind);
    if (possible[kind] === undefined) return [];
    const notTried = of.filter((trial) => trial.notTried !== undefined).length;
    const failed = of.filter(({ findings }) => findings.length > 0).length;
    return [[kind, { possible: possible[kind], tried: of.length - notTried, failed, notTried }] as const];
  });
  return Object.fromEntries(counted);
}

function countBy(texts: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries([...Map.groupBy(texts, (text) => text)].map(([text, all]) => [text, all.length]));
}
