/**
 * The only clock of the SDK and of jobs, so that a harness can put a virtual one in its place.
 *
 * Guarantees: `monotonicMs` never goes back. Does not guarantee: that a sleep ends on time; it never ends early, unless it is longer than 24.8 days.
 */
import { performance } from 'node:perf_hooks';

/** A timer that can be called off. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall clock, ms since the epoch. For people and for data, never for measuring. */
  now(): number;
  /** Ms since some fixed moment, with fractions; never goes back. */
  monotonicMs(): number;
  /** Waits `ms`; rejects with the signal's reason when it fires first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `fn` once after `ms`. Keeps the process alive until it fires or is cancelled. */
  setTimer(ms: number, fn: () => void): Timer;
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
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      }, toTimeout(ms));
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  },

  setTimer(ms, fn) {
    const timer = setTimeout(fn, toTimeout(ms));
    return { cancel: () => clearTimeout(timer) };
  },
};

// Node cuts fractions off, and would fire early.
function toTimeout(ms: number): number {
  return Math.min(Math.max(Math.ceil(ms), 0), longestTimeoutMs);
}
