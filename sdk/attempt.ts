/**
 * One attempt at a run, from its claim to its summary.
 *
 * How it can be stopped: by its caller's signal, by a person (`cancel`), by too many failures, by a lost lease, by its
 * time slice. Each goes the same way: nothing new starts, what is in flight gets `drainMs`, then its signals fire, and
 * soon after it is left behind.
 */

import { endAttempt } from './attempt-end.ts';
import type { Clock } from './clock.ts';
import { createContext } from './create-context.ts';
import type { Effects } from './effects.ts';
import { CancelledError, DryRunWrite, LeaseLostError, ResumeMismatchError, toStintError } from './errors.ts';
import type { Job } from './job.ts';
import { Checkpointer } from './ledger/checkpointer.ts';
import { openFailureKeeper } from './ledger/failure-keeper.ts';
import { LeaseKeeper } from './ledger/lease-keeper.ts';
import type { Granted } from './ledger/ledger.ts';
import type { LedgerCalls } from './ledger/ledger-calls.ts';
import { DoneMarkers } from './loop/done-markers.ts';
import { Budget, type LoopContext } from './loop/loop-context.ts';
import { Loops, type LoopsOptions } from './loop/loops.ts';
import { Suspects } from './loop/suspects.ts';
import { Tally } from './loop/tally.ts';
import { Pool } from './pace/pool.ts';
import { RateLimit } from './pace/rate-limit.ts';
import { openPorts, type Ports } from './ports/open.ts';
import type { Random } from './random.ts';
import { buildSummary, type RunHead } from './report/build-summary.ts';
import { describeError } from './report/describe-error.ts';
import type { Log } from './report/log.ts';
import type { ExternalMeasure } from './report/measure-external.ts';
import { Measures } from './report/measures.ts';
import { ProgressTicker } from './report/progress-ticker.ts';
import { tellCheckpoints } from './report/tell-checkpoints.ts';
import { checkTolerance, decideEnding, type Ending } from './run-end.ts';
import type { RunOptions } from './run-options.ts';
import { ShardInUse } from './shard.ts';
import { Stop } from './stop/stop.ts';
import { watchStop } from './stop/watch-stop.ts';
import type { Summary } from './summary.ts';

export interface AttemptOptions extends Omit<RunOptions, 'log' | 'scope' | 'ledger'> {
  readonly head: RunHead;
  readonly scope: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly claim: Granted;
  /** Monotonic ms from which the lease can be trusted. */
  readonly claimedMs: number;
  /** Hash of what a checkpoint depends on besides its sources, today. */
  readonly definition: string;
  readonly keyRoot: string;
  readonly replaceSource: LoopsOptions['replaceSource'];
  readonly calls: LedgerCalls;
  readonly clock: Clock;
  readonly random: Random;
  readonly effects: Effects;
  readonly external: ExternalMeasure;
  readonly log: Log;
}

const checkpointEveryMs = 1_000;
const checkpointEveryItems = 1_000;

