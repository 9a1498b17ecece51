/**
 * The watermark of a segment: how far *all* items are settled, and the tally of exactly those items.
 *
 * Items settle out of order. The open ones are kept in source order; a settled item is forgotten at once, its outcome
 * added to the gap behind the open item before it. So the watermark is always the item right before the first open one,
 * memory is bounded by the items in flight, and each step is O(1).
 *
 * Guarantees: no item behind the watermark is open, each settled item is in exactly one tally, and the watermark never
 * moves back.
 */

import type { Cursor } from '../sources/source.ts';
import type { WorkItem } from './item.ts';
import { Tally } from './tally.ts';

export class Watermark<TValue> {
  /** What came of the items up to the watermark. */
  readonly settled = new Tally();
  /** Items that were started, by this attempt. */
  started = 0;
  readonly #resumedAfter: Cursor | undefined;
  #firstOpen: WorkItem<TValue> | undefined = undefined;
  #lastOpen: WorkItem<TValue> | undefined = undefined;
  #lastAdded: WorkItem<TValue> | undefined = undefined;

  constructor(resumedAfter: Cursor | undefined) {
    this.#resumedAfter = resumedAfter;
  }

  /** The cursor of the last item of the settled prefix; undefined: not even the first is settled. */
  get cursor(): Cursor | undefined {
    const last = this.#firstOpen === undefined ? this.#lastAdded : this.#firstOpen.before;
    return last === undefined ? this.#resumedAfter : last.cursorOf(last.value, last.index);
  }

  /** Items that were started and are not in the settled prefix. */
  get ahead(): number {
    return this.started - this.settled.settled;
  }

  /** Takes the next item in source order, as open. */
  add(item: WorkItem<TValue>): void {
    this.started += 1;
    item.ordinal = this.started;
    item.before = this.#lastAdded;
    item.previousOpen = this.#lastOpen;
    if (this.#lastOpen === undefined) this.#firstOpen = item;
    else this.#lastOpen.nextOpen = item;
    this.#lastOpen = item;
    this.#lastAdded = item;
  }

  /** The tally that the outcome of `item` belongs to, once it is settled. */
  tallyFor(item: WorkItem<TValue>): Tally {
    if (item.previousOpen === undefined) return this.settled;
    item.previousOpen.gap ??= new Tally();
    return item.previousOpen.gap;
  }

  /** Takes `item` out, as settled; its outcome is in `tallyFor(item)` already. */
  remove(item: WorkItem<TValue>): void {
    if (item.gap !== undefined) this.tallyFor(item).merge(item.gap);
    if (item.previousOpen === undefined) this.#firstOpen = item.nextOpen;
    else item.previousOpen.nextOpen = item.nextOpen;
    if (item.nextOpen === undefined) this.#lastOpen = item.previousOpen;
    else item.nextOpen.previousOpen = item.previousOpen;
    // A settled item must not keep its neighbours, and through them all that were ever read, in memory.
    item.previousOpen = undefined;
    item.nextOpen = undefined;
    item.before = undefined;
    item.gap = undefined;
  }

  /** The tally of all settled items, those beyond the watermark too. */
  total(): Tally {
    const total = new Tally();
    total.merge(this.settled);
    for (let item = this.#firstOpen; item !== undefined; item = item.nextOpen) {
      if (item.gap !== undefined) total.merge(item.gap);
    }
    return total;
  }

  /** Monotonic ms at which the oldest item was settled that no checkpoint had; those up to the watermark have one now. */
  takeUnsavedSinceMs(): number {
    let sinceMs = this.settled.unsavedSinceMs;
    this.settled.unsavedSinceMs = Number.POSITIVE_INFINITY;
    for (let item = this.#firstOpen; item !== undefined; item = item.nextOpen) {
      if (item.gap !== undefined) sinceMs = Math.min(sinceMs, item.gap.unsavedSinceMs);
    }
    return sinceMs;
  }

  /** How many items are open: in flight, or given up on when the run stopped. */
  countOpen(): number {
    let open = 0;
    for (let item = this.#firstOpen; item !== undefined; item = item.nextOpen) open += 1;
    return open;
  }
}
