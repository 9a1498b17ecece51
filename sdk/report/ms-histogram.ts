/**
 * A histogram of durations in ms, in constant space: percentiles are at most 1.6 % too high, the maximum is exact.
 *
 * Buckets grow with the value, 64 to each doubling (the layout of HdrHistogram by Gil Tene), from 1 µs to about 50 days.
 * Node's own histogram is exact to three digits, but each record of it is a call out of JavaScript: four times as slow,
 * and it is recorded twice for each item.
 */
const bucketsPerDoubling = 64;
const doublings = 42;
const buckets = bucketsPerDoubling * doublings;

/** Of some records, in ms, at most 1.6 % too high; 0 when there are none. */
export interface RecentMs {
  readonly p95: number;
  readonly max: number;
}

export class MsHistogram {
  readonly #buckets = new Uint32Array(buckets);
  // As they were when `takeRecent` was called last.
  #taken: Uint32Array | undefined = undefined;
  #takenCount = 0;
  #count = 0;
  #maxMs = 0;

  get count(): number {
    return this.#count;
  }

  /** 0 when nothing was recorded. */
  get maxMs(): number {
    return this.#maxMs;
  }

  /** Takes a duration; one that is not finite means that there is none (a value from memory has no age). */
  record(ms: number): void {
    if (!(ms < Number.POSITIVE_INFINITY && ms > Number.NEGATIVE_INFINITY)) return;
    const index = bucketOf(ms);
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
    this.#count += 1;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  /** The duration that `percentile` per cent of the records do not exceed, in ms to the µs; 0 when there are none. */
  percentileMs(percentile: number): number {
    const wanted = Math.max(1, Math.ceil((percentile / 100) * this.#count));
    let seen = 0;
    for (const [index, count] of this.#buckets.entries()) {
      seen += count;
      if (seen >= wanted) return Math.min(upperBoundMs(index), this.#maxMs);
    }
    return 0;
  }

  /** What was recorded since this was called last; costs nothing while records are made. */
  takeRecent(): RecentMs {
    const count = this.#count - this.#takenCount;
    if (count === 0) return { p95: 0, max: 0 };
    this.#taken ??= new Uint32Array(buckets);
    const wanted = Math.ceil(0.95 * count);
    let seen = 0;
    let at95 = 0;
    let last = 0;
    for (const [index, total] of this.#buckets.entries()) {
      const recent = total - (this.#taken[index] ?? 0);
      if (recent === 0) continue;
      if (seen < wanted) at95 = index;
      seen += recent;
      last = index;
    }
    this.#taken.set(this.#buckets);
    this.#takenCount = this.#count;
    return { p95: Math.min(upperBoundMs(at95), this.#maxMs), max: Math.min(upperBoundMs(last), this.#maxMs) };
  }
}

// The bucket is the exponent and the first six bits behind the leading one of the duration in µs.
function bucketOf(ms: number): number {
  const us = Math.max(1, ms * 1_000);
  if (us < bucketsPerDoubling) return Math.floor(us);
  const exponent = us < 2 ** 31 ? 31 - Math.clz32(us) : Math.floor(Math.log2(us));
  const fraction = us / 2 ** exponent - 1;
  const index = (exponent - 5) * bucketsPerDoubling + Math.floor(fraction * bucketsPerDoubling);
  return Math.min(index, buckets - 1);
}

function upperBoundMs(index: number): number {
  if (index < bucketsPerDoubling) return (index + 1) / 1_000;
  const exponent = Math.floor(index / bucketsPerDoubling) + 5;
  const fraction = (index % bucketsPerDoubling) + 1;
  return (2 ** exponent * (1 + fraction / bucketsPerDoubling)) / 1_000;
}
