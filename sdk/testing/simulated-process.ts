/**
 * A process in this process, that a test can kill, stop and continue.
 *
 * Its clock and its effects go through it. Once it is killed none of its timers fires and none of its effects happens, as
 * after SIGKILL; while it is stopped neither does, and when it continues all of it comes at once, as after SIGSTOP and SIGCONT.
 * What its code does between two effects cannot be stopped: tests look at effects only.
 */
import type { Clock, Timer } from '../clock.ts';
import type { EffectMiddleware } from '../effects.ts';

type State = 'running' | 'stopped' | 'killed';

export class SimulatedProcess {
  readonly clock: Clock;
  /** To be put around all effects of the process, outermost. */
  readonly middleware: EffectMiddleware;
  #state: State = 'running';
  // What waits for the process to continue.
  #held: (() => void)[] = [];

  constructor(clock: Clock) {
    const setTimer = (ms: number, fn: () => void): Timer => {
      let cancelled = false;
      const timer = clock.setTimer(ms, () => this.#whenRunning(() => !cancelled && fn()));
      return {
        cancel: () => {
          cancelled = true;
          timer.cancel();
        },
      };
    };
    this.clock = {
      now: () => clock.now(),
      monotonicMs: () => clock.monotonicMs(),
      setTimer,
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted) return reject(signal.reason);
          const timer = setTimer(ms, () => {
            signal?.removeEventListener('abort', onAbort);
            resolve();
          });
          const onAbort = () => {
            timer.cancel();
            reject(signal?.reason);
          };
          signal?.addEventListener('abort', onAbort, { once: true });
        }),
    };
    this.middleware = async (_effect, next) => {
      await this.#gate();
      // Happens even if the process is stopped or killed meanwhile: it is on its way. But nobody hears of it then.
      try {
        const result = await next();
        await this.#gate();
        return result;
      } catch (error) {
        await this.#gate();
        throw error;
      }
    };
  }

  get isAlive(): boolean {
    return this.#state !== 'killed';
  }

  kill(): void {
    this.#state = 'killed';
    this.#held = [];
  }

  stop(): void {
    if (this.#state === 'running') this.#state = 'stopped';
  }

  continue(): void {
    if (this.#state !== 'stopped') return;
    this.#state = 'running';
    for (const fn of this.#held.splice(0)) fn();
  }

  #whenRunning(fn: () => void): void {
    if (this.#state === 'running') fn();
    else if (this.#state === 'stopped') this.#held.push(fn);
  }

  #gate(): Promise<void> | undefined {
    if (this.#state === 'running') return undefined;
    return new Promise((resolve) => this.#whenRunning(resolve));
  }
}
