/**
 * A strict rate limit: when a handler may start.
 *
 * One who asks is given a turn, and with it a start. Whoever waited for so long that what it holds is stale gets the turn
 * alone: it reads again, and then makes the start of that turn (`start`). So each try costs one turn, however often it has
 * to read, and the starts themselves keep to the limit, however long the re-reads take and however many end at once.
 *
 * Guarantees, by the monotonic clock:
 * - starts keep to the bounds of `start-gate.ts`: at most `perSecond × w + burst` in any window of `w` seconds, and at most
 *   `perSecond` in any second;
 * - turns are given in the order in which they were asked for, at that rate; a pause holds turns and starts back.
 *
 * Does not guarantee: that requests arrive at the provider as evenly as they were started.
 * `burst` is what lets a late timer be made up for; with `burst: 1` a late start is lost.
 */
import type { Clock, Timer } from '../clock.ts';
import { RateMeter } from './rate-meter.ts';
import { StartGate } from './start-gate.ts';

export interface RateLimitOptions {
  /** Starts a second; undefined means no limit, only pauses. */
  readonly perSecond: number | undefined;
  /** Starts that may come at once, ≥ 1 and at most `perSecond`. */
  readonly burst: number;
}

interface Waiter {
  readonly sinceMs: number;
  readonly freshUntilMs: number;
  readonly end: (isStarted: boolean) => void;
}

const forever = Number.POSITIVE_INFINITY;

export class RateLimit {
  readonly #clock: Clock;
  readonly #meter: RateMeter;
  readonly #gate: StartGate | undefined;
  readonly #intervalMs: number;
  readonly #toleranceMs: number;
  // Theoretical arrival time of the next turn if all came evenly. Turns may be given back: it is the gate that is strict.
  #turnDueMs = Number.NEGATIVE_INFINITY;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;
  /** Those who wait for a turn. */
  readonly #queue = new Set<Waiter>();
  /** Those who had theirs and have read again since: they go first. */
  readonly #late = new Set<Waiter>();
  #waitedMs = 0;

  /** @param meter counts each start, at its moment */
  constructor(clock: Clock, { perSecond, burst }: RateLimitOptions, meter = new RateMeter()) {
    this.#clock = clock;
    this.#meter = meter;
    this.#gate = perSecond === undefined ? undefined : new StartGate(perSecond, burst);
    this.#intervalMs = perSecond === undefined ? 0 : 1_000 / perSecond;
    this.#toleranceMs = (burst - 1) * this.#intervalMs;
  }

  /** Ms that starts were held back, added up over all of them. */
  get waitedMs(): number {
    return this.#waitedMs;
  }

