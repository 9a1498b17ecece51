/** A source of numbers that a test can make slow, stale or faulty. */
import type { Clock } from '../clock.ts';
import type { Cursor, Page, ReadOptions, Segment, Source } from '../sources/source.ts';

export interface TestSourceOptions {
  readonly clock: Clock;
  /** How many numbers it holds, from 0. */
  readonly items: number;
  /** Ranges that are read side by side. @default 1 */
  readonly segments?: number;
  /** @default 10 */
  readonly maxPageSize?: number;
  /** How long a page takes. @default 0 */
  readonly pageMs?: number;
  /** Whether a read ends when it is told to. @default true */
  readonly obeysSignal?: boolean;
  /** Throws instead of yielding a page that would hold this number. */
  readonly failAt?: { readonly item: number; readonly error: unknown };
  /** Makes items refreshable; they are found by it too. */
  readonly refresh?: (item: number, signal: AbortSignal) => Promise<number | undefined>;
}

export class TestSource implements Source<number> {
  readonly name = 'test';
  fingerprint = 'test';
  readonly maxPageSize: number;
  readonly segments: readonly Segment<number>[];
  refresh?: (item: number, signal: AbortSignal) => Promise<number | undefined>;
  /** Numbers that were yielded, page by page. */
  readonly pages: number[][] = [];
  /** Reads that were begun and were not freed. */
  open = 0;
  readonly #options: TestSourceOptions;
  readonly #readMs = new Map<number, number>();

  constructor(options: TestSourceOptions) {
    const { items, segments = 1, maxPageSize = 10, refresh } = options;
    this.#options = options;
    this.maxPageSize = maxPageSize;
    if (refresh !== undefined) this.refresh = refresh;
    const size = Math.ceil(items / segments);
    this.segments = Array.from({ length: segments }, (_, index) => ({
      pages: (after, read) => this.#pages(index * size, Math.min(items, (index + 1) * size), after, read),
    }));
  }

  /** When the page with `item` was asked for. */
  readMsOf(item: number): number {
    return this.#readMs.get(item) ?? Number.NaN;
  }

  keyOf(item: number): string {
    return `key-${item}`;
  }

  positionOf(item: number): Cursor {
    return item;
  }

  async find(position: Cursor, signal: AbortSignal): Promise<number | undefined> {
    signal.throwIfAborted();
    const item = Number(position);
    if (this.refresh !== undefined) return this.refresh(item, signal);
    return item >= 0 && item < this.#options.items ? item : undefined;
  }

  async total(): Promise<number> {
    return this.#options.items;
  }

  async *#pages(
    start: number,
    end: number,
    after: Cursor | undefined,
    read: ReadOptions,
  ): AsyncGenerator<Page<number>> {
    const { clock, pageMs = 0, obeysSignal = true, failAt } = this.#options;
    this.open += 1;
    try {
      for (let first = after === undefined ? start : Number(after) + 1; first < end; ) {
        if (obeysSignal) read.signal.throwIfAborted();
        const readMs = clock.monotonicMs();
        if (pageMs > 0) await (obeysSignal ? clock.sleep(pageMs, read.signal) : clock.sleep(pageMs));
        const size = Math.min(read.pageSize(), this.maxPageSize, end - first);
        if (!(size >= 1)) throw new RangeError(`expected a page of at least one item, got ${size}`);
        const items = Array.from({ length: size }, (_, index) => first + index);
        if (failAt !== undefined && items.includes(failAt.item)) throw failAt.error;
        first += items.length;
        this.pages.push(items);
        for (const item of items) this.#readMs.set(item, readMs);
        yield { items, readMsOf: () => readMs, cursorOf: (item: number) => item };
      }
    } finally {
      this.open -= 1;
    }
  }
}
