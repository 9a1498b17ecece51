/**
 * Starts the items of a loop, as pool, rate limit, lease, checkpoints and suspects let it.
 *
 * Guarantees: no item is started when the lease is in doubt, nor further ahead of the last saved checkpoint than that
 * promised (`head-start.ts`), nor beside a suspect (`suspects.ts`).
 */

import { QuarantinedError } from '../errors.ts';
import type { Page } from '../sources/source.ts';
import { untilAborted } from '../stop/until-aborted.ts';
import type { Accounts } from './accounts.ts';
import { freshUntil } from './freshness.ts';
import type { Outcome, WorkItem } from './item.ts';
import type { Done, LoopOptions } from './loop.ts';
import type { LoopContext } from './loop-context.ts';
import type { SegmentProgress } from './segment-progress.ts';

export interface StarterOptions<TValue> extends Pick<LoopOptions<TValue>, 'source' | 'groupSize' | 'work'> {
  readonly accounts: Accounts<TValue>;
  /** Fires when no more items are to be started. */
  readonly signal: AbortSignal;
  /** Told when an item's work broke off for a reason that is no item's. */
  readonly onFailure: (failure: { readonly error: unknown }) => void;
}

type MakeItem<TValue> = (index: number) => WorkItem<TValue>;

/** Why an item is skipped that an earlier attempt recorded as done. */
export const doneEarlier = 'done by an earlier attempt';

export class Starter<TValue> {
  readonly #context: LoopContext;
  readonly #options: StarterOptions<TValue>;
  #groupsInFlight = 0;
  #onIdle: (() => void) | undefined;

  constructor(context: LoopContext, options: StarterOptions<TValue>) {
    this.#context = context;
    this.#options = options;
  }

  /** Resolves when nothing that was started is in flight. */
  async idle(): Promise<void> {
    if (this.#groupsInFlight === 0) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  /** Starts the items of a page as pool and rate limit let it; false: broke off. */
  async startAll(page: Page<TValue>, segment: SegmentProgress<TValue>, makeItem: MakeItem<TValue>): Promise<boolean> {
    const { groupSize } = this.#options;
    const items = page.items.length;
    for (let next = 0; next < items; ) {
      // Only awaited when it has to wait: an await for each item would be felt.
      if (this.#isOver || !(this.#hasRoom(segment) || (await this.#waitForRoom(segment)))) return false;
      if (segment.suspects > 0) {
        next += await this.#startAlone(segment, this.#freshUntil(page, next, 1), () => makeItem(next));
        continue;
      }
      const size = Math.min(groupSize, items - next);
      const freshUntilMs = this.#freshUntil(page, next, size);
      const nowMs = this.#tryEnter(freshUntilMs) ?? (await this.#enter(freshUntilMs));
      if (nowMs === undefined) return false;
      next += this.#startGroup(next, size, makeItem, nowMs);
    }
    return true;
  }

  get #isOver(): boolean {
    return this.#options.signal.aborted || this.#context.budget.left === 0;
  }

  /** Starts up to `size` items in the place that was entered; returns how many. */
  #startGroup(first: number, size: number, makeItem: MakeItem<TValue>, nowMs: number): number {
    const granted = this.#context.budget.take(size);
    let group: WorkItem<TValue>[] | undefined;
    for (let index = first; index < first + granted; index++) {
      const item = this.#take(makeItem(index));
      if (item === undefined) continue;
      if (group === undefined) group = [item];
      else group.push(item);
    }
    if (group !== undefined) this.#begin(group, nowMs);
    else this.#context.pool.leave();
    return granted;
  }

  /** Whether an item may be started, as far as checkpoints and suspects are concerned. */
  #hasRoom(segment: SegmentProgress<TValue>): boolean {
    if (this.#context.suspects.pending) return segment.suspects > 0 && segment.headStart > 0;
    return segment.headStart >= this.#options.groupSize && !segment.tooFarAhead;
  }

  /** Waits until there is; false: the loop ends before. */
  async #waitForRoom(segment: SegmentProgress<TValue>): Promise<boolean> {
    const { suspects, saveNow } = this.#context;
    const { signal } = this.#options;
    try {
      while (!this.#hasRoom(segment)) {
        if (suspects.pending && segment.suspects === 0) await suspects.cleared(signal);
        else if (segment.tooFarAhead) await untilAborted(segment.room(), signal);
        else await saveNow(signal);
      }
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
  }

  /** Until when all of `size` items may be acted on. */
  #freshUntil(page: Page<TValue>, first: number, size: number): number {
    let oldestMs = page.readMsOf(first);
    for (let index = first + 1; index < first + size; index++) oldestMs = Math.min(oldestMs, page.readMsOf(index));
    return freshUntil(this.#context, this.#options.source, oldestMs);
  }

  /** Enters the pool and takes a turn if both can be had at once; returns the time. */
  #tryEnter(freshUntilMs: number): number | undefined {
    const { pool, rateLimit, clock, mayStart } = this.#context;
    if (!pool.tryEnter()) return undefined;
    const nowMs = clock.monotonicMs();
    if (mayStart(nowMs) && rateLimit.tryTake(freshUntilMs, nowMs)) return nowMs;
    pool.leave();
    return undefined;
  }

