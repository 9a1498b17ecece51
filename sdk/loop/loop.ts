/**
 * The loop below `ctx.each` and `ctx.eachBatch`: reads pages, enters the pool, obeys the rate limit, starts the work.
 *
 * Guarantees:
 * - at most two pages a segment in memory, and at most `concurrency` calls in flight in the whole run;
 * - `run` ends only when every call has ended, whether the source failed, the run was stopped or all is done;
 * - each item is started once, in source order within its segment (retries are the work's business).
 *
 * States of an item: read → started → settled. One that a stop leaves unsettled counts as remaining; a resume works it
 * again, and with it those that were settled behind it, or after the last checkpoint.
 */

import type { Page, Source } from '../sources/source.ts';
import type { Accounts } from './accounts.ts';
import type { CallFailure } from './call.ts';
import type { CallRunner } from './call-runner.ts';
import { WorkItem } from './item.ts';
import type { LoopContext } from './loop-context.ts';
import { PageSize } from './page-size.ts';
import { readAhead } from './read-ahead.ts';

/** Works on items that were started together at `nowMs`; calls `done` when each is settled or given up for this run. */
export type Work<TValue> = (group: readonly WorkItem<TValue>[], nowMs: number, done: Done) => void;

/** Takes the end of the work; with an error when it broke off for a reason that is no item's, which ends the loop. */
export type Done = (failure?: CallFailure) => void;

/** Tells `done` when `work` ends, either way: a loop whose work never ended would wait for ever. */
export function tellEnd(work: Promise<void>, done: Done): void {
  work.then(
    () => done(),
    (error: unknown) => done({ error }),
  );
}

export interface LoopOptions<TValue> {
  readonly source: Source<TValue>;
  readonly accounts: Accounts<TValue>;
  readonly calls: CallRunner;
  /** Items that are started together, under one place in the pool and one start of the rate limit. */
  readonly groupSize: number;
  readonly work: Work<TValue>;
}

// The first page, before any rate is known, lasts for so many rounds of the pool.
const roundsOfFirstPage = 4;

export class Loop<TValue> {
  readonly #context: LoopContext;
  readonly #options: LoopOptions<TValue>;
  readonly #keyOf: (value: TValue) => string;
  // Fires when no more is to be read: a stop, or an error in any segment.
  readonly #reading = new AbortController();
  #groupsInFlight = 0;
  #failure: CallFailure;
  #onIdle: (() => void) | undefined;

  constructor(context: LoopContext, options: LoopOptions<TValue>) {
    this.#context = context;
    this.#options = options;
    this.#keyOf = (value) => options.source.keyOf(value);
  }

  /** Works through the source. Rejects with the source's error, or with the reason of a stop. */
  async run(): Promise<void> {
    const { accounts, calls, source } = this.#options;
    const { stop } = this.#context;
    if (accounts.done) return;
    const onStop = () => this.#reading.abort(stop.reason);
    const onAbort = () => calls.abortAll(stop.reason);
    stop.stopping.addEventListener('abort', onStop);
    stop.aborting.addEventListener('abort', onAbort);
    try {
      stop.stopping.throwIfAborted();
      const ends = await Promise.allSettled(source.segments.map((_segment, index) => this.#pump(index)));
      await this.#idle();
      stop.stopping.throwIfAborted();
      if (this.#failure !== undefined) throw this.#failure.error;
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
      accounts.done = accounts.remaining === 0 && this.#context.budget.left > 0;
    } finally {
      stop.stopping.removeEventListener('abort', onStop);
      stop.aborting.removeEventListener('abort', onAbort);
      calls.close();
    }
  }

  async #pump(index: number): Promise<void> {
    const { accounts, source, groupSize } = this.#options;
    const { clock, measures, limits, budget } = this.#context;
    const { signal } = this.#reading;
    const segment = source.segments[index];
    const watermark = accounts.watermarks[index];
    if (segment === undefined || watermark === undefined) throw new RangeError(`no segment ${index}`);

    const size = new PageSize({
      initial: roundsOfFirstPage * limits.concurrency * groupSize,
      max: source.maxPageSize,
      maxStalenessMs: limits.maxStalenessMs,
      // The segments share the limit.
      maxItemsPerSecond: ((limits.perSecond ?? Number.POSITIVE_INFINITY) * groupSize) / source.segments.length,
      multipleOf: groupSize,
    });
    const wanted = () => budget.left - accounts.unstarted;
    let pagesHeld = 0;
    const pages = readAhead(
      segment.pages(watermark.cursor, { signal, pageSize: () => Math.max(1, Math.min(size.current, wanted())) }),
      {
        wantsMore: () => wanted() > 0,
        onPage: ({ items }) => {
          pagesHeld += 1;
          accounts.arrive(items.length);
          measures.noteMemory(accounts.buffered, pagesHeld);
        },
      },
    );
    try {
      for await (const page of pages) {
        const startedMs = clock.monotonicMs();
        const home = { runId: this.#context.runId, keyOf: this.#keyOf, watermark };
        const finished = await this.#startAll(page, (at) => new WorkItem(home, page, at));
        if (!finished) break;
        pagesHeld -= 1;
        size.note(page.items.length, clock.monotonicMs() - startedMs);
      }
    } catch (error) {
      this.#reading.abort(error);
      if (!this.#context.stop.stopping.aborted) throw error;
    }
  }

  /** Starts the items of a page as pool and rate limit let it; false: broke off. */
  async #startAll(page: Page<TValue>, makeItem: (index: number) => WorkItem<TValue>): Promise<boolean> {
    const { accounts, groupSize } = this.#options;
    const { pool, rateLimit, budget } = this.#context;
    const { signal } = this.#reading;
    for (let next = 0; next < page.items.length; ) {
      if (signal.aborted || budget.left === 0) return false;
      if (!pool.tryEnter()) await pool.enter();
      // Only awaited when it has to wait: an await for each item would be felt.
      if (signal.aborted || !(rateLimit.tryTake() || (await this.#takeStart()))) {
        pool.leave();
        return false;
      }
      const granted = budget.take(Math.min(groupSize, page.items.length - next));
      const group: WorkItem<TValue>[] = [];
      for (const end = next + granted; next < end; next++) {
        const item = makeItem(next);
        accounts.start(item);
        group.push(item);
      }
      if (granted > 0) this.#begin(group);
      else pool.leave();
    }
    return true;
  }

  /** Waits for a start of the rate limit; false: the loop ends before there is one. */
  #takeStart(): Promise<boolean> {
    return this.#context.rateLimit.take(this.#reading.signal).then(
      () => true,
      () => false,
    );
  }

  #begin(group: readonly WorkItem<TValue>[]): void {
    const nowMs = this.#context.clock.monotonicMs();
    this.#groupsInFlight += 1;
    this.#options.work(group, nowMs, this.#done);
  }

  // One for all groups: a function for each would be felt.
  readonly #done: Done = (failure) => {
    if (failure !== undefined) {
      this.#failure ??= failure;
      this.#reading.abort(failure.error);
    }
    this.#groupsInFlight -= 1;
    this.#context.pool.leave();
    if (this.#groupsInFlight === 0) this.#onIdle?.();
  };

  async #idle(): Promise<void> {
    if (this.#groupsInFlight === 0) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }
}
