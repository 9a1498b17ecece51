/** Interrupts a run as a signal to its process would, once so many of its items are settled. */
import { InterruptedError, type RunObserver, StintError } from '@stint/sdk';

export interface Interrupt {
  /** Items that this attempt settles before the signal comes, 1 or more. Those in flight then are finished too. */
  readonly afterItems: number;
  /** @default 'SIGTERM' */
  readonly by?: 'SIGINT' | 'SIGTERM';
}

export interface ArmedInterrupt {
  readonly signal: AbortSignal;
  readonly observer: RunObserver;
  /** @throws StintError `STINT_NOT_INTERRUPTED` when the run ended before */
  checkHappened(): void;
}

/** `observer` is told as ever. @throws StintError `STINT_INTERRUPT` for an `afterItems` that cannot be */
export function armInterrupt({ afterItems, by = 'SIGTERM' }: Interrupt, observer: RunObserver = {}): ArmedInterrupt {
  if (!Number.isInteger(afterItems) || afterItems < 1) {
    throw new StintError(
      'STINT_INTERRUPT',
      `expected interrupt.afterItems to be a whole number of 1 or more, got ${afterItems}`,
    );
  }
  const controller = new AbortController();
  let most = 0;
  return {
    signal: controller.signal,
    observer: {
      ...observer,
      onSettled(settled) {
        observer.onSettled?.(settled);
        most = settled;
        if (settled >= afterItems) controller.abort(new InterruptedError(`the run was interrupted by ${by}`, by));
      },
    },
    checkHappened() {
      if (controller.signal.aborted) return;
      throw new StintError(
        'STINT_NOT_INTERRUPTED',
        `expected the run to be interrupted after ${afterItems} items, but it ended with ${most} settled; interrupt it earlier, or give it more to do`,
      );
    },
  };
}
