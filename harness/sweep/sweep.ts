/**
 * Sweeps a case: runs it once as it is, then once more for each point, with one thing in its way each time, and tells what was proved.
 *
 * Guarantees: the same points, in the same order, for the same seed; each in a world of its own. What could not be tried is in the
 * report, and points that were left out are counted there: it never says "all" when it was not.
 */
import type { Job } from '@stint/sdk';
import type { Case } from '../fixture/index.ts';
import type { Stack } from '../stack/stack.ts';
import { sweepKinds } from './kinds.ts';
import type { PointKind, PointsOf, Trial } from './point.ts';
import { runReference } from './reference.ts';
import { type SweepReport, toReport } from './report.ts';
import { sample } from './sample.ts';
import { type LedgerKind, openWorld } from './world.ts';

export interface SweepOptions {
  readonly stack: Stack;
  readonly testCase: Case;
  readonly job: Job;
  /** @default all */
  readonly kinds?: readonly PointKind[];
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
  points: most = 'all',
  only,
  seed = 1,
  ledger = 'postgres',
  concurrency = 3,
  onTrial = () => undefined,
  signal = new AbortController().signal,
}: SweepOptions): Promise<SweepReport> {
  const startedMs = performance.now();
  const place = { stack, testCase, ledger };
  const reference = await withWorld(place, (world) => runReference(world, job));
  const of: PointsOf = { job, reference, seed, withWorld: (fn) => withWorld(place, fn) };
  const possible = (await Promise.all(kinds.map((kind) => sweepKinds[kind].points(of)))).flat();
  const chosen = kinds.flatMap((kind) => {
    const of = possible.filter((point) => point.kind === kind);
    return most === 'all' ? of : sample(of, most, seed);
  });
  const todo = only === undefined ? chosen : possible.filter(({ id }) => only.includes(id));
  const trials: Trial[] = [];
  const queue = [...todo.entries()];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      signal.throwIfAborted();
      const [index, point] = next;
      const trial = await withWorld(place, (world) => sweepKinds[point.kind].try(point, { job, reference, world }));
      trials[index] = trial;
      onTrial(trial, trials.filter((each) => each !== undefined).length, todo.length);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return toReport({
    testCase,
    ledger,
    seed,
    reference,
    trials,
    possible: possible.length,
    durationMs: performance.now() - startedMs,
  });
}

async function withWorld<TResult>(
  options: Parameters<typeof openWorld>[0],
  fn: (world: Awaited<ReturnType<typeof openWorld>>) => Promise<TResult>,
): Promise<TResult> {
  await using world = await openWorld(options);
  return await fn(world);
}
