/**
 * When the next start may be made, by those that were made.
 *
 * Guarantees, for starts that are recorded only when they are allowed:
 * - in any window of `w` seconds at most `perSecond × w + burst` (generic cell rate algorithm, ITU-T I.371);
 * - in any half-open window of one second at most `perSecond`, whatever `burst` is, so that a provider's quota
 *   holds (a log of the last `perSecond` starts; below one a second, one start in `1 / perSecond` seconds).
 */
export class StartGate {
  readonly #intervalMs: number;
  readonly #toleranceMs: number;
  readonly #windowMs: number;
  // The last starts, a ring: #starts[#next] is the oldest, `length` starts ago.
  readonly #starts: Float64Array;
  #next = 0;
  // Theoretical arrival time of the next start if all came evenly.
  #dueMs = Number.NEGATIVE_INFINITY;

  constructor(perSecond: number, burst: number) {
    const perWindow = Math.max(1, Math.floor(perSecond));
    this.#starts = new Float64Array(perWindow).fill(Number.NEGATIVE_INFINITY);
    this.#intervalMs = 1_000 / perSecond;
    this.#windowMs = Math.max(1_000, perWindow * this.#intervalMs);
    this.#toleranceMs = (burst - 1) * this.#intervalMs;
  }

  get allowedAtMs(): number {
    const oldestMs = this.#starts[this.#next] ?? Number.NEGATIVE_INFINITY;
    return Math.max(this.#dueMs - this.#toleranceMs, oldestMs + this.#windowMs);
  }

  record(nowMs: number): void {
    this.#dueMs = Math.max(nowMs, this.#dueMs) + this.#intervalMs;
    this.#starts[this.#next] = nowMs;
    this.#next = (this.#next + 1) % this.#starts.length;
  }
}
