/**
 * The accounts of one loop: every item that was read is settled once, or remains.
 *
 * Guarantees: `read = settled + remaining` as two separate counts (the run checks it), and that what `take()` gives
 * is a checkpoint: exactly the items before the cursors are in the tally, and their failures in the list.
 */
import type { Clock } from '../clock.ts';
import { DryRunWrite } from '../errors.ts';
import type { FailedItem, LoopState } from '../ledger/ledger.ts';
import type { RunObserver, SettledItem } from '../report/progress.ts';
import type { Source } from '../sources/source.ts';
import { firstHeadStart } from './head-start.ts';
import type { Outcome, WorkItem } from './item.ts';
import { SegmentProgress } from './segment-progress.ts';
import { Tally } from './tally.ts';

export interface AccountsOptions<TValue> {
  readonly name: string;
  readonly source: Pick<Source<TValue>, 'fingerprint' | 'segments'>;
  /** Where the attempt before left off. */
  readonly resume: LoopState | undefined;
  /** The attempt before crashed: items behind the cursors are suspects. */
  readonly recovered: boolean;
  /** How many items can be in flight at once. */
  readonly inFlight: number;
  /** Makes the record of a failed item. */
  readonly keepFailure: (item: WorkItem<TValue>, outcome: 'failed' | 'quarantined', error: unknown) => FailedItem;
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>;
  /** The name of a count or a reason, as it may be shown. */
  readonly nameOf: (name: string) => string;
  /** Told of each outcome; undefined: nobody is. */
  readonly onOutcome: RunObserver['onOutcome'] | undefined;
}

/** What a checkpoint says of a loop. */
export interface LoopTaken {
  readonly state: LoopState;
  readonly tally: Tally;
  readonly failures: readonly FailedItem[];
  readonly unmark: readonly string[];
  readonly unsavedSinceMs: number;
  readonly onSaved: () => void;
}

const wouldWrite = 'would write';

export class Accounts<TValue> {
  readonly name: string;
  /** Items that arrived in pages. */
  read = 0;
  /** Items that arrived and were not started yet. */
  unstarted = 0;
  done: boolean;
  readonly segments: readonly SegmentProgress<TValue>[];
  readonly #options: AccountsOptions<TValue>;
  // What the wall clock is ahead of the monotonic one. Looked at with each checkpoint: for each item it would be felt.
  #wallAheadMs: number;
  #inFlight = 0;
  #failed = 0;

  constructor(options: AccountsOptions<TValue>) {
    const { name, source, resume, recovered, inFlight } = options;
    this.name = name;
    this.#options = options;
    this.#wallAheadMs = wallAheadMs(options.clock);
    this.done = resume?.done ?? false;
    const suspectsOf = (index: number) => resume?.suspects[index] ?? firstHeadStart(inFlight);
    this.segments = source.segments.map(
      (_segment, index) =>
        new SegmentProgress({
          resumedAfter: resume?.cursors[index] ?? undefined,
          suspects: recovered && !this.done ? suspectsOf(index) : 0,
          inFlight,
        }),
    );
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
    return this.segments.reduce((open, { watermark }) => open + watermark.countOpen(), this.unstarted);
  }

  /** Items that may have been in flight at a crash. */
  get suspects(): number {
    return this.segments.reduce((sum, { suspects }) => sum + suspects, 0);
  }

  arrive(items: number): void {
    this.read += items;
    this.unstarted += items;
  }

  start(item: WorkItem<TValue>): void {
    this.unstarted -= 1;
    this.#inFlight += 1;
    item.segment.watermark.add(item);
  }

