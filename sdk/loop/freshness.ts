/** "Never act on a stale record": what waited too long between read and work is read again. */

import type { Source } from '../sources/source.ts';
import type { WorkItem } from './item.ts';
import type { LoopContext } from './loop-context.ts';

type Limits = Pick<LoopContext, 'limits'>;

/** Until when what was read at `readMs` may be acted on; for ever, if it cannot be read again. */
export function freshUntil<TItem>({ limits }: Limits, source: Source<TItem>, readMs: number): number {
  return source.refresh === undefined ? Number.POSITIVE_INFINITY : readMs + limits.maxStalenessMs;
}

/** Whether the item's value is too old to act on, and can be read again. */
export function isStale<TItem>(context: Limits, source: Source<TItem>, item: WorkItem<TItem>, nowMs: number): boolean {
  return nowMs > freshUntil(context, source, item.readMs);
}

/** Reads the item again. One that is gone is told to be skipped. Rejects with the source's error. */
export async function freshen<TItem>(
  { clock, stop }: Pick<LoopContext, 'clock' | 'stop'>,
  source: Source<TItem>,
  item: WorkItem<TItem>,
): Promise<void> {
  const askedMs = clock.monotonicMs();
  const fresh = await source.refresh?.(item.value, stop.aborting);
  item.refreshed = true;
  item.readMs = askedMs;
  if (fresh === undefined) item.skip('gone when read again');
  else item.value = fresh;
}
