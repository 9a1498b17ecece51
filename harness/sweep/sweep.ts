/**
 * Sweeps a case: runs it once as it is, then once more for each point, with one thing in its way each time, and tells what was proved.
 *
 * Guarantees: the same points, in the same order, for the same seed; each in a world of its own. What could not be tried is in the
 * report, and points that were left out are counted there: it never says "all" when it was not.
 */
import type { Job } from '@stint/sdk';
import { seededRandom } from '@stint/sdk';
import type { Case } from '../fixture/index.ts';
import type { Stack } from '../stack/stack.ts';
import { sweepKinds } from './kinds.ts';
import type { Point, PointKind, Trial, Trying } from './point.ts';
import { AttemptProcesses } from './process-attempt.ts';
import { type Reference, runReference } from './reference.ts';
import { type SweepMode, type SweepReport, toReport } from './report.ts';
import { sample } from './sample.ts';
import { SweepError } from './sweep-error.ts';
import { type LedgerKind, openWorld } from './world.ts';

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
  if (mode === 'process') checkProcessMode(kinds);
  await using opened = new AsyncDisposableStack();
  const processes = mode === 'process' ? opened.use(await AttemptProcesses.open(job, ledger, jobModule)) : undefined;
  const reference = await withWorld({ stack, testCase, ledger }, (world) => runReference(world, job));
  const possible = pointsOf(reference, kinds, seed);
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
      const trial = await withWorld({ stack, testCase, ledger }, (world) =>
        tryPoint(point, { job, reference, world, processes }),
      );
      trials[index] = trial;
      onTrial(trial, trials.filter((each) => each !== undefined).length, todo.length);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return toReport({
    testCase,
    ledger,
    mode,
    seed,
    reference,
    trials,
    possible: possible.length,
    durationMs: performance.now() - startedMs,
  });
}

function pointsOf(reference: Reference, kinds: readonly PointKind[], seed: number): readonly Point[] {
  return kinds.flatMap((kind) => sweepKinds[kind]?.points(reference, seededRandom(seed)) ?? []);
}

/** @throws SweepError `STINT_SWEEP_NO_PROCESS_MODE` */
function checkProcessMode(kinds: readonly PointKind[]): void {
  const others = kinds.filter((kind) => kind !== 'crash');
  if (others.length > 0)
    throw new SweepError(
      'STINT_SWEEP_NO_PROCESS_MODE',
      `expected the kind crash alone in the mode process, got ${others.join(', ')}: nothing dies there, so there is no process mode for it; sweep it in the mode fast`,
    );
}

function tryPoint(point: Point, trying: Trying): Promise<Trial> {
  const kind = sweepKinds[point.kind];
  if (kind === undefined) throw new SweepError('STINT_SWEEP_KIND', `expected a kind of sweep, got "${point.kind}"`);
  return kind.try(point, trying);
}

async function withWorld<TResult>(
  options: Parameters<typeof openWorld>[0],
  fn: (world: Awaited<ReturnType<typeof openWorld>>) => Promise<TResult>,
): Promise<TResult> {
  await using world = await openWorld(options);
  return await fn(world);
}
