/**
 * How many items the next page should have, so that none waits longer than `maxStalenessMs` between read and work.
 *
 * An item waits for the rest of the page before its own and for what is before it in its own: two pages at most.
 * So a page holds what is worked in a quarter of that time, by the rate seen so far; the other half is for variance, such
 * as a provider that asks for a pause. It is an aim: an item that waits longer all the same is read again before its
 * handler sees it.
 */
const shareOfStaleness = 0.25;
const growth = 4;
const weightOfLatest = 0.5;

export interface PageSizeOptions {
  /** Items that the first page should have at most: no rate is known yet. */
  readonly initial: number;
  readonly max: number;
  readonly maxStalenessMs: number;
  /** Items a second that can be started at most, whatever was seen: a burst says little of the rate. */
  readonly maxItemsPerSecond: number;
  /** Pages come in multiples of this. */
  readonly multipleOf: number;
}

export class PageSize {
  readonly #options: PageSizeOptions;
  #itemsPerMs: number | undefined;
  #size: number;

  constructor(options: PageSizeOptions) {
    this.#options = options;
    this.#size = this.#round(Math.min(options.initial, this.#workedInTime(Number.POSITIVE_INFINITY)));
  }

  get current(): number {
    return this.#size;
  }

  /** Takes note that `items` were started within `elapsedMs`. */
  note(items: number, elapsedMs: number): void {
    // A page of a filtered read may be empty, which says nothing of the rate.
    if (items === 0) return;
    const latest = items / Math.max(elapsedMs, 0.01);
    this.#itemsPerMs =
      this.#itemsPerMs === undefined ? latest : weightOfLatest * latest + (1 - weightOfLatest) * this.#itemsPerMs;
    this.#size = this.#round(Math.min(this.#workedInTime(this.#itemsPerMs), this.#size * growth));
  }

  #workedInTime(itemsPerMs: number): number {
    const { maxItemsPerSecond, maxStalenessMs } = this.#options;
    return Math.min(itemsPerMs, maxItemsPerSecond / 1_000) * maxStalenessMs * shareOfStaleness;
  }

  #round(size: number): number {
    const { max, multipleOf } = this.#options;
    const whole = Math.floor(Math.min(size, max) / multipleOf) * multipleOf;
    return Math.max(whole, Math.min(multipleOf, max));
  }
}