  /**
   * Takes a turn now if there is one and nobody waits for it; with the start, unless it is later than `freshUntilMs`.
   * `nowMs`: the time by the clock, for those who have just looked.
   */
  tryTake(freshUntilMs = forever, nowMs = this.#clock.monotonicMs()): boolean {
    if (this.#queue.size > 0) return false;
    const isFresh = nowMs <= freshUntilMs;
    if (isFresh && this.#late.size > 0) return false;
    if (this.#turnAtMs(isFresh) > nowMs) return false;
    this.#takeTurn(nowMs, isFresh);
    return true;
  }

  /**
   * Waits for a turn. True: the start was made with it; false: it is later than `freshUntilMs`, so read again and then
   * make the `start`. Rejects with the signal's reason when it fires first.
   */
  async take(signal?: AbortSignal, freshUntilMs = forever): Promise<boolean> {
    signal?.throwIfAborted();
    const nowMs = this.#clock.monotonicMs();
    if (this.tryTake(freshUntilMs, nowMs)) return nowMs <= freshUntilMs;
    return this.#wait(this.#queue, signal, freshUntilMs);
  }

  /** Waits to make the start of a turn. False: by now it is later than `freshUntilMs`; read again, the turn is still there. */
  async start(signal?: AbortSignal, freshUntilMs = forever): Promise<boolean> {
    signal?.throwIfAborted();
    const nowMs = this.#clock.monotonicMs();
    if (this.#late.size > 0 || this.#startAtMs > nowMs) return this.#wait(this.#late, signal, freshUntilMs);
    if (nowMs > freshUntilMs) return false;
    this.#recordStart(nowMs);
    return true;
  }

  /** Gives a turn back whose start is not going to be made. */
  giveBack(): void {
    this.#turnDueMs -= this.#intervalMs;
    if (this.#queue.size > 0) this.#arm();
  }

  /** Grants no start for `ms` from now; a later end of an earlier pause stands. Undefined: no pause. */
  pause(ms: number | undefined): void {
    if (ms === undefined) return;
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#clock.monotonicMs() + ms);
  }

  /** From when on a start may be made. */
  get #startAtMs(): number {
    return this.#gate === undefined ? this.#pausedUntilMs : Math.max(this.#gate.allowedAtMs, this.#pausedUntilMs);
  }

  /** From when on a turn may be taken, with its start or alone. */
  #turnAtMs(withStart: boolean): number {
    const turnMs = this.#turnDueMs - this.#toleranceMs;
    return Math.max(turnMs, withStart ? this.#startAtMs : this.#pausedUntilMs);
  }

  #takeTurn(nowMs: number, withStart: boolean): void {
    this.#turnDueMs = Math.max(nowMs, this.#turnDueMs) + this.#intervalMs;
    if (withStart) this.#recordStart(nowMs);
  }

  #recordStart(nowMs: number): void {
    this.#meter.record(nowMs);
    this.#gate?.record(nowMs);
  }

  #wait(queue: Set<Waiter>, signal: AbortSignal | undefined, freshUntilMs: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        queue.delete(waiter);
        reject(signal?.reason);
        this.#arm();
      };
      const waiter: Waiter = {
        sinceMs: this.#clock.monotonicMs(),
        freshUntilMs,
        end: (isStarted) => {
          signal?.removeEventListener('abort', onAbort);
          resolve(isStarted);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      queue.add(waiter);
      if (queue.size === 1) this.#arm();
    });
  }

  /** Wakes for whoever is first: of each queue that is the one in front. */
  #arm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const nowMs = this.#clock.monotonicMs();
    let atMs = this.#late.size > 0 ? this.#startAtMs : forever;
    for (const { freshUntilMs } of this.#queue) {
      const aloneMs = Math.max(nowMs, this.#turnAtMs(false));
      // What is fresh waits behind those who are late, or goes stale meanwhile.
      atMs = Math.min(atMs, aloneMs <= freshUntilMs ? this.#turnAtMs(true) : aloneMs);
      break;
    }
    if (atMs < forever) this.#timer = this.#clock.setTimer(atMs - nowMs, () => this.#grantDue());
  }

  #grantDue(): void {
    this.#timer = undefined;
    for (const waiter of this.#late) {
      const nowMs = this.#clock.monotonicMs();
      if (this.#startAtMs > nowMs) break;
      const isFresh = nowMs <= waiter.freshUntilMs;
      if (isFresh) this.#recordStart(nowMs);
      this.#end(this.#late, waiter, nowMs, isFresh);
    }
    for (const waiter of this.#queue) {
      const nowMs = this.#clock.monotonicMs();
      const isFresh = nowMs <= waiter.freshUntilMs;
      if ((isFresh && this.#late.size > 0) || this.#turnAtMs(isFresh) > nowMs) break;
      this.#takeTurn(nowMs, isFresh);
      this.#end(this.#queue, waiter, nowMs, isFresh);
    }
    this.#arm();
  }

  #end(queue: Set<Waiter>, waiter: Waiter, nowMs: number, isStarted: boolean): void {
    queue.delete(waiter);
    this.#waitedMs += nowMs - waiter.sinceMs;
    waiter.end(isStarted);
  }
}
