/**
 * Sweeps a case: runs it once as it is, then once more for each point, with one thing in its way each time, and tells what was proved.
 *
 * Guarantees: the same points, in the same order, for the same seed; each in a world of its own. What could not be tried is in the
 * report, and points that were left out are counted there: it never says "all" when it was not.
 */
import type { Job } from '@stint/sdk';
import type { Case } from '../fixture/index.ts';
import type { Stack } from '../stack/stack.ts';
import type { Finding } from './finding.ts';
import { listOf } from './items-text.ts';
import { type SweepKind, sweepKinds } from './kinds.ts';
import { watchOutside } from './outside.ts';
import type { Point, PointKind, PointsOf, Trial } from './point.ts';
import { AttemptProcesses } from './process-attempt.ts';
import { type Reference, runReference } from './reference.ts';
import { type SweepMode, type SweepReport, toReport } from './report.ts';
import { sample } from './sample.ts';
import type { LedgerKind } from './site.ts';
import { Sites } from './sites.ts';
import { SweepError } from './sweep-error.ts';

export interface SweepOptions {
  readonly stack: Stack;
  readonly testCase: Case;
  readonly job: Job;
  /** @default all */
  readonly kinds?: readonly PointKind[];
  /** How processes die: in name, within this one, or killed, each one of its own; only `crash` has the latter. @default 'fast' */
  readonly mode?: SweepMode;
  /** In the mode `process`: the module that exports the job by default, its URL or absolute path. @default the registry has it */
  readonly jobModule?: string;
  /** How many points of each kind are tried at most. @default 'all' */
  readonly points?: number | 'all';
  /** Only these, by their ids. @default all */
  readonly only?: readonly string[];
  /** Chooses points and pairs. @default 1 */
  readonly seed?: number;
  /** @default 'postgres' */
  readonly ledger?: LedgerKind;
  /** Worlds at once. @default 3 */
  readonly concurrency?: number;
  /** Told after each point. @default nobody */
  readonly onTrial?: (trial: Trial, done: number, of: number) => void;
  /** Ends the sweep between two points. @default never */
  readonly signal?: AbortSignal;
}

export async function sweep({
  stack,
  testCase,
  job,
  kinds = ['crash'],
  mode = 'fast',
  jobModule,
  points: most = 'all',
  only,
  seed = 1,
  ledger = 'postgres',
  concurrency = 3,
  onTrial = () => undefined,
  signal = new AbortController().signal,
}: SweepOptions): Promise<SweepReport> {
  const startedMs = performance.now();
  using _outside = watchOutside();
  if (mode === 'process') checkProcessMode(kinds);
  await using opened = new AsyncDisposableStack();
  const processes = mode === 'process' ? opened.use(await AttemptProcesses.open(job, ledger, jobModule)) : undefined;
  const sites = opened.use(new Sites({ stack, testCase, ledger }));
  const reference = await sites.withWorld((world) => runReference(world, job));
  const of: PointsOf = { job, reference, seed, withWorld: (fn) => sites.withWorld(fn) };
  const possible = (await Promise.all(kinds.map((kind) => sweepKinds[kind].points(of)))).flat();
  const todo = only === undefined ? choose(possible, kinds, most, seed) : pick(possible, only);
  const trials: Trial[] = [];
  const queue = [...todo.entries()];
  const tryIn = (point: Point) =>
    sites.withWorld((world) => kindOf(point).try(point, { job, reference, world, processes }));
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      signal.throwIfAborted();
      const [index, point] = next;
      const trial = await tryIn(point);
      // On a busy machine a world may come to a stop: once more tells whether it is the job that does.
      const isStuck = trial.findings.some(({ kind }) => kind === 'hangs');
      trials[index] = isStuck ? await tryIn(point) : trial;
      onTrial(trials[index], trials.filter((each) => each !== undefined).length, todo.length);
    }
  };
  // The others end their points first: their worlds must not be left behind.
  const ended = await Promise.allSettled(
    Array.from({ length: concurrency }, () => work().finally(() => queue.splice(0))),
  );
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
  return toReport({
    testCase,
    ledger,
    mode,
    seed,
    reference,
    trials: [...lookAround(reference), ...trials],
    possible: Object.fromEntries(kinds.map((kind) => [kind, possible.filter((point) => point.kind === kind).length])),
    durationMs: performance.now() - startedMs,
  });
}

function choose(
  possible: readonly Point[],
  kinds: readonly PointKind[],
  most: number | 'all',
  seed: number,
): readonly Point[] {
  if (most === 'all') return possible;
  return kinds.flatMap((kind) =>
    sample(
      possible.filter((point) => point.kind === kind),
      most,
      seed,
    ),
  );
}

/** @throws SweepError `STINT_SWEEP_POINT` for an id that no point has */
function pick(possible: readonly Point[], ids: readonly string[]): readonly Point[] {
  return ids.flatMap((id) => {
    if (id === referencePoint.id) return [];
    const found = possible.find((point) => point.id === id);
    if (found !== undefined) return [found];
    const some = possible.slice(0, 3).map((point) => point.id);
    throw new SweepError(
      'STINT_SWEEP_POINT',
      `expected the id of a point, such as ${some.join(', ')}, got "${id}"; take one from a report of the same case and seed`,
    );
  });
}

const referencePoint = {
  id: 'reference',
  kind: 'reference',
  title: 'with nothing in its way',
  at: undefined,
  effect: 0,
} as const;

/** What the reference itself has shown. */
function lookAround({ outside }: Reference): readonly Trial[] {
  const nothing = { workedTwice: 0, mayWorkTwice: 0, repeatedWithKey: 0, repeatedWithoutKey: 0, durationMs: 0 };
  const findings = outside.map(
    ({ by, to, items, at }): Finding => ({
      kind: 'around-the-door',
      text: `a ${by} to ${to}${items.length === 0 ? '' : ` for ${listOf(items)}`} went around the door`,
      at,
    }),
  );
  return findings.length === 0 ? [] : [{ point: referencePoint, findings, ...nothing }];
}

function checkProcessMode(kinds: readonly PointKind[]): void {
  const others = kinds.filter((kind) => kind !== 'crash');
  if (others.length > 0)
    throw new SweepError(
      'STINT_SWEEP_NO_PROCESS_MODE',
      `expected the kind crash alone in the mode process, got ${others.join(', ')}: nothing dies there, so there is no process mode for it; sweep it in the mode fast`,
    );
}

function kindOf({ kind, id }: Point): SweepKind {
  if (kind === 'reference') throw new SweepError('STINT_SWEEP_POINT', `expected a point to try, got "${id}"`);
  return sweepKinds[kind];
}