  /** Gives `item` its outcome, for good. A write that a dry run refused is an outcome too: skipped, "would write". */
  settle(item: WorkItem<TValue>, outcome: Outcome, nowMs: number): void {
    const tally = item.segment.watermark.tallyFor(item);
    if (nowMs < tally.unsavedSinceMs) tally.unsavedSinceMs = nowMs;
    let failed: FailedItem | undefined;
    if (outcome.kind === 'succeeded') {
      tally.succeeded += 1;
    } else if (outcome.kind === 'skipped') {
      tally.skip(this.#options.nameOf(outcome.reason));
    } else if (outcome.error instanceof DryRunWrite) {
      tally.skip(wouldWrite);
      tally.wouldWrite(outcome.error.target);
    } else {
      failed = this.#fail(item, outcome.kind, outcome.error, tally);
    }
    item.closed = true;
    // A settled item may be kept for a while as the one before the next: not so what it said to others.
    item.exchanges = undefined;
    this.#inFlight -= 1;
    if (item.attempt > 1) tally.retried += item.attempt - 1;
    if (item.refreshed) tally.refreshed += 1;
    if (item.counts !== undefined) for (const [name, by] of item.counts) tally.count(this.#options.nameOf(name), by);
    item.segment.settled(item, failed);
    this.#options.onOutcome?.(toSettledItem(this.name, item, outcome, nowMs, this.#wallAheadMs));
  }

  /** What came of all settled items. */
  total(): Tally {
    return sum(this.segments.map(({ watermark }) => watermark.total()));
  }

  /** What came of the items before the cursors. */
  prefix(): Tally {
    return sum(this.segments.map(({ watermark }) => watermark.settled));
  }

  /** Takes what a checkpoint says of the loop. */
  take(): LoopTaken {
    this.#wallAheadMs = wallAheadMs(this.#options.clock);
    const taken = this.segments.map((segment) => segment.take(this.done));
    return {
      state: {
        cursors: taken.map(({ cursor }) => cursor),
        fingerprint: this.#options.source.fingerprint,
        done: this.done,
        suspects: taken.map(({ suspects }) => suspects),
      },
      tally: this.prefix(),
      failures: taken.flatMap(({ failures }) => failures),
      unmark: taken.flatMap(({ unmark }) => unmark),
      unsavedSinceMs: Math.min(...taken.map(({ unsavedSinceMs }) => unsavedSinceMs)),
      onSaved: () => {
        for (const { onSaved } of taken) onSaved();
      },
    };
  }

  /** All failures that no checkpoint has. */
  drainFailures(): readonly FailedItem[] {
    return this.segments.flatMap((segment) => segment.drainFailures());
  }

  #fail(item: WorkItem<TValue>, kind: 'failed' | 'quarantined', error: unknown, tally: Tally): FailedItem {
    const failed = this.#options.keepFailure(item, kind, error);
    item.counts = undefined;
    if (kind === 'quarantined') {
      tally.quarantine(item.key, item.attempt, failed.error);
    } else {
      tally.fail(item.key, item.attempt, failed.error);
      this.#failed += 1;
    }
    return failed;
  }
}

function wallAheadMs(clock: AccountsOptions<unknown>['clock']): number {
  return clock.now() - clock.monotonicMs();
}

function toSettledItem<TValue>(
  loop: string,
  item: WorkItem<TValue>,
  outcome: Outcome,
  nowMs: number,
  aheadMs: number,
): SettledItem {
  const ageMs = item.startedMs - item.readMs;
  const refused = 'error' in outcome && outcome.error instanceof DryRunWrite;
  const told: Outcome = refused ? { kind: 'skipped', reason: wouldWrite } : outcome;
  // All of one shape, and no spread: it is made for each item.
  return {
    loop,
    key: item.key,
    outcome: told.kind,
    reason: told.kind === 'skipped' ? told.reason : undefined,
    error: 'error' in told ? told.error : undefined,
    attempts: item.attempt,
    startedAtMs: item.firstStartMs + aheadMs,
    durationMs: nowMs - item.firstStartMs,
    // A value from memory was read never; one that was read again after its last handler, nobody saw.
    stalenessMs: ageMs >= 0 ? ageMs : undefined,
  };
}

function sum(tallies: readonly Tally[]): Tally {
  const total = new Tally();
  for (const tally of tallies) total.merge(tally);
  return total;
}
