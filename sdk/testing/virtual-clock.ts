/**
 * A clock for tests: its time moves only when a test says so, and a timer fires in between all that is due.
 *
 * Guarantees: timers fire in order of their time, one at a time, and all that follows from one without real waiting
 * (promises) has happened before the next. Does not wait for real I/O: what needs that needs the real clock.
 */
import type { Clock, Timer } from '../clock.ts';

export interface VirtualClockOptions {
  /** How late a timer fires, in ms. @default always on time */
  readonly lateness?: () => number;
}

interface Alarm {
  readonly dueMs: number;
  readonly fn: () => void;
}

const epochMs = Date.UTC(2026, 0, 1);
// What has no timer and still goes on after so many turns of the event loop waits for something that never comes.
const idleTurns = 200;

export class VirtualClock implements Clock {
  readonly #lateness: () => number;
  readonly #alarms = new Set<Alarm>();
  #nowMs = 0;

  constructor({ lateness = () => 0 }: VirtualClockOptions = {}) {
    this.#lateness = lateness;
  }

  /** Timers that wait to fire. */
  get pending(): number {
    return this.#alarms.size;
  }

  now(): number {
    return epochMs + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const timer = this.setTimer(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      const onAbort = () => {
        timer.cancel();
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  setTimer(ms: number, fn: () => void): Timer {
    const alarm: Alarm = { dueMs: this.#nowMs + Math.max(ms, 0) + this.#lateness(), fn };
    this.#alarms.add(alarm);
    return { cancel: () => this.#alarms.delete(alarm) };
  }

  /** Moves on by `ms`, firing what falls due. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await turn();
    for (let next = this.#next(); next !== undefined && next.dueMs <= untilMs; next = this.#next()) {
      this.#fire(next);
      await turn();
    }
    this.#nowMs = untilMs;
  }

  /**
   * Moves on by itself, from timer to timer, until `work` has settled.
   * @throws Error when it has not within `withinMs`, or nothing is left that it could wait for: it hangs
   */
  async run<TResult>(work: Promise<TResult>, { withinMs = 3_600_000 } = {}): Promise<TResult> {
    const untilMs = this.#nowMs + withinMs;
    let settled = false;
    const settle = () => {
      settled = true;
    };
    work.then(settle, settle);
    for (let idle = 0; idle < idleTurns; idle++) {
      await turn();
      if (settled) return work;
      const next = this.#next();
      if (next === undefined) continue;
      if (next.dueMs > untilMs) throw new Error(`expected the work to end within ${withinMs} virtual ms; it hangs`);
      this.#fire(next);
      idle = 0;
    }
    throw new Error('expected the work to end; it hangs, and nothing is left that it could wait for');
  }

  #next(): Alarm | undefined {
    let next: Alarm | undefined;
    for (const alarm of this.#alarms) if (next === undefined || alarm.dueMs < next.dueMs) next = alarm;
    return next;
  }

  #fire(alarm: Alarm): void {
    this.#alarms.delete(alarm);
    this.#nowMs = Math.max(this.#nowMs, alarm.dueMs);
    alarm.fn();
  }
}

/** Lets everything happen that waits for promises only. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
