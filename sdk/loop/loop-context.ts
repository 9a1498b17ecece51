/** What every loop of a run shares: the pool, the limits, the way to stop, and who is told. */
import type { Clock } from '../clock.ts';
import type { Effects } from '../effects.ts';
import type { FailedItem } from '../ledger/ledger.ts';
import type { ResolvedLimits } from '../limits.ts';
import type { Pool } from '../pace/pool.ts';
import type { RateLimit } from '../pace/rate-limit.ts';
import type { Random } from '../random.ts';
import type { ExchangeLog } from '../report/exchange-log.ts';
import type { Measures } from '../report/measures.ts';
import type { RunObserver } from '../report/progress.ts';
import type { Cursor } from '../sources/source.ts';
import type { Stop } from '../stop/stop.ts';
import type { Suspects } from './suspects.ts';

export interface LoopContext {
  readonly runId: string;
  /** Begins the idempotency keys of items. */
  readonly keyRoot: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly effects: Effects;
  readonly limits: ResolvedLimits;
  readonly pool: Pool;
  readonly rateLimit: RateLimit;
  readonly budget: Budget;
  readonly stop: Stop;
  readonly measures: Measures;
  readonly suspects: Suspects;
  /** Told after each settled item: whether the run goes on, and whether a checkpoint is due. */
  readonly onSettled: () => void;
  /** Told of each outcome; undefined: nobody is. */
  readonly onOutcome: RunObserver['onOutcome'] | undefined;
  /** Whether the lease can be trusted to let an item start now; if not, the run is being stopped. */
  readonly mayStart: (nowMs: number) => boolean;
  /** Saves a checkpoint of what there is now; rejects when the signal fires. */
  readonly saveNow: (signal: AbortSignal) => Promise<void>;
  /** Whether an earlier attempt recorded the item as done. */
  readonly wasDone: (item: { readonly loopName: string; readonly key: string }) => boolean;
  /** Makes the record of a failed item. */
  readonly keepFailure: KeepFailure;
  /** The name of a count or a reason, as it may be shown. */
  readonly nameOf: (name: string) => string;
}

/** An item that failed, and how its source finds it again. */
export interface FailingItem {
  readonly loop: string;
  readonly key: string;
  readonly attempts: number;
  readonly position: () => Cursor;
  readonly exchanges: ExchangeLog | undefined;
}

export type KeepFailure = (item: FailingItem, outcome: FailedItem['outcome'], error: unknown) => FailedItem;

/** How many items the run may still start (`--limit`). */
export class Budget {
  #left: number;

  constructor(limit: number | undefined) {
    this.#left = limit ?? Number.POSITIVE_INFINITY;
  }

  get left(): number {
    return this.#left;
  }

  /** Takes up to `items`; returns how many were granted. */
  take(items: number): number {
    const granted = Math.min(items, this.#left);
    this.#left -= granted;
    return granted;
  }
}
