/** How far one segment of a loop is, and what has to be written down when its watermark moves on. */
import type { FailedItem } from '../ledger/ledger.ts';
import type { Cursor } from '../sources/source.ts';
import { HeadStart, mostAhead } from './head-start.ts';
import type { WorkItem } from './item.ts';
import { Watermark } from './watermark.ts';

export interface SegmentProgressOptions {
  readonly resumedAfter: Cursor | undefined;
  /** Items from there on that may have been in flight at a crash. */
  readonly suspects: number;
  /** How many items can be in flight at once. */
  readonly inFlight: number;
}

/** What became final with a checkpoint. */
export interface SegmentTaken {
  readonly cursor: Cursor | null;
  /** For the next attempt, if this one crashes: items from the cursor on that may have been started by then. */
  readonly suspects: number;
  readonly failures: readonly FailedItem[];
  /** Keys of items that need no done-marker any more. */
  readonly unmark: readonly string[];
  /** As `Taken` has it. */
  readonly unsavedSinceMs: number;
  /** The checkpoint is saved. */
  readonly onSaved: () => void;
}

interface At<TWhat> {
  readonly ordinal: number;
  readonly what: TWhat;
}

export class SegmentProgress<TValue> {
  readonly watermark: Watermark<TValue>;
  /** Items that are to be worked one by one yet. */
  suspects: number;
  readonly #headStart: HeadStart;
  // Those that are not behind the watermark yet, or came to be since the last checkpoint.
  #failures: At<FailedItem>[] = [];
  #marked: At<string>[] = [];
  #onRoom: (() => void) | undefined;

  constructor({ resumedAfter, suspects, inFlight }: SegmentProgressOptions) {
    this.watermark = new Watermark(resumedAfter);
    this.suspects = suspects;
    this.#headStart = new HeadStart(this.watermark, inFlight);
  }

  /** How many more items may be started before the next checkpoint is saved. */
  get headStart(): number {
    return this.#headStart.left;
  }

  /** Whether the segment has run so far ahead of its first open item that it has to wait for it. */
  get tooFarAhead(): boolean {
    return this.watermark.ahead >= mostAhead;
  }

  /** Resolves when it is not too far ahead any more. */
  async room(): Promise<void> {
    if (!this.tooFarAhead) return;
    const room = Promise.withResolvers<void>();
    this.#onRoom = room.resolve;
    await room.promise;
  }

  /** Takes `item` out of the open ones: its outcome is in the tally. */
  settled(item: WorkItem<TValue>, failed: FailedItem | undefined): void {
    if (failed !== undefined) this.#failures.push({ ordinal: item.ordinal, what: failed });
    if (item.markedDone) this.#marked.push({ ordinal: item.ordinal, what: item.key });
    this.watermark.remove(item);
    if (this.#onRoom !== undefined && !this.tooFarAhead) {
      this.#onRoom();
      this.#onRoom = undefined;
    }
  }

  /** Takes what a checkpoint says of the segment. Failures are handed out once: they are the checkpoint's from then on. */
  take(done: boolean): SegmentTaken {
    const { promised, keep } = this.#headStart.promise();
    const behind = this.watermark.settled.settled;
    const isBehind = ({ ordinal }: At<unknown>) => ordinal <= behind;
    const failures = this.#failures.filter(isBehind).map(({ what }) => what);
    if (failures.length > 0) this.#failures = this.#failures.filter((at) => !isBehind(at));
    const unmark = this.#marked.filter(isBehind).map(({ what }) => what);
    return {
      cursor: this.watermark.cursor ?? null,
      suspects: done ? 0 : Math.max(promised, this.suspects),
      failures,
      unmark,
      unsavedSinceMs: this.watermark.takeUnsavedSinceMs(),
      onSaved: () => {
        keep();
        if (unmark.length > 0) this.#marked = this.#marked.filter((at) => !isBehind(at));
      },
    };
  }

  /** All failures that no checkpoint has, those beyond the watermark too. */
  drainFailures(): readonly FailedItem[] {
    return this.#failures.splice(0).map(({ what }) => what);
  }
}
