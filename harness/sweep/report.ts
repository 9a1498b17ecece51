/** What a sweep has proved. */
import type { Case } from '../fixture/index.ts';
import { advice, type Finding } from './finding.ts';
import { type PointKind, pointKinds, type Trial } from './point.ts';
import type { Reference } from './reference.ts';
import type { LedgerKind } from './world.ts';

/** Whether processes die in name or indeed. */
export type SweepMode = 'fast' | 'process';

/** Counts of one kind of point, or of all. */
export interface SweepCounts {
  readonly tried: number;
  /** Points in which something was found. */
  readonly failed: number;
  readonly notTried: number;
}

/** One point in which something was found. */
export interface Story {
  readonly id: string;
  readonly kind: PointKind;
  /** In a sentence: what was done, and what came of it. */
  readonly text: string;
  /** Where in the job's code. */
  readonly at: string | undefined;
  /** What usually mends it. */
  readonly advice: string;
  /** Replays this point alone. */
  readonly command: string;
  readonly findings: readonly Finding[];
}

export interface SweepReport {
  readonly job: string;
  readonly case: string;
  readonly ledger: LedgerKind;
  readonly mode: SweepMode;
  readonly seed: number;
  readonly items: number;
  readonly effects: number;
  readonly kinds: Readonly<Partial<Record<PointKind, SweepCounts>>>;
  readonly tried: number;
  /** Points that there are, of the kinds that were asked for. */
  readonly possible: number;
  readonly sampled: boolean;
  /** Points at which an item was lost. */
  readonly lost: number;
  /** Points at which rows, items, books, outcomes or the status differ. */
  readonly differences: number;
  /** Writes to external services that were repeated without the same idempotency key, over all points. */
  readonly duplicated: number;
  /** The same with the same key: whoever honours it does nothing twice. */
  readonly repeatedWithKey: number;
  /** The most items that a point has worked twice, and the most that it may. */
  readonly workedTwice: number;
  readonly mayWorkTwice: number;
  readonly stories: readonly Story[];
  readonly trials: readonly Trial[];
  /** Points that could not be tried, by why. */
  readonly notTried: Readonly<Record<string, number>>;
  /** Of real time. */
  readonly durationMs: number;
  readonly passed: boolean;
}

export interface ReportInput {
  readonly testCase: Case;
  readonly ledger: LedgerKind;
  readonly mode: SweepMode;
  readonly seed: number;
  readonly reference: Reference;
  readonly trials: readonly Trial[];
  readonly possible: number;
  readonly durationMs: number;
}

export function toReport({
  testCase,
  ledger,
  mode,
  seed,
  reference,
  trials,
  possible,
  durationMs,
}: ReportInput): SweepReport {
  const failed = trials.filter(({ findings }) => findings.length > 0);
  const withKind = (kind: Finding['kind']) =>
    failed.filter(({ findings }) => findings.some((each) => each.kind === kind)).length;
  const most = (pick: (trial: Trial) => number) => trials.reduce((max, trial) => Math.max(max, pick(trial)), 0);
  const sum = (pick: (trial: Trial) => number) => trials.reduce((total, trial) => total + pick(trial), 0);
  const name = `${testCase.job}/${testCase.name}`;
  return {
    job: testCase.job,
    case: name,
    ledger,
    mode,
    seed,
    items: reference.settled.size,
    effects: reference.effects.length,
    kinds: countKinds(trials),
    tried: trials.filter(({ notTried }) => notTried === undefined).length,
    possible,
    sampled: trials.length < possible,
    lost: withKind('lost'),
    differences: failed.filter(({ findings }) =>
      findings.some(({ kind }) => kind === 'differs' || kind === 'outcome' || kind === 'status'),
    ).length,
    duplicated: sum(({ repeatedWithoutKey }) => repeatedWithoutKey),
    repeatedWithKey: sum(({ repeatedWithKey }) => repeatedWithKey),
    workedTwice: most(({ workedTwice }) => workedTwice),
    mayWorkTwice: most(({ mayWorkTwice }) => mayWorkTwice),
    stories: failed.map((trial) => toStory(trial, testCase, ledger, mode, seed)),
    trials,
    notTried: countBy(trials.flatMap(({ notTried }) => notTried ?? [])),
    durationMs,
    passed: failed.length === 0,
  };
}

function countKinds(trials: readonly Trial[]): SweepReport['kinds'] {
  const counted = pointKinds.flatMap((kind) => {
    const of = trials.filter(({ point }) => point.kind === kind);
    if (of.length === 0) return [];
    const notTried = of.filter((trial) => trial.notTried !== undefined).length;
    const counts = {
      tried: of.length - notTried,
      failed: of.filter(({ findings }) => findings.length > 0).length,
      notTried,
    };
    return [[kind, counts] as const];
  });
  return Object.fromEntries(counted);
}

function toStory(
  { point, findings }: Trial,
  { job, name }: Case,
  ledger: LedgerKind,
  mode: SweepMode,
  seed: number,
): Story {
  const [first] = findings;
  const { id, kind, title } = point;
  const at = first?.at ?? point.at;
  return {
    id,
    kind,
    text: `${title}: ${findings.map(({ text }) => text).join('; ')}`,
    at,
    advice: first === undefined ? '' : advice[first.kind],
    command: `npx stint sweep ${job} --fixture ${name} --ledger ${ledger}${mode === 'process' ? ' --mode process' : ''} --seed ${seed} --point ${id}`,
    findings,
  };
}

function countBy(texts: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries([...Map.groupBy(texts, (text) => text)].map(([text, all]) => [text, all.length]));
}