  /** The same, with waiting; undefined: the loop ends before. */
  async #enter(freshUntilMs: number): Promise<number | undefined> {
    const { pool, rateLimit, clock, mayStart } = this.#context;
    const { signal } = this.#options;
    if (!pool.tryEnter()) await pool.enter();
    // One look at the clock, where no turn has to be waited for.
    let nowMs = clock.monotonicMs();
    let hasTurn = !signal.aborted && rateLimit.tryTake(freshUntilMs, nowMs);
    if (!hasTurn && !signal.aborted) {
      hasTurn = await this.#takeTurn(freshUntilMs);
      nowMs = clock.monotonicMs();
    }
    if (hasTurn && mayStart(nowMs) && !signal.aborted) return nowMs;
    pool.leave();
    return undefined;
  }

  /** Takes the item into the accounts. Undefined: an earlier attempt has done it, and it is settled. */
  #take(item: WorkItem<TValue>): WorkItem<TValue> | undefined {
    const { accounts } = this.#options;
    accounts.start(item);
    if (!this.#context.wasDone(item)) return item;
    item.markedDone = true;
    this.#settleUnbegun(item, { kind: 'skipped', reason: doneEarlier });
    return undefined;
  }

  /** Works an item that may have ended the process, with nothing beside it; 0: the loop ends before. */
  #startAlone(
    segment: SegmentProgress<TValue>,
    freshUntilMs: number,
    makeItem: () => WorkItem<TValue>,
  ): Promise<0 | 1> {
    const { suspects, budget } = this.#context;
    return suspects.alone(async () => {
      if ((await this.#enter(freshUntilMs)) === undefined) return 0;
      const item = budget.take(1) === 1 ? this.#take(makeItem()) : undefined;
      if (!(await this.#workAlone(item))) return 0;
      segment.suspects -= 1;
      if (segment.suspects === 0) await suspects.close(true);
      return 1;
    });
  }

  /** Works the item, if it is not settled already, in the place that was entered; false: the loop ends before. */
  async #workAlone(item: WorkItem<TValue> | undefined): Promise<boolean> {
    const { suspects, pool, clock, mayStart } = this.#context;
    const { accounts, signal } = this.#options;
    if (item === undefined || this.#quarantine(item)) {
      pool.leave();
      return true;
    }
    try {
      await suspects.mark({ loop: accounts.name, key: item.key });
    } catch (error) {
      pool.leave();
      if (signal.aborted) return false;
      throw error;
    }
    // The mark may have taken longer than the lease is good for.
    const nowMs = clock.monotonicMs();
    if (signal.aborted || !mayStart(nowMs)) {
      pool.leave();
      return false;
    }
    this.#begin([item], nowMs);
    await this.idle();
    return true;
  }

  #quarantine(item: WorkItem<TValue>): boolean {
    const { accounts } = this.#options;
    if (!this.#context.suspects.isCulprit({ loop: accounts.name, key: item.key })) return false;
    this.#settleUnbegun(item, { kind: 'quarantined', error: new QuarantinedError() });
    return true;
  }

  #settleUnbegun(item: WorkItem<TValue>, outcome: Outcome): void {
    const { clock, onSettled } = this.#context;
    item.firstStartMs = clock.monotonicMs();
    this.#options.accounts.settle(item, outcome, item.firstStartMs);
    onSettled();
  }

  /** The source ended, or the loop broke off: nobody has to wait for its suspects any more. */
  async endSuspects(segment: SegmentProgress<TValue>, finished: boolean): Promise<void> {
    if (segment.suspects === 0) return;
    // Those that were not worked stay suspects, for the next attempt.
    if (finished) segment.suspects = 0;
    await this.#context.suspects.close(finished).catch((error: unknown) => {
      if (!this.#options.signal.aborted && !this.#context.stop.stopping.aborted) throw error;
    });
  }

  /** Waits for a turn of the rate limit; false: the loop ends before there is one. */
  #takeTurn(freshUntilMs: number): Promise<boolean> {
    return this.#context.rateLimit.take(this.#options.signal, freshUntilMs).then(
      () => true,
      () => false,
    );
  }

  #begin(group: readonly WorkItem<TValue>[], nowMs: number): void {
    this.#groupsInFlight += 1;
    this.#options.work(group, nowMs, this.#done);
  }

  // One for all groups: a function for each would be felt.
  readonly #done: Done = (failure) => {
    if (failure !== undefined) this.#options.onFailure(failure);
    this.#groupsInFlight -= 1;
    this.#context.pool.leave();
    if (this.#groupsInFlight === 0) this.#onIdle?.();
  };
}
