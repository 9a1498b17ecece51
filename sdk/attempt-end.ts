/**
 * The end of an attempt: the last checkpoint, the summary and the release of the lease, in one write.
 *
 * Guarantees: a run is called succeeded only if that was recorded; when the ledger cannot be reached it counts as
 * interrupted, for the next start will go on with it. Nothing is written when another attempt has the lease.
 */
import type { Clock } from './clock.ts';
import type { Effects } from './effects.ts';
import { InterruptedError, LeaseLostError, ResumeMismatchError } from './errors.ts';
import type { Checkpointer, Taken } from './ledger/checkpointer.ts';
import type { LeaseKeeper } from './ledger/lease-keeper.ts';
import type { Lease } from './ledger/ledger.ts';
import type { LedgerCalls } from './ledger/ledger-calls.ts';
import type { Loops } from './loop/loops.ts';
import { describeError } from './report/describe-error.ts';
import type { Log } from './report/log.ts';
import type { RunSeries } from './report/run-series.ts';
import type { Ending } from './run-end.ts';
import type { Summary } from './summary.ts';

export interface AttemptEndOptions {
  readonly calls: LedgerCalls;
  readonly lease: Lease;
  readonly keeper: LeaseKeeper;
  readonly checkpointer: Checkpointer;
  readonly loops: Loops;
  readonly clock: Clock;
  readonly effects: Effects;
  readonly log: Log;
  /** Told of the last checkpoint; undefined: nobody is. */
  readonly onSaved: ((taken: Taken) => void) | undefined;
  /** How the attempt went over its time. */
  readonly series: RunSeries;
  /** Builds the summary; `saved`: whether the last checkpoint counts. */
  readonly summarize: (ending: Ending, saved: boolean) => Summary;
}

export interface AttemptEnd {
  readonly summary: Summary;
  /** The run is over, and the ledger knows it. */
  readonly isOver: boolean;
}

const withinMs = 45_000;
// Between SIGTERM and SIGKILL lie two minutes at most, and the drain may have taken most of them. When the lease could not
// be renewed for that long the ledger is hardly back now, and the next start need not wait for us.
const hurriedWithinMs = 10_000;
const askAgainMs = 1_000;

export async function endAttempt(options: AttemptEndOptions, ending: Ending): Promise<AttemptEnd> {
  const { keeper, summarize, checkpointer, log, onSaved } = options;
  const unanswered = await checkpointer.close();
  if (keeper.takenOver) return { summary: summarize(ending, false), isOver: false };
  const resumable = isResumable(ending);
  const { calls, lease, loops } = options;
  const taken = loops.take(checkpointer.nextSeq(), null);
  const { checkpoint, failures } = taken.save;
  const end = {
    checkpoint,
    // Of a run that is over nothing is worked again: those beyond the cursors count too.
    failures: resumable ? failures : [...failures, ...loops.drainFailures()],
    summary: summarize(ending, true),
    resumable,
    series: options.series,
  };
  try {
    await insist(options, ending, async () => {
      if (unanswered !== undefined) await calls.checkpoint(lease, unanswered.save);
      await calls.finish(lease, end);
    });
    const unsavedSinceMs = Math.min(taken.unsavedSinceMs, unanswered?.unsavedSinceMs ?? Number.POSITIVE_INFINITY);
    onSaved?.({ ...taken, unsavedSinceMs });
    return { summary: end.summary, isOver: !resumable };
  } catch (error) {
    log.error('the end of the run was not recorded in the ledger', { error: describeError(error) });
    const unrecorded: Ending = ending.status === 'succeeded' ? { status: 'interrupted', error } : ending;
    return { summary: summarize(unrecorded, false), isOver: false };
  }
}

function isResumable({ status, error }: Ending): boolean {
  return status === 'interrupted' || error instanceof ResumeMismatchError;
}

/** Does `fn` again and again, until there is no time left. */
async function insist(
  { clock, effects }: AttemptEndOptions,
  { error }: Ending,
  fn: () => Promise<void>,
): Promise<void> {
  const isSignalled = error instanceof InterruptedError && error.signal !== undefined;
  const isHurried = isSignalled || error instanceof LeaseLostError;
  const untilMs = clock.monotonicMs() + (isHurried ? hurriedWithinMs : withinMs);
  for (;;) {
    try {
      await fn();
      return;
    } catch (cause) {
      if (cause instanceof LeaseLostError || clock.monotonicMs() + askAgainMs > untilMs) throw cause;
      await effects.perform({ kind: 'sleep', operation: 'backoff', target: 'clock', write: false }, () =>
        clock.sleep(askAgainMs),
      );
    }
  }
}
