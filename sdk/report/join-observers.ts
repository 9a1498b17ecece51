/** Several observers as one. */
import type { RunObserver } from './progress.ts';

type Hook<TWhat> = (what: TWhat) => void;

/**
 * Makes one observer that tells each of these, in this order; undefined ones are left out.
 *
 * One that throws does not keep the others from hearing: when all have been told, the first error is thrown as if it were
 * the only observer's. So it ends the run then, that of `onEnd` is logged; errors of others at the same call are lost. A
 * hook that none of them has is left out, so nobody pays for it.
 */
export function joinObservers(...observers: readonly (RunObserver | undefined)[]): RunObserver {
  const all = observers.filter((observer) => observer !== undefined);
  return {
    onStart: tellAll(all.map((observer) => observer.onStart?.bind(observer))),
    onRefused: tellAll(all.map((observer) => observer.onRefused?.bind(observer))),
    onSettled: tellAll(all.map((observer) => observer.onSettled?.bind(observer))),
    onOutcome: tellAll(all.map((observer) => observer.onOutcome?.bind(observer))),
    onProgress: tellAll(all.map((observer) => observer.onProgress?.bind(observer))),
    onCheckpoint: tellAll(all.map((observer) => observer.onCheckpoint?.bind(observer))),
    onEnd: tellAll(all.map((observer) => observer.onEnd?.bind(observer))),
  };
}

function tellAll<TWhat>(hooks: readonly (Hook<TWhat> | undefined)[]): Hook<TWhat> | undefined {
  const present = hooks.filter((hook) => hook !== undefined);
  if (present.length < 2) return present[0];
  return (what) => {
    let failure: { readonly error: unknown } | undefined;
    for (const hook of present) {
      try {
        hook(what);
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure !== undefined) throw failure.error;
  };
}
