/**
 * The clock of a harness: the machine's, or in a virtual run one that stands still but for its jumps.
 *
 * In a virtual run time jumps to the next timer, and only when nothing of the run is in flight (`in-flight.ts`) and all
 * that waits for promises only has happened. It does not jump for timers in the background alone: heartbeats, for example,
 * beat while others wait, and not for their own sake.
 *
 * Guarantees: one time for the run, its ledger and the fakes; it never goes back, and goes on where the last run ended.
 * Virtual time begins at 0 ms (monotonic) in a harness that did nothing on the machine's clock before.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Clock, systemClock, type Timer, type TimerOptions } from '@stint/sdk';
import type { InFlight } from './in-flight.ts';
import { TimeError } from './time-error.ts';
import { type Alarm, sleepBy, turn, VirtualTimers } from './virtual-timers.ts';

export interface HarnessClockOptions {
  readonly inFlight: InFlight;
  /** Wall clock at which virtual time begins. @default the machine's, then */
  readonly startsAt?: Date | undefined;
}

// One for what was promised and is set as an immediate by that, one to see that nothing came of it.
const stillTurns = 2;
// Where an effect waits for another that waits for its turn, both go on after so long (real time).
const lockedMs = 1_000;
// In real time: nothing has happened for so long, so nothing will.
const hangsAfterMs = 3_000;
const standsStillAfterMs = 15_000;
// Soon at first: what is awaited beside all effects is mostly a connection that closes.
const firstLookMs = 1;
const lookEveryMs = 50;

export class HarnessClock implements Clock {
  readonly #options: HarnessClockOptions;
  readonly #timers = new VirtualTimers();
  #virtualRuns = 0;
  #fired = 0;
  // The machine's clock was looked at: virtual time goes on from there, for leases that are held by it.
  #wasReal = false;
  #aheadMs = 0;
  #wallStartMs: number | undefined;

  constructor(options: HarnessClockOptions) {
    this.#options = options;
  }

  /** Whether a virtual run goes on. */
  get isVirtual(): boolean {
    return this.#virtualRuns > 0;
  }

  /** How far virtual time has come, in ms. */
  get elapsedMs(): number {
    return this.#timers.nowMs;
  }

  now(): number {
    // Whole, as a machine's clock tells it.
    return this.isVirtual ? Math.floor((this.#wallStartMs ?? 0) + this.#timers.nowMs) : systemClock.now();
  }

  monotonicMs(): number {
    if (this.isVirtual) return this.#timers.nowMs;
    this.#wasReal = true;
    return systemClock.monotonicMs() + this.#aheadMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepBy((delayMs, fn) => this.setTimer(delayMs, fn), ms, signal);
  }

  setTimer(ms: number, fn: () => void, options?: TimerOptions): Timer {
    return this.isVirtual ? this.#timers.set(ms, fn, options) : systemClock.setTimer(ms, fn, options);
  }

  /**
   * Does `work` in virtual time. When it cannot go on, `onHang` is told to end it; what is left of it then gets its time
   * without waiting for anything.
   * @throws TimeError `STINT_TIME_HANGS`, `STINT_TIME_STANDS_STILL`
   */
  async run<TResult>(work: () => Promise<TResult>, onHang: (error: TimeError) => void): Promise<TResult> {
    this.#begin();
    let settled = false;
    const settle = () => {
      settled = true;
    };
    const isSettled = () => settled;
    try {
      const working = work();
      working.then(settle, settle);
      const error = await this.#drive(isSettled);
      if (error === undefined) {
        await this.#untilLeft();
        return await working;
      }
      onHang(error);
      await this.#release(isSettled);
      throw error;
    } finally {
      this.#end();
    }
  }

  /** Moves from timer to timer until the work is settled; resolves with the reason why it cannot. */
  async #drive(isSettled: () => boolean): Promise<TimeError | undefined> {
    for (;;) {
      const stuck = await this.#untilStill(isSettled);
      if (isSettled()) return undefined;
      if (stuck !== undefined) return stuck;
      const next = this.#timers.next();
      if (next !== undefined && this.#timers.hasForeground) this.#fire(next);
      else if (await this.#hangs(isSettled)) return this.#hangError();
    }
  }

  // Of another run on this clock too.
  get #activity(): number {
    return this.#options.inFlight.activity + this.#fired;
  }

  /** Waits until nothing is on its way, the run knows of all that has ended, and nothing more comes of it. */
  async #untilStill(isSettled: () => boolean): Promise<TimeError | undefined> {
    const { inFlight } = this.#options;
    let lastMs = performance.now();
    let seen = this.#activity;
    for (let turns = 0; !isSettled(); ) {
      if (inFlight.isStill) await turn();
      else await inFlight.change(lockedMs);
      if (this.#activity !== seen) {
        seen = this.#activity;
        lastMs = performance.now();
        turns = 0;
      } else if (inFlight.isStill) {
        turns += 1;
        if (turns >= stillTurns && !inFlight.tellEnded()) return undefined;
      } else {
        inFlight.unlock();
        if (performance.now() - lastMs > standsStillAfterMs) return standsStillError(inFlight.describe());
      }
    }
    return undefined;
  }

  /** Waits until the fakes have noticed that the clients of a run which is over have gone: their calls end at its time. */
  async #untilLeft(): Promise<void> {
    const { inFlight } = this.#options;
    for (let seen = -1; !inFlight.isStill && seen !== inFlight.activity; ) {
      seen = inFlight.activity;
      await inFlight.change(lockedMs);
    }
    for (let turns = 0; turns < stillTurns; turns++) await turn();
  }

