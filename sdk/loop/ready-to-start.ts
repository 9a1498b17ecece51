/**
 * The last steps before handlers are called: values that are fresh, and a start of the rate limit.
 *
 * Guarantees: each try takes one turn of the limiter, however often its items are read again meanwhile; and when the
 * start is made they are fresh. So at a rate of less than one start in `maxStalenessMs` items are read again once their
 * turn has come, and start then.
 */
import { StaleError } from '../errors.ts';
import type { Source } from '../sources/source.ts';
import { freshen, freshUntil, isStale } from './freshness.ts';
import type { WorkItem } from './item.ts';
import type { LoopContext } from './loop-context.ts';

// Re-reads in a row that come back too late to be acted on.
const lateReads = 3;

/**
 * Reads stale items again, and takes a turn and its start. `hasTurn`: the turn was taken when the items were started, and
 * the start with it unless they were stale by then. Items that are gone have their verdict then.
 * @throws StaleError when reading takes longer than what was read stays fresh; the source's error; the reason of a stop
 */
export async function readyToStart<TItem>(
  context: LoopContext,
  source: Source<TItem>,
  items: readonly WorkItem<TItem>[],
  hasTurn: boolean,
): Promise<void> {
  const { clock, rateLimit, stop, measures } = context;
  const staleNow = () => items.filter((item) => isOpen(item) && isStale(context, source, item, clock.monotonicMs()));
  let turn = hasTurn;
  let isStarted = hasTurn;
  for (let stale = staleNow(); stale.length > 0 || !isStarted; stale = staleNow()) {
    // A start that was made by then is lost: only a machine that stood still between the two comes here with one.
    await freshenAll(context, source, stale);
    if (items.every((item) => !isOpen(item))) {
      if (turn) rateLimit.giveBack();
      return;
    }
    const freshUntilMs = Math.min(...items.filter(isOpen).map(({ readMs }) => freshUntil(context, source, readMs)));
    isStarted = await (turn
      ? rateLimit.start(stop.stopping, freshUntilMs)
      : rateLimit.take(stop.stopping, freshUntilMs));
    turn = true;
  }
  const nowMs = clock.monotonicMs();
  for (const item of items.filter(isOpen)) measures.staleness.record(nowMs - item.readMs);
}

const isOpen = ({ verdict }: { readonly verdict: unknown }) => verdict === undefined;

async function freshenAll<TItem>(
  context: LoopContext,
  source: Source<TItem>,
  items: readonly WorkItem<TItem>[],
): Promise<void> {
  let stale = items;
  for (let read = 0; stale.length > 0; read += 1) {
    if (read === lateReads) throw new StaleError(context.limits.maxStalenessMs);
    // Waits for all reads, also when one fails: none may come into the next attempt.
    const reads = await Promise.allSettled(stale.map((item) => freshen(context, source, item)));
    for (const each of reads) if (each.status === 'rejected') throw each.reason;
    const nowMs = context.clock.monotonicMs();
    stale = stale.filter((item) => isOpen(item) && isStale(context, source, item, nowMs));
  }
}
