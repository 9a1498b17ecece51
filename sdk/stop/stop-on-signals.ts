/**
 * Ends a run when its process is told to: by SIGTERM, by SIGINT, by a rejection that nobody awaited, or by an exception
 * that nothing caught. The last two fail the run, after it has drained.
 *
 * The first signal interrupts the run: it drains, saves its checkpoint and can be resumed. A second one ends the process
 * at once, with the code of the signal; what the checkpoint does not hold is then worked again.
 */

import { InterruptedError, StintError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { describeError } from '../report/describe-error.ts';

export interface ProcessSignals extends Disposable {
  /** Fires with an `InterruptedError`, or with an error that fails the run. */
  readonly signal: AbortSignal;
}

export function stopOnSignals(): ProcessSignals {
  const controller = new AbortController();
  // Not `controller.signal.aborted`: after an unhandled rejection the first signal still leaves the run time to drain.
  let signalled = false;
  const onSignal = (name: 'SIGINT' | 'SIGTERM') => {
    if (signalled) process.exit(name === 'SIGINT' ? exitCodes.sigint : exitCodes.sigterm);
    signalled = true;
    controller.abort(new InterruptedError(`the run was interrupted by ${name}`, name));
  };
  // After an exception that nobody caught little can be trusted, but what was settled can be saved and told.
  const onUncaught = (cause: unknown) => {
    const { name, message } = describeError(cause);
    const what = `an exception was thrown where nothing catches it (${name}: ${message}); the run ends`;
    controller.abort(new StintError('STINT_UNCAUGHT_EXCEPTION', what, { cause }));
  };
  const onUnhandled = (cause: unknown) => {
    const { name, message } = describeError(cause);
    const what = `a promise was rejected and nobody awaited it (${name}: ${message}); await everything that the job starts`;
    controller.abort(new StintError('STINT_UNHANDLED_REJECTION', what, { cause }));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('unhandledRejection', onUnhandled);
  process.on('uncaughtException', onUncaught);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
      process.off('unhandledRejection', onUnhandled);
      process.off('uncaughtException', onUncaught);
    },
  };
}
