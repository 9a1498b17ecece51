/** What a job sees: everything it may read, and the only ways in which it may act. */

import type { Clock } from './clock.ts';
import type { Handler } from './each.ts';
import type { BatchHandler } from './each-batch.ts';
import type { Dynamo } from './ports/dynamodb.ts';
import type { Http } from './ports/http.ts';
import type { Postgres } from './ports/postgres.ts';
import type { Random } from './random.ts';
import type { Log } from './report/log.ts';
import type { Shard } from './shard.ts';
import type { Source } from './sources/source.ts';

export interface Context<TScope = unknown, TEnv = unknown, TSecret extends string = string> {
  readonly job: string;
  /** ULID of the run; the same for all its attempts. */
  readonly runId: string;
  /** Number of this attempt at the run, from 1. */
  readonly attempt: number;
  readonly scope: TScope;
  /** This task's part of a run that is spread over tasks, to be handed to each source; undefined: everything. */
  readonly shard: Shard | undefined;
  readonly env: TEnv;
  readonly secrets: Readonly<Record<TSecret, string>>;
  /** Writes are refused and counted; see README. */
  readonly dryRun: boolean;
  /** Fires when the run has to end at once. Ports obey it by themselves. */
  readonly signal: AbortSignal;

  readonly postgres: Postgres;
  readonly dynamo: Dynamo;
  readonly http: Http;
  readonly log: Log;
  readonly clock: Pick<Clock, 'now' | 'monotonicMs' | 'sleep'>;
  readonly random: Random;

  /**
   * Works on each item of a source (or list) through the pool and the rate limit; see `each.ts` for what is guaranteed.
   * Handlers must not change the fields that make an item's key.
   * Rejects when the run was stopped, too many items failed, or the source failed; do not catch that.
   */
  each<TItem>(source: Source<TItem> | readonly TItem[], handler: Handler<TItem>, options?: LoopNaming): Promise<void>;
  /** The same for groups of up to `size` items; see `each-batch.ts`. */
  eachBatch<TItem>(
    source: Source<TItem> | readonly TItem[],
    handler: BatchHandler<TItem>,
    options: LoopNaming & { readonly size: number },
  ): Promise<void>;
  /** Does `fn` with the job's retry policy, for calls outside of items, which are not retried otherwise. */
  retry<TResult>(fn: () => Promise<TResult>): Promise<TResult>;
  /** Adds to the summary's `counts[name]`, for what is not about one item. @default 1 */
  count(name: string, by?: number): void;
}

export interface LoopNaming {
  /** Names the loop in checkpoints; needed when a job's loops may come in another order next time. @default its number */
  readonly name?: string;
}
