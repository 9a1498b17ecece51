/** How a run ends: its status and why, from what its job did and how it was stopped. */
import {
  AccountsError,
  CancelledError,
  DryRunWrite,
  InterruptedError,
  LeaseLostError,
  type StintError,
  ToleranceExceededError,
} from './errors.ts';
import type { FinalStatus } from './exit-codes.ts';
import type { ResolvedLimits } from './limits.ts';
import type { Loops } from './loop/loops.ts';

export interface Ending {
  readonly status: FinalStatus;
  readonly error: unknown;
}

/** Below this many items a share of failures says little. */
const fewestForPercent = 100;

/** The error when more items have failed than is tolerated; `atEnd` looks at the percentage of few items too. */
export function checkTolerance(
  { failed, settled }: { readonly failed: number; readonly settled: number },
  { tolerate }: ResolvedLimits,
  atEnd: boolean,
): ToleranceExceededError | undefined {
  if (failed > tolerate.failures) {
    return new ToleranceExceededError(
      `${failed} items failed, more than the ${tolerate.failures} that limits.tolerate allows`,
    );
  }
  const percent = settled === 0 ? 0 : (100 * failed) / settled;
  if (percent > tolerate.percent && (atEnd || settled >= fewestForPercent)) {
    return new ToleranceExceededError(
      `${percent.toFixed(1)} % of ${settled} items failed, more than the ${tolerate.percent} % that limits.tolerate allows`,
    );
  }
  return undefined;
}

/** Decides on the ending. `failure` is what the job's `run` rejected with. */
export function decideEnding(
  failure: { readonly error: unknown } | undefined,
  stopReason: StintError | undefined,
  loops: Loops,
  limits: ResolvedLimits,
): Ending {
  const imbalance = checkAccounts(loops);
  if (imbalance !== undefined) return { status: 'failed', error: imbalance };
  // A write outside of any loop ends a dry run there: nothing went wrong.
  const isRefusedWrite = failure?.error instanceof DryRunWrite && (stopReason ?? failure.error) === failure.error;
  if (stopReason !== undefined && !isRefusedWrite && (failure !== undefined || !loops.allDone)) {
    // When the job's own error stopped what else was running, that error tells more.
    const error = stopReason.cause !== undefined && stopReason.cause === failure?.error ? failure.error : stopReason;
    return { status: statusOfStop(stopReason), error };
  }
  if (failure !== undefined && !isRefusedWrite) return { status: 'failed', error: failure.error };
  // A quarantined item does not end the run where it stands, but in the end it is one that failed.
  const { failed, quarantined, settled } = loops.total();
  const intolerable = checkTolerance({ failed: failed + quarantined, settled }, limits, true);
  return intolerable === undefined
    ? { status: 'succeeded', error: undefined }
    : { status: 'failed', error: intolerable };
}

/** What a run is called that was stopped for this reason. */
export function statusOfStop(reason: StintError): FinalStatus {
  if (reason instanceof InterruptedError || reason instanceof LeaseLostError) return 'interrupted';
  return reason instanceof CancelledError ? 'cancelled' : 'failed';
}

function checkAccounts(loops: Loops): AccountsError | undefined {
  const { settled } = loops.total();
  if (loops.read !== settled + loops.remaining) {
    return new AccountsError(`${loops.read} items were read, but ${settled} settled and ${loops.remaining} remain`);
  }
  const inPrefix = loops.settledPrefix;
  if (loops.remaining === 0 && inPrefix !== settled) {
    return new AccountsError(`all ${settled} items are settled, but the last checkpoint would count ${inPrefix}`);
  }
  return undefined;
}
