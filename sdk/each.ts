/**
 * `ctx.each`: works on each item of a source, with retries, and gives each exactly one outcome.
 *
 * An item's life: its handler is called (again, after a backoff, while the error is worth it and attempts are left) and
 * the item is settled as
 *   succeeded  the handler returned and said nothing else
 *   skipped    it said `item.skip(reason)`; the item was gone when it was read again; a dry run refused its write; an
 *              earlier attempt at the run recorded it as done (`transaction.markDone`)
 *   failed     it threw something final, ran out of attempts, settled its item twice, or never ended; or its item could
 *              not be read again in less time than it would stay fresh
 *   quarantined  the process died twice while it was in flight: it is not started a third time
 * An item whose attempt was broken off because the run was stopped is not settled: it remains, and is worked again.
 *
 * Guarantees: no handler sees a value that was read longer than `maxStalenessMs` ago, if its source can read it again;
 * a second attempt starts only when the first has ended.
 *
 * What a crash costs: no item is lost. Worked twice are at most the items in flight and those settled since the last
 * checkpoint: a checkpoint holds the longest settled prefix, so those that were settled out of order beyond an open
 * item count as settled since. The loop never starts more than 2,000 items, and those in flight, behind a checkpoint
 * before the next is saved, and none 10,000 or more beyond an open item.
 *
 * Does not guarantee that effects happen once: a crash between an effect and the next checkpoint repeats it, with the
 * same `item.idempotencyKey`. What is written in a transaction with `transaction.markDone(item)` happens once.
 */
import { DoneAlreadyError } from './errors.ts';
import type { Accounts } from './loop/accounts.ts';
import type { CallFailure } from './loop/call.ts';
import type { CallRunner } from './loop/call-runner.ts';
import { isStale } from './loop/freshness.ts';
import type { Item, Outcome, WorkItem } from './loop/item.ts';
import { type Done, Loop, tellEnd } from './loop/loop.ts';
import type { LoopContext } from './loop/loop-context.ts';
import { readyToStart } from './loop/ready-to-start.ts';
import { doneEarlier } from './loop/starter.ts';
import { waitForRetry } from './loop/wait-for-retry.ts';
import { pauseAskedFor, planRetry, type Retry } from './pace/retry.ts';
import type { Source } from './sources/source.ts';

/** Works on one item. What it returns is ignored; what it throws is the item's error. */
export type Handler<TItem> = (value: TItem, item: Item) => unknown;

export interface EachOptions<TItem> {
  readonly source: Source<TItem>;
  readonly accounts: Accounts<TItem>;
  readonly calls: CallRunner;
  readonly handler: Handler<TItem>;
}

const succeeded: Outcome = { kind: 'succeeded' };

/** Works through the source; rejects when the run was stopped or the source failed. */
export function each<TItem>(context: LoopContext, options: EachOptions<TItem>): Promise<void> {
  const { source, accounts, calls } = options;
  const worker = new ItemWorker(context, options);
  const loop = new Loop(context, {
    source,
    accounts,
    calls,
    groupSize: 1,
    work: (group, nowMs, done) => {
      for (const item of group) worker.work(item, nowMs, done);
    },
  });
  return loop.run();
}

class ItemWorker<TItem> {
  readonly #context: LoopContext;
  readonly #options: EachOptions<TItem>;

  constructor(context: LoopContext, options: EachOptions<TItem>) {
    this.#context = context;
    this.#options = options;
  }

  // The first attempt is made without promises of our own: most items need no second one.
  work(item: WorkItem<TItem>, nowMs: number, done: Done): void {
    const context = this.#context;
    const { calls, handler, source } = this.#options;
    item.firstStartMs = nowMs;
    if (isStale(context, source, item, nowMs)) {
      tellEnd(this.#attemptUntilFinal(item, { hasTurn: true }), done);
      return;
    }
    context.measures.staleness.record(nowMs - item.readMs);
    item.startedMs = nowMs;
    calls.start(
      item,
      () => handler(item.value, item),
      (failure) => this.#afterFirst(item, failure, done),
    );
  }

  #afterFirst(item: WorkItem<TItem>, failure: CallFailure, done: Done): void {
    let retry: Retry | undefined;
    try {
      retry = this.#settle(item, failure);
    } catch (error) {
      done({ error });
      return;
    }
    if (retry === undefined) done();
    else tellEnd(this.#retry(item, retry), done);
  }

  /** Makes attempts until one is final or the run is stopped. */
  async #attemptUntilFinal(item: WorkItem<TItem>, { hasTurn }: { readonly hasTurn: boolean }): Promise<void> {
    const retry = this.#settle(item, await this.#attempt(item, hasTurn));
    if (retry !== undefined) await this.#retry(item, retry);
  }

  async #retry(item: WorkItem<TItem>, retry: Retry): Promise<void> {
    if (!(await waitForRetry(this.#context, retry))) return;
    item.renew();
    item.attempt += 1;
    await this.#attemptUntilFinal(item, { hasTurn: false });
  }

  async #attempt(item: WorkItem<TItem>, hasTurn: boolean): Promise<CallFailure> {
    const { source, calls, handler } = this.#options;
    const { clock, stop } = this.#context;
    try {
      await readyToStart(this.#context, source, [item], hasTurn);
    } catch (error) {
      return { error };
    }
    if (item.verdict !== undefined) return undefined;
    if (stop.aborting.aborted) return { error: stop.reason };
    item.startedMs = clock.monotonicMs();
    return calls.run(item, () => handler(item.value, item));
  }

  /** Settles the item, unless it is to be tried again: then returns how. */
  #settle(item: WorkItem<TItem>, failure: CallFailure): Retry | undefined {
    const { limits, random, clock, rateLimit, stop, measures, onSettled } = this.#context;
    const outcome = outcomeOf(item, failure);
    if (outcome.kind === 'failed') {
      if (stop.hasBrokenOff(outcome.error)) return undefined; // It remains.
      rateLimit.pause(pauseAskedFor(limits.retry, outcome.error));
      const retry = planRetry(limits.retry, item.attempt, outcome.error, random);
      if (retry !== undefined) return retry;
    }
    const nowMs = clock.monotonicMs();
    this.#options.accounts.settle(item, outcome, nowMs);
    measures.latency.record(nowMs - item.firstStartMs);
    onSettled();
    return undefined;
  }
}

/** What a finished attempt means for its item; an error is worth more than what the handler said before it. */
export function outcomeOf(item: Pick<WorkItem<unknown>, 'verdict'>, failure: CallFailure): Outcome {
  if (failure?.error instanceof DoneAlreadyError) return { kind: 'skipped', reason: doneEarlier };
  if (failure !== undefined) return { kind: 'failed', error: failure.error };
  if (item.verdict === undefined) return succeeded;
  return item.verdict;
}
