/** One item in work: what its handler sees of it, and what the loop keeps. */
import { createHash } from 'node:crypto';
import { SettledTwiceError, StintError } from '../errors.ts';
import type { Cursor, Page } from '../sources/source.ts';
import { Call } from './call.ts';
import type { SegmentProgress } from './segment-progress.ts';
import type { Tally } from './tally.ts';

/** What a handler may say about its item. An item of which nothing is said succeeds when the handler returns. */
export interface Item {
  /** Names the item in logs and failures. */
  readonly key: string;
  /** Number of this attempt, from 1. */
  readonly attempt: number;
  /** Fires when the item runs out of time (`limits.itemTimeoutMs`) or the run is ended; ports obey it by themselves. */
  readonly signal: AbortSignal;
  /**
   * The same for every attempt at this item: in this run, and in a redrive of it. `ctx.http` sends it as `Idempotency-Key`
   * on writes.
   */
  readonly idempotencyKey: string;
  /** Settles the item as skipped. Return after it. A short phrase, the same for all items of that kind. */
  skip(reason: string): void;
  /** Adds to the summary's `counts[name]` when the item settles; what a failed attempt counted is dropped. @default 1 */
  count(name: string, by?: number): void;
}

/** An item of a group (`ctx.eachBatch`), which settles by itself. */
export interface BatchItem<TValue> extends Omit<Item, 'signal'> {
  readonly value: TValue;
  /** Settles the item as failed, or has it tried again when the error is worth it. */
  fail(error: Error): void;
  /** Has the item tried again with the next attempt of its group, e.g. because the store did not process it. */
  retry(reason: string): void;
}

/** What a handler said of its item. */
export type Verdict =
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'failed'; readonly error: unknown };

/** What came of an item. */
export type Outcome =
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'quarantined'; readonly error: unknown }
  | Verdict;

/** What an item knows of its loop. */
export interface ItemHome<TValue> {
  readonly runId: string;
  /** Begins the idempotency keys: the run's id, or of a redrive that of the run whose items it works again. */
  readonly keyRoot: string;
  readonly loopName: string;
  readonly keyOf: (value: TValue) => string;
  readonly segment: SegmentProgress<TValue>;
}

export class WorkItem<TValue> extends Call implements Item, BatchItem<TValue> {
  value: TValue;
  attempt = 1;
  /** Monotonic ms at which `value` was read. */
  readMs: number;
  /** Monotonic ms at which its first handler was invoked. */
  firstStartMs = 0;
  refreshed = false;
  verdict: Verdict | undefined = undefined;
  counts: Map<string, number> | undefined = undefined;
  /** Its place among the items that its segment has started, from 1. */
  ordinal = 0;
  /** It was recorded as done in a transaction of its own (`transaction.markDone`). */
  markedDone = false;
  /** Its place in its page, and how to make its cursor of that. */
  readonly index: number;
  readonly cursorOf: (value: TValue, index: number) => Cursor;
  /** The item before this one in its segment: where a checkpoint stands while this one is open. Dropped when it settles. */
  before: WorkItem<TValue> | undefined = undefined;
  /** Neighbours among the open items of the segment, in source order; kept by `Watermark`. */
  previousOpen: WorkItem<TValue> | undefined = undefined;
  nextOpen: WorkItem<TValue> | undefined = undefined;
  /** What came of the settled items between this open item and the next. */
  gap: Tally | undefined = undefined;
  readonly #home: ItemHome<TValue>;

  constructor(home: ItemHome<TValue>, page: Page<TValue>, index: number) {
    super();
    this.#home = home;
    this.value = page.items[index] as TValue;
    this.readMs = page.readMsOf(index);
    this.index = index;
    this.cursorOf = page.cursorOf;
  }

  get segment(): SegmentProgress<TValue> {
    return this.#home.segment;
  }

  get runId(): string {
    return this.#home.runId;
  }

  get loopName(): string {
    return this.#home.loopName;
  }

  get key(): string {
    return this.#home.keyOf(this.value);
  }

  override get idempotencyKey(): string {
    const { keyRoot, loopName } = this.#home;
    return createHash('sha256').update(`${keyRoot}\n${loopName}\n${this.key}`).digest('base64url');
  }

  skip(reason: string): void {
    this.settleAs({ kind: 'skipped', reason });
  }

  fail(error: Error): void {
    this.settleAs({ kind: 'failed', error });
  }

  retry(reason: string): void {
    this.settleAs({ kind: 'failed', error: new StintError('STINT_RETRY', `to be tried again: ${reason}`) });
  }

  count(name: string, by = 1): void {
    this.counts ??= new Map();
    this.counts.set(name, (this.counts.get(name) ?? 0) + by);
  }

  /** Takes the first verdict; a second one is an error of the handler, thrown and kept as the outcome. */
  settleAs(verdict: Verdict): void {
    if (this.verdict === undefined && !this.closed) {
      this.verdict = verdict;
      return;
    }
    const error = new SettledTwiceError();
    this.verdict = { kind: 'failed', error };
    throw error;
  }

  override renew(): void {
    super.renew();
    this.verdict = undefined;
    this.counts = undefined;
  }
}
