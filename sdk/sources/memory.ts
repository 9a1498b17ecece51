/** A source over a list that is in memory already. Its cursors are positions, so a resume needs the same list. */
import type { Source } from './source.ts';

export interface MemorySourceOptions<TItem> {
  /** Names the items. @default the item itself if it is a string or number, else its position in the list */
  readonly keyOf?: (item: TItem) => string;
}

/** Makes a source of `items`. The list is not copied. */
export function memorySource<TItem>(items: readonly TItem[], options: MemorySourceOptions<TItem> = {}): Source<TItem> {
  const { keyOf } = options;
  return {
    name: 'memory',
    fingerprint: 'memory',
    maxPageSize: 1_000,
    segments: [
      {
        async *pages(after, { signal, pageSize }) {
          let start = typeof after === 'number' ? after + 1 : 0;
          while (start < items.length) {
            signal.throwIfAborted();
            const first = start;
            const page = items.slice(first, first + Math.max(1, pageSize()));
            start += page.length;
            yield {
              items: page,
              readMsOf: () => Number.POSITIVE_INFINITY,
              cursorOf: (_item: TItem, index: number) => first + index,
            };
          }
        },
      },
    ],
    keyOf: keyOf ?? ((item) => (typeof item === 'object' ? String(items.indexOf(item)) : String(item))),
    total: async () => items.length,
  };
}
