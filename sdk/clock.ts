/**
 * The only clock of the SDK and of jobs, so that a harness can put a virtual one in its place.
 *
 * Guarantees: `monotonicMs` never goes back. Does not guarantee: that a sleep or a timer ends on time; it never
 * ends early, by the monotonic clock.
 */
import { performance } from 'node:perf_hooks';

/** A timer that can be called off. */
export interface Timer {
  cancel(): void;
}

export interface TimerOptions {
  /** Nothing waits for it: it looks on, or looks after something, for as long as others wait. @default false */
  readonly background?: boolean;
}

export interface Clock {
  /** Wall clock, ms since the epoch. For people and for data, never for measuring. */
  now(): number;
  /** Ms since some fixed moment, with fractions; never goes back. */
  monotonicMs(): number;
  /** Waits `ms`; rejects with the signal's reason when it fires first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Calls `fn` once after `ms`. Keeps the process alive until it fires or is cancelled. A clock that jumps from timer to
   * timer does not jump for one in the background alone; others may pass over `options`.
   */
  setTimer(ms: number, fn: () => void, options?: TimerOptions): Timer;
}

// setTimeout takes a signed 32-bit number of ms; more would fire at once.
const longestTimeoutMs = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),

  sleep(ms, signal) {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const timer = systemClock.setTimer(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      const onAbort = () => {
        timer.cancel();
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  },

  setTimer(ms, fn) {
    const dueMs = performance.now() + ms;
    // Node counts whole ms from the one that is under way: it may fire by a part of one too early.
    const fire = () => {
      const leftMs = dueMs - performance.now();
      if (leftMs > 0) timer = setTimeout(fire, toTimeout(leftMs));
      else fn();
    };
    let timer = setTimeout(fire, toTimeout(ms));
    return { cancel: () => clearTimeout(timer) };
  },
};

// Node cuts fractions off.
function toTimeout(ms: number): number {
  return Math.min(Math.max(Math.ceil(ms), 0), longestTimeoutMs);
}
