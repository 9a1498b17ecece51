/**
 * The timers of a clock whose time is moved: they fire when somebody fires them, in the order of their times, and in the
 * order in which they were set where those are the same.
 */
import type { Timer, TimerOptions } from '@stint/sdk';

/** A timer that is set. */
export interface Alarm {
  readonly dueMs: number;
  readonly fn: () => void;
  readonly background: boolean;
}

export class VirtualTimers {
  readonly #alarms = new Set<Alarm>();
  #nowMs = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Timers that wait to fire. */
  get pending(): number {
    return this.#alarms.size;
  }

  /** Whether there is a timer that somebody waits for. */
  get hasForeground(): boolean {
    for (const { background } of this.#alarms) if (!background) return true;
    return false;
  }

  set(ms: number, fn: () => void, { background = false }: TimerOptions = {}): Timer {
    const alarm: Alarm = { dueMs: this.#nowMs + Math.max(ms, 0), fn, background };
    this.#alarms.add(alarm);
    return { cancel: () => this.#alarms.delete(alarm) };
  }

  /** The timer that is due first; undefined: none is set. */
  next(): Alarm | undefined {
    let next: Alarm | undefined;
    for (const alarm of this.#alarms) if (next === undefined || alarm.dueMs < next.dueMs) next = alarm;
    return next;
  }

  /** Moves the time on to when the timer is due, and fires it. */
  fire(alarm: Alarm): void {
    this.#alarms.delete(alarm);
    this.moveTo(alarm.dueMs);
    alarm.fn();
  }

  /** Moves the time on, firing nothing; never back. */
  moveTo(nowMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs);
  }
}

/** Waits on a clock of such timers; rejects with the signal's reason when it fires first. */
export function sleepBy(
  setTimer: (ms: number, fn: () => void) => Timer,
  ms: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const timer = setTimer(ms, () => {
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

/** Lets everything happen that waits for promises only. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
