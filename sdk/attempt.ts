/**
 * One attempt at a run, from its claim to its summary.
 *
 * How it can be stopped: by its caller's signal, by too many failures, by a lost lease, by its time slice. Each goes the
 * same way: nothing new starts, what is in flight gets `drainMs`, then its signals fire, and soon after it is left behind.
 */

import type { Clock } from './clock.ts';
import { createContext } from './create-context.ts';
import type { Effects } from './effects.ts';
import { DryRunWrite, LeaseLostError, toStintError } from './errors.ts';
import type { Job } from './job.ts';
import { Checkpointer } from './ledger/checkpointer.ts';
import { LeaseKeeper } from './ledger/lease-keeper.ts';
import type { Claim, Ledger } from './ledger/ledger.ts';
import { Budget, type LoopContext } from './loop/loop-context.ts';
import { Loops } from './loop/loops.ts';
import { Tally } from './loop/tally.ts';
import { Pool } from './pace/pool.ts';
import { RateLimit } from './pace/rate-limit.ts';
import { openPorts } from './ports/open.ts';
import type { Random } from './random.ts';
import { buildSummary, type RunHead } from './report/build-summary.ts';
import { describeError } from './report/describe-error.ts';
import type { Log } from './report/log.ts';
import type { ExternalMeasure } from './report/measure-external.ts';
import { Measures } from './report/measures.ts';
import { ProgressTicker } from './report/progress-ticker.ts';
import { checkTolerance, decideEnding, type Ending } from './run-end.ts';
import type { RunOptions } from './run-options.ts';
import { Stop } from './stop/stop.ts';
import { watchStop } from './stop/watch-stop.ts';
import type { Summary } from './summary.ts';

export interface AttemptOptions extends Omit<RunOptions, 'log' | 'scope'> {
  readonly head: RunHead;
  readonly scope: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly claim: Extract<Claim, { granted: true }>;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: Random;
  readonly effects: Effects;
  readonly external: ExternalMeasure;
  readonly log: Log;
}

const checkpointEveryMs = 1_000;
const checkpointEveryItems = 1_000;

