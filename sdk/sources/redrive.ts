/**
 * A source of the failed items of an earlier run: what `redrive` reads in place of the job's own source.
 *
 * It yields stand-ins, which are infinitely old, so that the loop reads each one again (`refresh`) before its handler
 * sees it: as it is today, from the job's own source, by the position that was stored with the failure.
 *
 * Guarantees: every failed item comes once in an attempt, under the key that it failed under; one that is gone or no
 * longer matches is told as gone; a cursor is exclusive, also in mid-page, and does not depend on the size of pages.
 * Relies on the order of the failures, which stays the same once their run is over.
 */
import { SourceError } from '../errors.ts';
import type { FailedItem, FailuresPage } from '../ledger/ledger.ts';
import { untilAborted } from '../stop/until-aborted.ts';
import type { Cursor, Json, Page, ReadOptions, Segment, Source } from './source.ts';

export interface RedriveOptions {
  /** Names the loop whose items failed. */
  readonly name: string;
  /** Pages through the failed items of the loop; `after` is `next` of the page before. */
  readonly failures: (after: Json | undefined, limit: number, signal: AbortSignal) => Promise<FailuresPage>;
}

// Failures carry what was said to other services: up to 64 KB each.
const largestPage = 100;

export class RedriveSource<TItem> implements Source<TItem> {
  readonly name: string;
  readonly fingerprint: string;
  readonly maxPageSize: number;
  readonly segments: readonly Segment<TItem>[];
  readonly #source: Source<TItem>;
  readonly #options: RedriveOptions;

  constructor(source: Source<TItem>, options: RedriveOptions) {
    this.#source = source;
    this.#options = options;
    this.name = `failed items of ${options.name}`;
    this.fingerprint = `redrive ${source.fingerprint}`;
    this.maxPageSize = Math.min(source.maxPageSize, largestPage);
    this.segments = [{ pages: (after, read) => this.#pages(after, read) }];
  }

  keyOf(item: TItem): string {
    return item instanceof StandIn ? item.key : this.#source.keyOf(item);
  }

  positionOf(item: TItem): Cursor {
    return item instanceof StandIn ? item.position : this.#source.positionOf(item);
  }

  async find(position: Cursor, signal: AbortSignal): Promise<TItem | undefined> {
    if (position === null) {
      throw new SourceError(
        'STINT_SOURCE_POSITION',
        'expected a failed item to come with its position, but its handler had changed its key; start a new run',
      );
    }
    return this.#source.find(position, signal);
  }

  refresh(item: TItem, signal: AbortSignal): Promise<TItem | undefined> {
    return this.find(this.positionOf(item), signal);
  }

  /** Undefined: failures are not counted. */
  async total(): Promise<undefined> {
    return undefined;
  }

  async *#pages(after: Cursor | undefined, { signal, pageSize }: ReadOptions): AsyncGenerator<Page<TItem>> {
    const { failures } = this.#options;
    const resumed = after as RedriveCursor | undefined;
    let page = resumed?.page;
    // Items behind `page` that are handed out already. They may be spread over several pages: these may be smaller today.
    let passed = resumed?.passed ?? 0;
    do {
      const { items, next } = await untilAborted(failures(page, largestPage, signal), signal);
      const standIns = items.map((item) => new StandIn(item));
      for (let start = passed; start < standIns.length; ) {
        signal.throwIfAborted();
        const some = standIns.slice(start, start + Math.min(this.maxPageSize, Math.max(1, pageSize())));
        yield toPage(some, page, start);
        start += some.length;
      }
      passed = Math.max(0, passed - items.length);
      page = next;
    } while (page !== undefined);
  }
}

interface RedriveCursor {
  /** `after` of a page of failures; left out: the first one. */
  readonly page?: Json;
  /** How many items from there on are done. */
  readonly passed: number;
  readonly [key: string]: Json;
}

/** Where a failed item is; takes its place until it is read again. Does not keep its failure alive. */
class StandIn {
  readonly key: string;
  readonly position: Cursor;

  constructor({ key, cursor }: FailedItem) {
    this.key = key;
    this.position = cursor;
  }
}

function toPage<TItem>(standIns: readonly StandIn[], page: Json | undefined, start: number): Page<TItem> {
  return {
    // Nobody sees them as items: they are too old for that.
    items: standIns as readonly unknown[] as readonly TItem[],
    readMsOf: () => Number.NEGATIVE_INFINITY,
    // By its place alone: the item may be a real one by then.
    cursorOf: (_item, index) => ({ ...(page === undefined ? {} : { page }), passed: start + index + 1 }),
  };
}
