/**
 * `ctx.eachBatch`: works on groups of items, of which each still settles by itself.
 *
 * What a group's handler may say of its items: nothing (they succeed when it returns), `skip`, `fail`, or `retry`; those
 * to be tried again form the group of the next attempt. When the handler throws, that counts for every item of which
 * nothing was said: an error worth another try has them tried again together, a final one has them tried one by
 * one, once more each, so that one bad item does not take its neighbours with it. Handlers have to be repeatable.
 *
 * When its transaction is rolled back because some of its items were done already (`transaction.markDone`), those are
 * skipped and the others tried again.
 *
 * A group has one place in the pool, one start of the rate limit an attempt, and one `limits.itemTimeoutMs`.
 * Guarantees and limits otherwise as in `each.ts`; requests of a group carry no `Idempotency-Key`.
 */

import { outcomeOf } from './each.ts';
import { DoneAlreadyError, DryRunWrite, ItemAbandonedError } from './errors.ts';
import type { Accounts } from './loop/accounts.ts';
import { Call, type CallFailure } from './loop/call.ts';
import type { CallRunner } from './loop/call-runner.ts';
import type { BatchItem, Outcome, WorkItem } from './loop/item.ts';
import { Loop, tellEnd } from './loop/loop.ts';
import type { LoopContext } from './loop/loop-context.ts';
import { readyToStart } from './loop/ready-to-start.ts';
import { waitForRetry } from './loop/wait-for-retry.ts';
import { pauseAskedFor, planRetry, type Retry } from './pace/retry.ts';
import type { Source } from './sources/source.ts';

/** Works on a group of 1 to `size` items. */
export type BatchHandler<TItem> = (items: readonly BatchItem<TItem>[], batch: Batch) => unknown;

/** The call that a group's handler is in. */
export interface Batch {
  /** Fires when the group runs out of time or the run is ended. */
  readonly signal: AbortSignal;
}

export interface EachBatchOptions<TItem> {
  readonly source: Source<TItem>;
  readonly accounts: Accounts<TItem>;
  readonly calls: CallRunner;
  readonly size: number;
  readonly handler: BatchHandler<TItem>;
}

/** Works through the source; rejects when the run was stopped or the source failed. */
export function eachBatch<TItem>(context: LoopContext, options: EachBatchOptions<TItem>): Promise<void> {
  const { source, accounts, calls, size } = options;
  const worker = new GroupWorker(context, options);
  const loop = new Loop(context, {
    source,
    accounts,
    calls,
    groupSize: size,
    work: (group, nowMs, done) => {
      tellEnd(worker.work(group, nowMs), done);
    },
  });
  return loop.run();
}

const atOnce: Retry = { delayMs: 0 };

class GroupWorker<TItem> {
  readonly #context: LoopContext;
  readonly #options: EachBatchOptions<TItem>;

  constructor(context: LoopContext, options: EachBatchOptions<TItem>) {
    this.#context = context;
    this.#options = options;
  }

  async work(group: readonly WorkItem<TItem>[], nowMs: number): Promise<void> {
    for (const item of group) item.firstStartMs = nowMs;
    await this.#attempt(group, true);
  }

  async #attempt(group: readonly WorkItem<TItem>[], hasTurn: boolean): Promise<void> {
    const { calls, handler } = this.#options;
    const { clock, stop } = this.#context;
    const call = new Call();
    let failure = await this.#readyToStart(group, hasTurn);
    if (stop.aborting.aborted) failure = { error: stop.reason };
    const present = group.filter((item) => item.verdict === undefined);
    if (failure === undefined && present.length > 0) {
      call.startedMs = clock.monotonicMs();
      for (const item of present) item.startedMs = call.startedMs;
      // Of its own: items that are tried alone later must not see each other's.
      call.exchanges = present[0]?.exchanges?.copy();
      failure = await calls.run(call, () => handler(present.map(toBatchItem), call));
      call.closed = true;
      for (const item of present) item.exchanges = call.exchanges;
    }
    await this.#settle(group, failure);
  }

  async #settle(group: readonly WorkItem<TItem>[], failure: CallFailure): Promise<void> {
    const again: WorkItem<TItem>[] = [];
    const alone: WorkItem<TItem>[] = [];
    let wait: Retry | undefined;
    for (const item of group) {
      const next = this.#decide(item, group, failure);
      if (next === 'alone') {
        alone.push(item);
      } else if (next !== undefined) {
        again.push(item);
        wait = longer(wait, next);
      }
    }
    if (wait !== undefined) await this.#retry(again, wait);
    for (const item of alone) await this.#retry([item], atOnce);
  }

  /** Settles the item, unless it is to be tried again, with others or alone, or remains. */
  #decide(item: WorkItem<TItem>, group: readonly WorkItem<TItem>[], failure: CallFailure): Retry | 'alone' | undefined {
    const { limits, random, rateLimit, stop } = this.#context;
    const isUnsaid = item.verdict === undefined;
    if (isUnsaid && isRolledBackWith(item, group, failure)) return atOnce;
    const outcome = outcomeOf(item, isUnsaid ? failure : undefined);
    if (outcome.kind !== 'failed') {
      this.#settleItem(item, outcome);
      return undefined;
    }
    if (stop.hasBrokenOff(outcome.error)) return undefined; // It remains.
    rateLimit.pause(pauseAskedFor(limits.retry, outcome.error));
    const retry = planRetry(limits.retry, item.attempt, outcome.error, random);
    if (retry !== undefined) return retry;
    if (isUnsaid && group.length > 1 && isWorthSplitting(outcome.error)) return 'alone';
    this.#settleItem(item, outcome);
    return undefined;
  }

  async #retry(group: readonly WorkItem<TItem>[], wait: Retry): Promise<void> {
    if (!(await waitForRetry(this.#context, wait))) return;
    for (const item of group) {
      item.renew();
      item.attempt += 1;
    }
    await this.#attempt(group, false);
  }

  async #readyToStart(group: readonly WorkItem<TItem>[], hasTurn: boolean): Promise<CallFailure> {
    try {
      await readyToStart(this.#context, this.#options.source, group, hasTurn);
      return undefined;
    } catch (error) {
      return { error };
    }
  }

  #settleItem(item: WorkItem<TItem>, outcome: Outcome): void {
    const { clock, measures, onSettled } = this.#context;
    const nowMs = clock.monotonicMs();
    this.#options.accounts.settle(item, outcome, nowMs);
    measures.latency.record(nowMs - item.firstStartMs);
    onSettled();
  }
}

/** Whether the item's work was undone because others of its group were done already. */
function isRolledBackWith(
  item: { readonly key: string },
  group: readonly { readonly key: string }[],
  failure: CallFailure,
): boolean {
  if (!(failure?.error instanceof DoneAlreadyError)) return false;
  const { keys } = failure.error;
  return !keys.has(item.key) && group.some(({ key }) => keys.has(key));
}

function isWorthSplitting(error: unknown): boolean {
  return !(error instanceof DryRunWrite || error instanceof ItemAbandonedError);
}

function longer(a: Retry | undefined, b: Retry): Retry {
  return a === undefined || b.delayMs > a.delayMs ? b : a;
}

function toBatchItem<TValue>(item: WorkItem<TValue>): BatchItem<TValue> {
  return item;
}
