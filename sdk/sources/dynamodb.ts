/**
 * The DynamoDB source: a scan in one or more segments, or a query, resumable behind any item.
 *
 * A cursor is the item's own key (an index's key with it), so a resume need not start at a page's edge.
 * Guarantees: every item that was there at the start and still matches comes exactly once in an attempt; a page that
 * fails is read again; pages that a filter leaves empty are passed over, never taken for the end.
 * Does not guarantee a snapshot. Items of an index come again, or not at all, when the index's key of theirs changes
 * during the run; a global index lags behind its table by some ms. An item that is read again (`refresh`, `find`) comes
 * from the table itself, consistent, with all that the projection lets through, at the price of a consistent GetItem.
 */
import { SourceError } from '../errors.ts';
import { type Attributes, type DynamoKey, toAttributes } from '../ports/dynamodb-expressions.ts';
import { type KeyAttributes, keyText } from '../ports/dynamodb-key-schema.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { Facts } from './dynamodb-facts.ts';
import { DynamoReader, type DynamoSourceContext } from './dynamodb-reader.ts';
import { fingerprintOf, type Reading } from './dynamodb-reading.ts';
import type { Cursor, Page, ReadOptions, Segment, Source } from './source.ts';
import { shareOf } from './source-shard.ts';

export type { DynamoSourceContext } from './dynamodb-reader.ts';

// How much more is looked through at once after a page that the filter left empty.
const stretchOfEmpty = 4;

export class DynamoSource<TItem extends object> implements Source<TItem> {
  readonly name: string;
  readonly fingerprint: string;
  readonly maxPageSize: number;
  readonly segments: readonly Segment<TItem>[];
  readonly #reading: Reading;
  readonly #reader: DynamoReader;
  readonly #cursorOf: (item: TItem) => Cursor;
  // Items of an index that were read again: where they stood when they were read first.
  readonly #positions = new WeakMap<object, Attributes>();

  constructor(reading: Reading, context: DynamoSourceContext) {
    const { table, index, segments, maxPageSize } = reading;
    this.#reading = reading;
    this.#reader = new DynamoReader(reading, context);
    this.#cursorOf = (item) => encodeCursor(this.#positionOf(item));
    this.name = `dynamodb ${table}${index === undefined ? '' : `/${index}`}`;
    this.fingerprint = fingerprintOf(reading);
    this.maxPageSize = maxPageSize;
    this.segments = Array.from({ length: segments }, (_, segment) => ({
      pages: (after, options) => this.#pages(segment, after, options),
    }));
  }

  /** The values of the table's key. Known once the source was read from. */
  keyOf(item: TItem): string {
    return keyText(item, this.#reader.facts.key);
  }

  /** DynamoDB's own count, up to six hours old; undefined for queries, with a filter, and for a table not counted yet. */
  async total(signal: AbortSignal): Promise<number | undefined> {
    const { operation, filter, shard } = this.#reading;
    if (operation === 'Query' || filter !== undefined) return undefined;
    // A table says 0 until it was counted first, whatever is in it.
    const all = await this.#reader.count(signal);
    return all ? shareOf(all, shard) : undefined;
  }

  /** The item's key, an index's with it. */
  positionOf(item: TItem): Cursor {
    return this.#cursorOf(item);
  }

  async find(position: Cursor, signal: AbortSignal): Promise<TItem | undefined> {
    const facts = await this.#reader.lookAtTable(signal);
    const at = toAttributes(Object(decodeCursor(position)) as DynamoKey);
    if (facts.position.some((name) => at[name] === undefined)) {
      throw new SourceError(
        'STINT_SOURCE_POSITION',
        `expected a position in ${this.name} to have ${facts.position.join(', ')}, but not all of them are there; it was made with another key`,
      );
    }
    return this.#readAgain(at, facts, signal);
  }

  async refresh(item: TItem, signal: AbortSignal): Promise<TItem | undefined> {
    const facts = await this.#reader.lookAtTable(signal);
    return this.#readAgain(this.#positionOf(item), facts, signal);
  }

  async *#pages(
    segment: number,
    after: Cursor | undefined,
    { signal, pageSize }: ReadOptions,
  ): AsyncGenerator<Page<TItem>> {
    const { position } = await this.#reader.lookAtTable(signal);
    let start = after === undefined ? undefined : toAttributes(decodeCursor(after) as DynamoKey);
    let stretch = 1;
    do {
      const wanted = Math.min(this.maxPageSize, Math.max(1, pageSize()));
      const limit = Math.min(this.maxPageSize, wanted * stretch);
      const { items: found, last, readMs } = await this.#reader.page({ segment, start, limit }, signal);
      if (found.length === 0) {
        stretch = Math.min(this.maxPageSize, stretch * stretchOfEmpty);
        start = last;
        continue;
      }
      this.#checkKey(found[0], position);
      // A stretched page may have found more than was wanted. The rest is read again: nothing is held back here.
      const items = found.slice(0, wanted);
      const end = items.at(-1);
      if (items.length < found.length) stretch = 1;
      start = items.length < found.length && end !== undefined ? pick(end, position) : last;
      yield { items: items as TItem[], readMsOf: () => readMs, cursorOf: this.#cursorOf };
    } while (start !== undefined);
  }

  async #readAgain(at: Attributes, { key, position }: Facts, signal: AbortSignal): Promise<TItem | undefined> {
    const fresh = await this.#reader.one(pick(at, key), signal);
    // What lacks an attribute of the index's key has left the index.
    if (fresh === undefined || position.some((name) => fresh[name] === undefined)) return undefined;
    if (this.#reading.index !== undefined) this.#positions.set(fresh, at);
    return fresh as TItem;
  }

  #positionOf(item: object): Attributes {
    return this.#positions.get(item) ?? pick(item, this.#reader.facts.position);
  }

  #checkKey(item: Attributes | undefined, position: KeyAttributes): void {
    const missing = position.filter((name) => item?.[name] === undefined);
    if (missing.length === 0) return;
    throw new SourceError(
      'STINT_SOURCE_KEY_MISSING',
      `expected items of ${this.name} to come with their key (${position.join(', ')}), but ${missing.join(', ')} is not read; add it to the projection`,
    );
  }
}

function pick(item: object, names: KeyAttributes): Attributes {
  const values = toAttributes(item);
  return Object.fromEntries(names.map((name) => [name, values[name]]));
}
