/** "Never act on a stale record": what waited too long between read and work is read again. */

import type { Source } from '../sources/source.ts';
import type { WorkItem } from './item.ts';
import type { LoopContext } from './loop-context.ts';

/** Whether the item's value is too old to act on, and can be read again. */
export function isStale<TItem>(
  context: LoopContext,
  source: Source<TItem>,
  item: WorkItem<TItem>,
  nowMs: number,
): boolean {
  return nowMs - item.readMs > context.limits.maxStalenessMs && source.refresh !== undefined;
}

/** Reads the item again if it is stale. One that is gone is told to be skipped. Rejects with the source's error. */
export async function freshen<TItem>(
  context: LoopContext,
  source: Source<TItem>,
  item: WorkItem<TItem>,
): Promise<void> {
  const { clock, stop } = context;
  const nowMs = clock.monotonicMs();
  if (isStale(context, source, item, nowMs)) {
    const fresh = await source.refresh?.(item.value, stop.aborting);
    item.refreshed = true;
    item.readMs = nowMs;
    if (fresh === undefined) item.skip('gone when read again');
    else item.value = fresh;
  }
}
