/** What every loop of a run shares: the pool, the limits, the way to stop, and who is told. */
import type { Clock } from '../clock.ts';
import type { Effects } from '../effects.ts';
import type { ResolvedLimits } from '../limits.ts';
import type { Pool } from '../pace/pool.ts';
import type { RateLimit } from '../pace/rate-limit.ts';
import type { Random } from '../random.ts';
import type { Measures } from '../report/measures.ts';
import type { Stop } from '../stop/stop.ts';

export interface LoopContext {
  readonly runId: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly effects: Effects;
  readonly limits: ResolvedLimits;
  readonly pool: Pool;
  readonly rateLimit: RateLimit;
  readonly budget: Budget;
  readonly stop: Stop;
  readonly measures: Measures;
  /** Told after each settled item: whether the run goes on, and whether a checkpoint is due. */
  readonly onSettled: () => void;
}

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
