/**
 * A strict rate limit: when a handler may start.
 *
 * Guarantees, by the monotonic clock:
 * - in any window of `w` seconds at most `perSecond × w + burst` starts (generic cell rate algorithm, ITU-T I.371);
 * - in any half-open window of one second at most `perSecond` starts, whatever `burst` is, so that a provider's quota
 *   holds (a log of the last `perSecond` starts; below one a second, one start in `1 / perSecond` seconds);
 * - starts are granted in the order in which they were asked for; a pause holds all of them back.
 *
 * Does not guarantee: that requests arrive at the provider as evenly as they were started.
 * `burst` is what lets a late timer be made up for; with `burst: 1` a late start is lost.
 */
import type { Clock, Timer } from '../clock.ts';
import { RateMeter } from './rate-meter.ts';

export interface RateLimitOptions {
  /** Starts a second; undefined means no limit, only pauses. */
  readonly perSecond: number | undefined;
  /** Starts that may come at once, ≥ 1 and at most `perSecond`. */
  readonly burst: number;
}

interface Waiter {
  readonly sinceMs: number;
  readonly grant: () => void;
}

export class RateLimit {
  readonly #clock: Clock;
  readonly #meter: RateMeter;
  readonly #intervalMs: number;
  readonly #toleranceMs: number;
  readonly #windowMs: number;
  // The last starts, a ring: #starts[#next] is the oldest, `length` starts ago.
  readonly #starts: Float64Array;
  #next = 0;
  // Theoretical arrival time of the next start if all came evenly.
  #dueMs = Number.NEGATIVE_INFINITY;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;
  readonly #queue = new Set<Waiter>();
  #waitedMs = 0;

  /** @param meter counts each start, at the moment of its grant */
  constructor(clock: Clock, { perSecond, burst }: RateLimitOptions, meter = new RateMeter()) {
    this.#clock = clock;
    this.#meter = meter;
    const perWindow = perSecond === undefined ? 0 : Math.max(1, Math.floor(perSecond));
    this.#starts = new Float64Array(perWindow).fill(Number.NEGATIVE_INFINITY);
    this.#intervalMs = perSecond === undefined ? 0 : 1_000 / perSecond;
    this.#windowMs = Math.max(1_000, perWindow * this.#intervalMs);
    this.#toleranceMs = (burst - 1) * this.#intervalMs;
  }

  /** Ms that starts were held back, added up over all of them. */
  get waitedMs(): number {
    return this.#waitedMs;
  }

  /** Takes a start now if there is one and nobody waits for it. */
  tryTake(): boolean {
    if (this.#queue.size > 0) return false;
    const nowMs = this.#clock.monotonicMs();
    if (this.#allowedAtMs() > nowMs) return false;
    this.#record(nowMs);
    return true;
  }

  /** Resolves when a start was granted; rejects with the signal's reason when it fires first. */
  take(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.tryTake()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#queue.delete(waiter);
        reject(signal?.reason);
        if (this.#queue.size === 0) this.#disarm();
      };
      const waiter: Waiter = {
        sinceMs: this.#clock.monotonicMs(),
        grant: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#queue.add(waiter);
      if (this.#queue.size === 1) this.#arm();
    });
  }

  /** Grants no start for `ms` from now; a later end of an earlier pause stands. Undefined: no pause. */
  pause(ms: number | undefined): void {
    if (ms === undefined) return;
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#clock.monotonicMs() + ms);
  }

  #allowedAtMs(): number {
    if (this.#starts.length === 0) return this.#pausedUntilMs;
    const oldestMs = this.#starts[this.#next] ?? Number.NEGATIVE_INFINITY;
    return Math.max(this.#dueMs - this.#toleranceMs, oldestMs + this.#windowMs, this.#pausedUntilMs);
  }

  #record(nowMs: number): void {
    this.#meter.record(nowMs);
    if (this.#starts.length === 0) return;
    this.#dueMs = Math.max(nowMs, this.#dueMs) + this.#intervalMs;
    this.#starts[this.#next] = nowMs;
    this.#next = (this.#next + 1) % this.#starts.length;
  }

  #arm(): void {
    this.#timer = this.#clock.setTimer(this.#allowedAtMs() - this.#clock.monotonicMs(), () => this.#grantDue());
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #grantDue(): void {
    this.#timer = undefined;
    for (const waiter of this.#queue) {
      const nowMs = this.#clock.monotonicMs();
      if (this.#allowedAtMs() > nowMs) break;
      this.#record(nowMs);
      this.#queue.delete(waiter);
      this.#waitedMs += nowMs - waiter.sinceMs;
      waiter.grant();
    }
    if (this.#queue.size > 0) this.#arm();
  }
}
