/**
 * The last steps before handlers are called: values that are fresh, and a start of the rate limit.
 *
 * A re-read may take long, and then many items come back from it at once: so the start is taken after it, not before.
 */
import type { Source } from '../sources/source.ts';
import { freshen, isStale } from './freshness.ts';
import type { WorkItem } from './item.ts';
import type { LoopContext } from './loop-context.ts';

/**
 * Reads stale items again, and takes a start unless the one that was taken is as good as new. Items that are gone have
 * their verdict then. Rejects with the source's error, or with the reason of a stop.
 */
export async function readyToStart<TItem>(
  context: LoopContext,
  source: Source<TItem>,
  items: readonly WorkItem<TItem>[],
  hasStart: boolean,
): Promise<void> {
  const { clock, rateLimit, stop, measures } = context;
  const stale = () =>
    items.filter((item) => item.verdict === undefined && isStale(context, source, item, clock.monotonicMs()));
  const wasStale = stale().length > 0;
  await freshenAll(context, source, stale());
  if (items.every((item) => item.verdict !== undefined)) return;
  if (wasStale || !hasStart) await rateLimit.take(stop.stopping);
  // The wait for a start may have made them stale once more. No start is taken after that: at a low rate it would not end.
  await freshenAll(context, source, stale());
  const nowMs = clock.monotonicMs();
  for (const item of items) measures.staleness.record(nowMs - item.readMs);
}

// Waits for all reads, also when one fails: none may come into the next attempt.
async function freshenAll<TItem>(
  context: LoopContext,
  source: Source<TItem>,
  items: readonly WorkItem<TItem>[],
): Promise<void> {
  const reads = await Promise.allSettled(items.map((item) => freshen(context, source, item)));
  for (const read of reads) if (read.status === 'rejected') throw read.reason;
}