  /** Whether nothing happens for a while of real time. */
  async #hangs(isSettled: () => boolean): Promise<boolean> {
    const before = this.#activity;
    const untilMs = performance.now() + hangsAfterMs;
    for (let lookMs = firstLookMs; performance.now() < untilMs; lookMs = Math.min(2 * lookMs, lookEveryMs)) {
      if (isSettled() || this.#activity !== before || this.#timers.hasForeground) return false;
      await delay(lookMs);
    }
    return true;
  }

  #hangError(): TimeError {
    return new TimeError(
      'STINT_TIME_HANGS',
      `expected the run to end, but at ${this.#timers.nowMs} ms nothing of it is in flight and nothing of it waits for ` +
        'time: it awaits a promise that is neither an effect nor ctx.clock.sleep; await only those in a job',
    );
  }

  /** Lets time pass for what is being ended, whatever is in flight; gives up on it after a while of real time. */
  async #release(isSettled: () => boolean): Promise<void> {
    const untilMs = performance.now() + standsStillAfterMs;
    while (!isSettled() && performance.now() < untilMs) {
      await delay(1);
      this.#options.inFlight.unlock();
      const next = this.#timers.next();
      if (next !== undefined) this.#fire(next);
    }
  }

  #fire(alarm: Alarm): void {
    this.#fired += 1;
    this.#timers.fire(alarm);
  }

  #begin(): void {
    this.#virtualRuns += 1;
    if (this.#virtualRuns > 1) return;
    // A whole second: where in one a run begins must not show in its figures.
    if (this.#wasReal) this.#timers.moveTo(Math.ceil((systemClock.monotonicMs() + this.#aheadMs) / 1_000) * 1_000);
    this.#wasReal = false;
    this.#wallStartMs ??= (this.#options.startsAt?.getTime() ?? systemClock.now()) - this.#timers.nowMs;
  }

  #end(): void {
    this.#virtualRuns -= 1;
    if (this.isVirtual) return;
    this.#aheadMs = this.#timers.nowMs - systemClock.monotonicMs();
  }
}

function standsStillError(inFlight: string): TimeError {
  return new TimeError(
    'STINT_TIME_STANDS_STILL',
    `expected what is in flight to end, but for ${standsStillAfterMs / 1_000} s nothing has happened: ${inFlight}; ` +
      'if it waits for something that itself waits for time, such as a lock or a connection, run it on the real clock',
  );
}
