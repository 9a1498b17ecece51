/**
 * The one table of exit codes, used by the task, the command line and the summary.
 *
 * An alarm fires on every code that is not 0, so 0 means: nobody needs to look.
 */
import {
  EnvironmentError,
  InterruptedError,
  LeaseLostError,
  PortMissingError,
  RunOverError,
  ScopeError,
  type StintError,
  UnknownJobError,
  UnknownRunError,
  UsageError,
} from './errors.ts';

export const exitCodes = {
  /** Succeeded, tolerated failures included; or refused when a schedule started it. */
  succeeded: 0,
  /** An error, tolerance exceeded, accounts that do not balance, or cancelled by a person. */
  failed: 1,
  /** Unknown job or run, a run that is over, bad flag, bad scope. */
  usage: 64,
  /** Interrupted without a signal (lease lost, time slice used up), or refused when a person started it. */
  temporary: 75,
  /** Missing or unfit environment variable or secret, or a store that none of them names. */
  environment: 78,
  /** Interrupted by SIGINT, after the checkpoint was saved. */
  sigint: 130,
  /** Interrupted by SIGTERM, after the checkpoint was saved. */
  sigterm: 143,
} as const;

const usageErrors = [UnknownJobError, UnknownRunError, RunOverError, ScopeError, UsageError];

/** Statuses a run can end with. */
export type FinalStatus = 'succeeded' | 'failed' | 'interrupted' | 'cancelled' | 'refused';

/** The exit code of a run that ended with `status`, started by `trigger`, because of `error`. */
export function exitCodeOf(status: FinalStatus, trigger: string, error: StintError | undefined): number {
  switch (status) {
    case 'succeeded':
      return exitCodes.succeeded;
    case 'refused':
      return trigger === 'schedule' ? exitCodes.succeeded : exitCodes.temporary;
    case 'interrupted':
      return error instanceof InterruptedError ? exitCodeOfError(error) : exitCodes.temporary;
    default:
      return error instanceof InterruptedError ? exitCodes.failed : exitCodeOfError(error);
  }
}

/** The exit code of an error, also of one that kept a run from starting. */
export function exitCodeOfError(error: unknown): number {
  if (error instanceof InterruptedError) {
    if (error.signal === undefined) return exitCodes.temporary;
    return error.signal === 'SIGINT' ? exitCodes.sigint : exitCodes.sigterm;
  }
  if (error instanceof LeaseLostError) return exitCodes.temporary;
  if (usageErrors.some((kind) => error instanceof kind)) return exitCodes.usage;
  if (error instanceof EnvironmentError || error instanceof PortMissingError) return exitCodes.environment;
  return exitCodes.failed;
}
