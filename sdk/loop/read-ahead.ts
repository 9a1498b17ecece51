/**
 * Reads the next page while this one is worked on: one ahead, never more.
 *
 * Guarantees: at most two pages are held, the one handed out and the one read ahead; the source is freed whichever way
 * the consumer leaves (`signal` must end a read that is under way).
 */
import { setImmediate } from 'node:timers/promises';
import type { Page } from '../sources/source.ts';

const largePage = 256;

export interface ReadAheadOptions<TItem> {
  /** Asked before each read; false ends the reading. */
  readonly wantsMore: () => boolean;
  /** Told of each page when it arrives, before it is handed out. */
  readonly onPage: (page: Page<TItem>) => void;
}

export async function* readAhead<TItem>(
  pages: AsyncIterable<Page<TItem>>,
  { wantsMore, onPage }: ReadAheadOptions<TItem>,
): AsyncGenerator<Page<TItem>, void, void> {
  const reader = pages[Symbol.asyncIterator]();
  const read = async (): Promise<Page<TItem> | undefined> => {
    if (!wantsMore()) return undefined;
    const result = await reader.next();
    if (result.done) return undefined;
    onPage(result.value);
    return result.value;
  };
  try {
    let page = await read();
    while (page !== undefined) {
      const ahead = read();
      // It is awaited below, unless the consumer breaks off: then nobody cares how it ended.
      ahead.catch(() => {});
      // A client takes some turns to send its request. Work on a large page could hold it up, and the store would idle
      // meanwhile.
      if (page.items.length >= largePage) await setImmediate();
      yield page;
      page = await ahead;
    }
  } finally {
    await reader.return?.();
  }
}
