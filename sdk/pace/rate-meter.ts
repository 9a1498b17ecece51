/** Counts events and remembers the most that fell into any second, to a resolution of 5 ms (it never overstates). */

const bucketMs = 5;
const bucketsPerSecond = 1_000 / bucketMs;

export class RateMeter {
  readonly #buckets = new Uint32Array(bucketsPerSecond);
  #current = Number.NEGATIVE_INFINITY;
  #inLastSecond = 0;
  #peak = 0;

  /** The most events in any second so far. */
  get peak(): number {
    return this.#peak;
  }

  record(nowMs: number): void {
    const bucket = Math.floor(nowMs / bucketMs);
    if (bucket !== this.#current) this.#advance(bucket);
    const slot = bucket % bucketsPerSecond;
    this.#buckets[slot] = (this.#buckets[slot] ?? 0) + 1;
    this.#inLastSecond += 1;
    if (this.#inLastSecond > this.#peak) this.#peak = this.#inLastSecond;
  }

  #advance(bucket: number): void {
    if (bucket - this.#current >= bucketsPerSecond) {
      this.#buckets.fill(0);
      this.#inLastSecond = 0;
    } else {
      for (let passed = this.#current + 1; passed <= bucket; passed++) {
        const slot = passed % bucketsPerSecond;
        this.#inLastSecond -= this.#buckets[slot] ?? 0;
        this.#buckets[slot] = 0;
      }
    }
    this.#current = bucket;
  }
}
