/** Tells an observer of saved checkpoints, and how long what they hold had to wait for them. */
import type { Clock } from '../clock.ts';
import type { Taken } from '../ledger/checkpointer.ts';
import type { RunObserver } from './progress.ts';

/** Undefined: nobody listens. What the observer throws goes to `onError`: the checkpoint is saved all the same. */
export function tellCheckpoints(
  observer: RunObserver | undefined,
  clock: Pick<Clock, 'monotonicMs'>,
  onError: (error: unknown) => void,
): ((taken: Taken) => void) | undefined {
  const tell = observer?.onCheckpoint;
  if (tell === undefined) return undefined;
  return ({ save: { checkpoint }, unsavedSinceMs }) => {
    try {
      tell({ seq: checkpoint.seq, lagMs: Math.max(0, clock.monotonicMs() - unsavedSinceMs) });
    } catch (error) {
      onError(error);
    }
  };
}
