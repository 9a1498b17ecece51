/** A source in whose way something is put: after a page was read, and before its items are handed out. */
import type { Page, Segment, Source } from '@stint/sdk';
import type { Worked } from './watch-job.ts';

/** @param then awaited with each page, and its number in its segment from 1. Lists are left as they are: nothing reads them. */
export function betweenPages<TItem>(
  worked: Worked<TItem>,
  then: (page: Page<TItem>, number: number, source: Source<TItem>) => Promise<void>,
): Worked<TItem> {
  if (!('segments' in worked)) return worked;
  const segments = worked.segments.map(
    (segment): Segment<TItem> => ({
      async *pages(after, options) {
        let number = 0;
        for await (const page of segment.pages(after, options)) {
          number += 1;
          await then(page, number, worked);
          yield page;
        }
      },
    }),
  );
  // Not a copy: sources have private state, which only they themselves can reach.
  return new Proxy(worked, {
    get(source, name) {
      if (name === 'segments') return segments;
      const value: unknown = Reflect.get(source, name, source);
      return typeof value === 'function' ? value.bind(source) : value;
    },
  });
}
