/**
 * The accounts of one loop: every item that was read is settled once, or remains.
 *
 * Guarantees: `read = settled + remaining` as two separate counts (the run checks it), and that `state()` together
 * with `prefix()` is a checkpoint: exactly the items before the cursors are in the tally.
 */
import { DryRunWrite } from '../errors.ts';
import type { LoopState } from '../ledger/ledger.ts';
import type { Source } from '../sources/source.ts';
import type { Verdict, WorkItem } from './item.ts';
import { Tally } from './tally.ts';
import { Watermark } from './watermark.ts';

/** What came of an item. */
export type Outcome = { readonly kind: 'succeeded' } | Verdict;

export class Accounts<TValue> {
  /** Items that arrived in pages. */
  read = 0;
  /** Items that arrived and were not started yet. */
  unstarted = 0;
  done: boolean;
  readonly watermarks: readonly Watermark<TValue>[];
  readonly #fingerprint: string;
  #inFlight = 0;
  #failed = 0;

  constructor(source: Source<TValue>, resume: LoopState | undefined) {
    this.#fingerprint = source.fingerprint;
    this.done = resume?.done ?? false;
    this.watermarks = source.segments.map((_segment, index) => new Watermark(resume?.cursors[index] ?? undefined));
  }

  /** Items in memory: read and not settled. */
  get buffered(): number {
    return this.unstarted + this.#inFlight;
  }

  get failed(): number {
    return this.#failed;
  }

  /** Items that were settled, by this attempt. */
  get settled(): number {
    return this.read - this.buffered;
  }

  /** Items that are left over, counted one by one: never started, or given up when the run stopped. */
  get remaining(): number {
    return this.watermarks.reduce((open, watermark) => open + watermark.countOpen(), this.unstarted);
  }

  arrive(items: number): void {
    this.read += items;
    this.unstarted += items;
  }

  start(item: WorkItem<TValue>): void {
    this.unstarted -= 1;
    this.#inFlight += 1;
    item.watermark.add(item);
  }

  /** Gives `item` its outcome, for good. A write that a dry run refused is an outcome too: skipped, "would write". */
  settle(item: WorkItem<TValue>, outcome: Outcome): void {
    const tally = item.watermark.tallyFor(item);
    if (outcome.kind === 'succeeded') {
      tally.succeeded += 1;
    } else if (outcome.kind === 'skipped') {
      tally.skip(outcome.reason);
    } else if (outcome.error instanceof DryRunWrite) {
      tally.skip('would write');
      tally.wouldWrite(outcome.error.target);
    } else {
      tally.fail(item.key, item.attempt, outcome.error);
      this.#failed += 1;
      item.counts = undefined;
    }
    item.closed = true;
    this.#inFlight -= 1;
    if (item.attempt > 1) tally.retried += item.attempt - 1;
    if (item.refreshed) tally.refreshed += 1;
    if (item.counts !== undefined) for (const [name, by] of item.counts) tally.count(name, by);
    item.watermark.remove(item);
  }

  /** What came of all settled items. */
  total(): Tally {
    return sum(this.watermarks.map((watermark) => watermark.total()));
  }

  /** What came of the items before the cursors of `state()`. */
  prefix(): Tally {
    return sum(this.watermarks.map((watermark) => watermark.settled));
  }

  state(): LoopState {
    const cursors = this.watermarks.map((watermark) => watermark.cursor ?? null);
    return { cursors, fingerprint: this.#fingerprint, done: this.done };
  }
}

function sum(tallies: readonly Tally[]): Tally {
  const total = new Tally();
  for (const tally of tallies) total.merge(tally);
  return total;
}