export async function runAttempt(job: Job, options: AttemptOptions): Promise<Summary> {
  const { head, claim, ledger, clock, random, effects, log, observer } = options;
  const { limits } = job;
  const { lease } = claim;
  const startedMs = clock.monotonicMs();
  const stop = new Stop();
  const measures = new Measures();
  const pool = new Pool(limits.concurrency);
  const rateLimit = new RateLimit(clock, limits, measures.starts);

  const settledEarlier = claim.checkpoint === undefined ? 0 : Tally.fromJSON(claim.checkpoint.tally).settled;

  const onSettled = () => {
    checkpointer.noteSettled();
    if (loops.failed === 0) return;
    const settled = settledEarlier + loops.settled;
    const intolerable = checkTolerance({ failed: loops.failed, settled }, limits, false);
    if (intolerable !== undefined) stop.stop(intolerable);
  };
  const loopContext: LoopContext = {
    runId: head.runId,
    clock,
    random,
    effects,
    limits,
    pool,
    rateLimit,
    budget: new Budget(options.limit),
    stop,
    measures,
    onSettled,
  };
  const loops = new Loops(loopContext, claim.checkpoint, (source) => ticker.addSource(source));
  const ticker = new ProgressTicker({
    clock,
    loops,
    measures,
    rateLimit,
    pool,
    observer,
    limit: options.limit,
    signal: stop.stopping,
  });
  const checkpointer = new Checkpointer({
    ledger,
    lease,
    effects,
    clock,
    everyMs: checkpointEveryMs,
    everyItems: checkpointEveryItems,
    take: () => loops.checkpoint(),
    onError: (error) => {
      if (error instanceof LeaseLostError) stop.abort(error);
      else
        log.warn('checkpoint not saved, will be tried again', {
          error: describeError(error),
        });
    },
  });
  // What the job counts outside of items is counted anew by each attempt.
  const ownCounts = new Tally();

  log.info('started', { dryRun: head.dryRun, fromCheckpoint: claim.checkpoint !== undefined });
  using _lease = new LeaseKeeper({ ledger, lease, effects, clock, onLost: (error) => stop.abort(error) });
  let failure: Failure;
  {
    using _watch = watchStop({ clock, limits, stop, signal: options.signal });
    using _ticker = ticker;
    failure = await catchFailure(async () => {
      observer?.onStart?.({ runId: head.runId, attempt: head.attempt });
      const { dryRun } = head;
      const stores = options.stores ?? {};
      const signal = stop.aborting;
      await using ports = await openPorts({
        stores,
        effects,
        clock,
        random,
        dryRun,
        signal,
        job: job.name,
        onRetry: ({ attempt, error, delayMs }) => {
          const wait = { tries: attempt, delayMs: Math.round(delayMs), error: describeError(error) };
          log.warn('reading failed, will be tried again', wait);
        },
        concurrency: limits.concurrency,
      });
      const count = (name: string, by: number) => ownCounts.count(name, by);
      const context = createContext({ ...head, ...options, limits, ports, loops, signal, count });
      await runUntilStopped(job, context, stop, loops).finally(() => stop.end());
    });
  }

  if (failure?.error instanceof DryRunWrite) ownCounts.wouldWrite(failure.error.target);
  const ending = await saveLastCheckpoint(checkpointer, decideEnding(failure, stop.reason, loops, limits));
  const tally = loops.total();
  tally.merge(ownCounts);
  const summary = buildSummary(
    head,
    {
      read: loops.read,
      remaining: loops.remaining,
      settled: loops.settled,
      tally,
      measures,
      peakConcurrency: pool.peak,
      waitedMs: rateLimit.waitedMs,
      external: options.external,
      resume: {
        fromCheckpoint: claim.checkpoint !== undefined,
        recovered: claim.recovered,
        replayed: 0,
        checkpoints: checkpointer.saved,
      },
    },
    { ...ending, finishedAtMs: clock.now(), durationMs: clock.monotonicMs() - startedMs },
  );
  if (!(ending.error instanceof LeaseLostError)) await finish(options, summary);
  log[summary.status === 'failed' ? 'error' : 'info'](summary.status, {
    items: summary.items,
    durationMs: summary.durationMs,
    error: summary.error,
  });
  return summary;
}

type Failure = { readonly error: unknown } | undefined;

async function catchFailure(fn: () => Promise<void>): Promise<Failure> {
  try {
    await fn();
    return undefined;
  } catch (error) {
    return { error };
  }
}

/** Ends when the job has returned and none of its loops runs; soon after everything was aborted even if they go on. */
async function runUntilStopped(
  job: Job,
  ctx: ReturnType<typeof createContext>,
  stop: Stop,
  loops: Loops,
): Promise<void> {
  const running = catchFailure(() => job.run(ctx)).then(async (failure) => {
    // Whatever the job left running, a loop it did not await too, ends with it.
    if (failure !== undefined && !stop.stopping.aborted) stop.stop(toStintError(failure.error));
    return failure ?? (await loops.idle());
  });
  const givenUp = stop.givenUp.then(() => ({ error: stop.reason }));
  const failure = await Promise.race([running, givenUp]);
  await Promise.race([loops.idle(), givenUp]);
  if (failure !== undefined) throw failure.error;
}

/** The last checkpoint is part of the run: without it a resume would work again what the summary calls settled. */
async function saveLastCheckpoint(checkpointer: Checkpointer, ending: Ending): Promise<Ending> {
  if (ending.error instanceof LeaseLostError) {
    await checkpointer.abandon();
    return ending;
  }
  try {
    await checkpointer.finish();
    return ending;
  } catch (error) {
    return error instanceof LeaseLostError
      ? { status: 'interrupted', error }
      : { status: 'failed', error: ending.error ?? error };
  }
}

async function finish({ ledger, effects, claim, log }: AttemptOptions, summary: Summary): Promise<void> {
  try {
    await effects.perform({ kind: 'ledger', operation: 'finish', target: 'ledger', write: true }, () =>
      ledger.finish(claim.lease, summary),
    );
  } catch (error) {
    log.error('the end of the run was not recorded in the ledger', { error: describeError(error) });
  }
}
