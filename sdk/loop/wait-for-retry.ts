/** The wait between two attempts. */

import type { Retry } from '../pace/retry.ts';
import type { LoopContext } from './loop-context.ts';

/** Waits out the backoff; false: the run was stopped meanwhile. */
export async function waitForRetry(context: LoopContext, { delayMs }: Retry): Promise<boolean> {
  const { clock, effects, stop } = context;
  try {
    await effects.perform({ kind: 'sleep', operation: 'backoff', target: 'clock', write: false }, () =>
      clock.sleep(delayMs, stop.stopping),
    );
    return true;
  } catch (error) {
    if (stop.stopping.aborted) return false;
    throw error;
  }
}
