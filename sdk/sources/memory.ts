/**
 * A source over a list that is in memory already. Its cursors are places in the list, so a resume needs the same list.
 * Items are found again by their keys, the first one where several share one: where keys are places too (objects without
 * `keyOf`), a redrive needs the same list as well.
 */
import type { Source } from './source.ts';

export interface MemorySourceOptions<TItem> {
  /** Names the items. @default the item itself if it is a string or number, else its position in the list */
  readonly keyOf?: (item: TItem) => string;
}

/** Makes a source of `items`. The list is not copied, and must stay as it is. */
export function memorySource<TItem>(items: readonly TItem[], options: MemorySourceOptions<TItem> = {}): Source<TItem> {
  const keyAt = (item: TItem, place: () => number) => {
    if (options.keyOf !== undefined) return options.keyOf(item);
    return typeof item === 'object' ? String(place()) : String(item);
  };
  const keyOf = (item: TItem) => keyAt(item, () => items.indexOf(item));
  // Made when it is asked for: most runs find nothing again.
  let places: ReadonlyMap<string, number> | undefined;
  const placesByKey = () =>
    // From the end, so that the first one of a key stands.
    new Map(items.map((item, place) => [keyAt(item, () => place), place] as const).reverse());
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
    keyOf,
    positionOf: keyOf,
    find: async (position, signal) => {
      signal.throwIfAborted();
      places ??= placesByKey();
      const place = typeof position === 'string' ? places.get(position) : undefined;
      return place === undefined ? undefined : items[place];
    },
    total: async () => items.length,
  };
}
