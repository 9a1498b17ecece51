/**
 * The loop below `ctx.each` and `ctx.eachBatch`: reads pages, and has their items started (`starter.ts`).
 *
 * Guarantees:
 * - at most two pages a segment in memory, and at most `concurrency` calls in flight in the whole run;
 * - `run` ends only when every call has ended, whether the source failed, the run was stopped or all is done;
 * - each item is started once, in source order within its segment (retries are the work's business).
 *
 * States of an item: read → started → settled. One that a stop leaves unsettled counts as remaining; a resume works it
 * again, and with it those that were settled behind it, or after the last checkpoint.
 */

import type { Source } from '../sources/source.ts';
import type { Accounts } from './accounts.ts';
import type { CallFailure } from './call.ts';
import type { CallRunner } from './call-runner.ts';
import { WorkItem } from './item.ts';
import type { LoopContext } from './loop-context.ts';
import { PageSize } from './page-size.ts';
import { readAhead } from './read-ahead.ts';
import { Starter } from './starter.ts';

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
  readonly #starter: Starter<TValue>;
  #failure: CallFailure;

  constructor(context: LoopContext, options: LoopOptions<TValue>) {
    this.#context = context;
    this.#options = options;
    this.#keyOf = (value) => options.source.keyOf(value);
    this.#starter = new Starter(context, {
      ...options,
      signal: this.#reading.signal,
      onFailure: (failure) => {
        this.#failure ??= failure;
        this.#reading.abort(failure.error);
      },
    });
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
      await this.#starter.idle();
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
    const range = source.segments[index];
    const segment = accounts.segments[index];
    if (range === undefined || segment === undefined) throw new RangeError(`no segment ${index}`);

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
      range.pages(segment.watermark.cursor, {
        signal,
        pageSize: () => Math.max(1, Math.min(size.current, wanted())),
      }),
      {
        wantsMore: () => wanted() > 0,
        onPage: ({ items }) => {
          pagesHeld += 1;
          accounts.arrive(items.length);
          measures.noteMemory(accounts.buffered, pagesHeld);
        },
      },
    );
    const { runId, keyRoot } = this.#context;
    const home = { runId, keyRoot, loopName: accounts.name, keyOf: this.#keyOf, segment };
    let finished = true;
    try {
      for await (const page of pages) {
        const startedMs = clock.monotonicMs();
        const { length } = page.items;
        finished = await this.#starter.startAll(page, segment, (at) => new WorkItem(home, page, at));
        if (!finished) break;
        pagesHeld -= 1;
        size.note(length, clock.monotonicMs() - startedMs);
      }
    } catch (error) {
      finished = false;
      this.#reading.abort(error);
      if (!this.#context.stop.stopping.aborted) throw error;
    } finally {
      await this.#starter.endSuspects(segment, finished);
    }
  }
}