export async function runAttempt(job: Job, options: AttemptOptions): Promise<Summary> {
  const { head, claim, calls, clock, random, effects, log, observer } = options;
  const { limits } = job;
  const { lease, checkpoint: resume, recovered } = claim;
  const suspicious = recovered || (resume?.suspicious ?? false);
  const startedMs = clock.monotonicMs();
  const stop = new Stop();
  const measures = new Measures();
  const pool = new Pool(limits.concurrency);
  const rateLimit = new RateLimit(clock, limits, measures.starts);

  const settledEarlier = resume === undefined ? 0 : Tally.fromJSON(resume.tally).settled;
  const noteSettled = () => {
    checkpointer.noteSettled();
    if (loops.failed === 0) return;
    const settled = settledEarlier + loops.settled;
    const intolerable = checkTolerance({ failed: loops.failed, settled }, limits, false);
    if (intolerable !== undefined) stop.stop(intolerable);
  };
  const tellSettled = observer?.onSettled;
  const tellAndNote = () => {
    noteSettled();
    tellSettled?.(loops.settled);
  };
  // For each item: who does not listen does not pay.
  const onSettled = tellSettled === undefined ? noteSettled : tellAndNote;
  const onSaved = tellCheckpoints(observer, clock, (error) => stop.stop(toStintError(error)));
  const warn = (message: string) => (error: unknown) => log.warn(message, { error: describeError(error) });
  using keeper = new LeaseKeeper({
    calls,
    lease,
    clock,
    renewedMs: options.claimedMs,
    onDoubt: (error) => stop.stop(error),
    onLost: (error) => stop.abort(error),
    onCancel: (by) => stop.stop(new CancelledError(by)),
    onError: warn('heartbeat not taken, will be tried again'),
  });
  effects.refuseWhen(() => keeper.checkEffect());
  const checkpointer = new Checkpointer({
    calls,
    lease,
    clock,
    everyMs: checkpointEveryMs,
    everyItems: checkpointEveryItems,
    lastSeq: resume?.seq ?? 0,
    take: (seq, mark) => loops.take(seq, mark),
    onError: (error) => {
      if (error instanceof LeaseLostError) keeper.noteRefusal(error);
      else warn('checkpoint not saved, will be tried again')(error);
    },
    onSaved,
  });
  const suspects = new Suspects({
    saveMark: (mark) => checkpointer.save(mark, stop.stopping),
    culprit: suspicious ? (resume?.mark ?? undefined) : undefined,
    log,
  });
  const markers = new DoneMarkers({ runId: head.runId, onError: warn('done-markers not dropped') });
  const loopContext: LoopContext = {
    runId: head.runId,
    keyRoot: options.keyRoot,
    clock,
    random,
    effects,
    limits,
    pool,
    rateLimit,
    budget: new Budget(options.limit),
    stop,
    measures,
    suspects,
    onSettled,
    onOutcome: observer?.onOutcome,
    mayStart: (nowMs) => keeper.mayStart(nowMs),
    saveNow: (signal) => checkpointer.save(checkpointer.mark, signal),
    wasDone: (item) => markers.has(item),
    keepFailure: openFailureKeeper(clock, head.redaction),
    nameOf: (name) => head.redaction.name(name),
  };
  const shard = new ShardInUse(job.name, head.shard);
  const loops = new Loops(loopContext, {
    resume,
    suspicious,
    replaceSource: options.replaceSource,
    onSource: (source) => {
      shard.check();
      ticker.addSource(source);
    },
    onUnmark: (loop, keys) => markers.drop(loop, keys),
  });
  const ticker = new ProgressTicker({
    attempt: head.attempt,
    clock,
    loops,
    measures,
    rateLimit,
    pool,
    observer,
    limit: options.limit,
    signal: stop.stopping,
  });
  // What the job counts outside of items is counted anew by each attempt.
  const ownCounts = new Tally();

  log.info('started', { dryRun: head.dryRun, fromCheckpoint: resume !== undefined, recovered });
  await using opened = new AsyncDisposableStack();
  let failure: Failure;
  {
    using _watch = watchStop({ clock, limits, stop, signal: options.signal, log });
    using _ticker = ticker;
    failure = await catchFailure(async () => {
      checkDefinition(options);
      observer?.onStart?.({ job: job.name, runId: head.runId, attempt: head.attempt });
      const ports = await openAllPorts(job, options, stop);
      opened.defer(async () => ports[Symbol.asyncDispose]().then(undefined, warn('a store was not left in order')));
      await markers.open(ports.doneItems, claim.attempt > 1);
      const count = (name: string, by: number) => ownCounts.count(head.redaction.name(name), by);
      const context = createContext({
        ...head,
        ...options,
        shard,
        limits,
        ports,
        loops,
        signal: stop.aborting,
        count,
      });
      await runUntilStopped(job, context, stop, loops).finally(() => stop.end());
    });
  }

  if (failure?.error instanceof DryRunWrite) ownCounts.wouldWrite(failure.error.target);
  const summarize = (ending: Ending, saved: boolean): Summary => {
    const tally = loops.total();
    tally.merge(ownCounts);
    const { known, atMost } = loops.replayed;
    const work = {
      read: loops.read,
      remaining: loops.remaining,
      settled: loops.settled,
      tally,
      measures,
      peakConcurrency: pool.peak,
      waitedMs: rateLimit.waitedMs,
      external: options.external,
      resume: {
        fromCheckpoint: resume !== undefined,
        recovered,
        replayed: known,
        replayedAtMost: atMost,
        checkpoints: checkpointer.saved + (saved ? 1 : 0),
      },
    };
    return buildSummary(head, work, {
      ...ending,
      finishedAtMs: clock.now(),
      durationMs: clock.monotonicMs() - startedMs,
    });
  };
  const { summary, isOver } = await endAttempt(
    { calls, lease, keeper, checkpointer, loops, clock, effects, log, onSaved, series: ticker.series, summarize },
    decideEnding(failure, stop.reason, loops, limits),
  );
  keeper[Symbol.dispose]();
  await markers.close(isOver);
  if (isOver) await calls.prune().catch(warn('old runs not removed'));
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

function checkDefinition({ claim, definition }: AttemptOptions): void {
  if (claim.checkpoint === undefined || claim.definition === definition) return;
  throw new ResumeMismatchError(
    'expected the scope schema of the job to be the one that the run was begun with, but it has changed; resume it with the code that began it, or start anew with --fresh',
  );
}

function openAllPorts(job: Job, options: AttemptOptions, stop: Stop): Promise<Ports> {
  const { effects, clock, random, head, log, stores = {} } = options;
  return openPorts({
    stores,
    effects,
    clock,
    random,
    dryRun: head.dryRun,
    signal: stop.aborting,
    job: job.name,
    onRetry: ({ attempt, error, delayMs }) => {
      const wait = { tries: attempt, delayMs: Math.round(delayMs), error: describeError(error) };
      log.warn('reading failed, will be tried again', wait);
    },
    concurrency: job.limits.concurrency,
  });
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
