/**
 * A clock for tests: its time moves only when a test says so, and a timer fires in between all that is due.
 *
 * Guarantees: timers fire in order of their time, one at a time, and all that follows from one without real waiting
 * (promises) has happened before the next. Does not wait for real I/O: what needs that needs the harness's clock
 * (`harness/time/`), which is made of the same timers.
 */
import { sleepBy, turn, VirtualTimers } from '../../harness/time/virtual-timers.ts';
import type { Clock, Timer } from '../clock.ts';

export { turn };

export interface VirtualClockOptions {
  /** How late a timer fires, in ms. @default always on time */
  readonly lateness?: () => number;
}

const epochMs = Date.UTC(2026, 0, 1);
// What has no timer and still goes on after so many turns of the event loop waits for something that never comes.
const idleTurns = 200;

export class VirtualClock implements Clock {
  readonly #lateness: () => number;
  readonly #timers = new VirtualTimers();

  constructor({ lateness = () => 0 }: VirtualClockOptions = {}) {
    this.#lateness = lateness;
  }

  /** Timers that wait to fire. */
  get pending(): number {
    return this.#timers.pending;
  }

  now(): number {
    return epochMs + this.#timers.nowMs;
  }

  monotonicMs(): number {
    return this.#timers.nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepBy((delayMs, fn) => this.setTimer(delayMs, fn), ms, signal);
  }

  setTimer(ms: number, fn: () => void): Timer {
    return this.#timers.set(Math.max(ms, 0) + this.#lateness(), fn);
  }

  /** Moves on by `ms`, firing what falls due. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#timers.nowMs + ms;
    await turn();
    for (let next = this.#timers.next(); next !== undefined && next.dueMs <= untilMs; next = this.#timers.next()) {
      this.#timers.fire(next);
      await turn();
    }
    this.#timers.moveTo(untilMs);
  }

  /**
   * Moves on by itself, from timer to timer, until `work` has settled.
   * @throws Error when it has not within `withinMs`, or nothing is left that it could wait for: it hangs
   */
  async run<TResult>(work: Promise<TResult>, { withinMs = 3_600_000 } = {}): Promise<TResult> {
    const untilMs = this.#timers.nowMs + withinMs;
    let settled = false;
    const settle = () => {
      settled = true;
    };
    work.then(settle, settle);
    for (let idle = 0; idle < idleTurns; idle++) {
      await turn();
      if (settled) return work;
      const next = this.#timers.next();
      if (next === undefined) continue;
      if (next.dueMs > untilMs) throw new Error(`expected the work to end within ${withinMs} virtual ms; it hangs`);
      this.#timers.fire(next);
      idle = 0;
    }
    throw new Error('expected the work to end; it hangs, and nothing is left that it could wait for');
  }
}
