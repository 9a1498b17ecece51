/**
 * The contract of a source: an iterable of items that is read page by page and can be resumed after a cursor.
 *
 * Every source guarantees:
 * - items of one segment come in a fixed order, and none that was there at the start and still matches is left out;
 * - a cursor is JSON, survives a round trip, and is exclusive: reading after it starts strictly behind that item;
 * - `pages` frees its connection when the caller breaks off, throws or aborts;
 * - a lost connection costs the page that was being read, nothing else;
 * - an item's position is exact, and finds it again also in another process, from a source that was not read from yet.
 * It does not guarantee a snapshot: an item may change between its page and its handler (see `refresh`), and a position
 * is good for the source's own items only, with the fingerprint that it was made with.
 */

/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A position in one segment: the last item that is done. */
export type Cursor = Json;

export interface Page<TItem> {
  readonly items: readonly TItem[];
  /** Monotonic ms at which the item at `index` was asked for: what it says was true then or later. Infinity: always. */
  readonly readMsOf: (index: number) => number;
  /** The cursor of the item at `index`. Does not keep the page's other items alive. */
  readonly cursorOf: (item: TItem, index: number) => Cursor;
}

export interface ReadOptions {
  /** Ends the read; the generator then throws the signal's reason. */
  readonly signal: AbortSignal;
  /** How many items the next page should have at most; asked before each page. */
  readonly pageSize: () => number;
}

/** One range of a source, read in order. Most sources have one; a DynamoDB scan has as many as it was asked for. */
export interface Segment<TItem> {
  pages(after: Cursor | undefined, options: ReadOptions): AsyncIterable<Page<TItem>>;
}

export interface Source<TItem> {
  /** What is read, for people: `postgres payments`, `dynamodb exchange-rates`. No values. */
  readonly name: string;
  /** Same fingerprint, same order and same cursors. A resume with another one is refused. */
  readonly fingerprint: string;
  /** The most items that a page may have. */
  readonly maxPageSize: number;
  readonly segments: readonly Segment<TItem>[];
  /** The item's key as one string: names the item in logs and failures. */
  keyOf(item: TItem): string;
  /**
   * Where the item itself is, never null. Other than a cursor it tells items apart that share a key's place in the order.
   * For items of this source that it has yielded or found.
   */
  positionOf(item: TItem): Cursor;
  /**
   * Reads the item at a position as it is now; undefined when it is gone or no longer matches. Rejects with the store's
   * error; whoever asks decides on another try. @throws SourceError when the position cannot be one of this source
   */
  find(position: Cursor, signal: AbortSignal): Promise<TItem | undefined>;
  /** About how many items there are; undefined when that cannot be told cheaply. */
  total(signal: AbortSignal): Promise<number | undefined>;
  /** Reads the item again; undefined when it is gone or no longer matches. Absent: items do not go stale. */
  refresh?(item: TItem, signal: AbortSignal): Promise<TItem | undefined>;
}
