/** Turns what can stop a run from outside into stops: the caller's signal, the time slice, the end of the drain. */
import type { Clock, Timer } from '../clock.ts';
import { InterruptedError, StintError } from '../errors.ts';
import type { ResolvedLimits } from '../limits.ts';
import { describeError } from '../report/describe-error.ts';
import type { Log } from '../report/log.ts';
import type { Stop } from './stop.ts';

export interface WatchStopOptions {
  readonly clock: Clock;
  readonly limits: ResolvedLimits;
  readonly stop: Stop;
  readonly signal: AbortSignal | undefined;
  readonly log: Log;
}

// What a job may still do once all its calls were given up on.
const lastGraceMs = 1_000;

export function watchStop({ clock, limits, stop, signal, log }: WatchStopOptions): Disposable {
  const timers: Timer[] = [];
  const after = (ms: number, fn: () => void) => {
    timers.push(clock.setTimer(ms, fn));
  };

  const onSignal = () => {
    const reason: unknown = signal?.reason;
    stop.stop(reason instanceof StintError ? reason : new InterruptedError('the run was interrupted by its caller'));
  };
  const onStopping = () => {
    // The run is over: nothing ends early.
    const { reason } = stop;
    if (reason === undefined) return;
    // Of its own signal, whoever gave it tells.
    if (signal?.aborted !== true) {
      log.warn('finishing what is in flight', { drainMs: limits.drainMs, error: describeError(reason) });
    }
    after(limits.drainMs, () => stop.abort(reason));
  };
  const onAborting = () => after(limits.abortGraceMs + lastGraceMs, () => stop.giveUp());

  stop.stopping.addEventListener('abort', onStopping, { once: true });
  stop.aborting.addEventListener('abort', onAborting, { once: true });
  if (limits.maxRunMs !== undefined) {
    after(limits.maxRunMs, () =>
      stop.stop(new InterruptedError(`the time slice of limits.maxRunMs (${limits.maxRunMs} ms) is used up`)),
    );
  }
  if (signal?.aborted) onSignal();
  else signal?.addEventListener('abort', onSignal, { once: true });

  return {
    [Symbol.dispose]() {
      signal?.removeEventListener('abort', onSignal);
      stop.stopping.removeEventListener('abort', onStopping);
      stop.aborting.removeEventListener('abort', onAborting);
      for (const timer of timers) timer.cancel();
    },
  };
}
