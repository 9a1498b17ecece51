/** What a run is started with. */
import type { Clock } from './clock.ts';
import type { EffectMiddleware } from './effects.ts';
import type { EnvironmentValues } from './input.ts';
import type { Ledger, Trigger } from './ledger/ledger.ts';
import type { Stores } from './ports/open.ts';
import type { Random } from './random.ts';
import type { Log } from './report/log.ts';
import type { RunObserver } from './report/progress.ts';
import type { Overlap } from './schedule.ts';
import type { Shard } from './shard.ts';
import type { Summary } from './summary.ts';

export interface RunOptions {
  /** Checked against the job's schema. @default that of the run which is resumed or redriven, else {} (everything) */
  readonly scope?: unknown;
  /**
   * Work one part of several, in a job that has `shards`. Of a run that is resumed or redriven it is known, and may be left out.
   * @default everything
   */
  readonly shard?: Shard | undefined;
  /** Where the job's declared variables and secrets are taken from. @default {} */
  readonly environment?: EnvironmentValues;
  /** @default none: only ctx.http */
  readonly stores?: Stores;
  /** Closed by whoever opened it. @default a new MemoryLedger */
  readonly ledger?: Ledger;
  /** @default { kind: 'manual' } */
  readonly trigger?: Trigger;
  /** Refuse and count writes. @default false */
  readonly dryRun?: boolean;
  /** Start at most so many items. @default all */
  readonly limit?: number;
  /** Do not resume an interrupted run. @default false */
  readonly fresh?: boolean;
  /** Resume this very run. Its scope is the one to give, if any. @default the last one of the same job and scope, if it is unfinished */
  readonly resumeRun?: string;
  /** Work only failed items of an earlier run. Its scope is the one to give, if any. @default work the sources */
  readonly redrive?: {
    readonly runId: string;
    /** Only items whose error has this name or code. @default any */
    readonly error?: string | undefined;
    /** Only these items, at most 1,000. A key that several loops have means the item of each. @default all */
    readonly keys?: readonly string[] | undefined;
  };
  /** A ULID that names the run if it becomes a new one, so that whoever starts it elsewhere can find it. @default a new one */
  readonly runId?: string;
  /** What to do when another run is in the way. @default the schedule's `overlap`, else 'skip' */
  readonly overlap?: Overlap;
  /** Where this process runs, for people who look at the ledger. @default host and process id */
  readonly holder?: string;
  /** Ends the run: with an `InterruptedError` as reason it can be resumed, with a `CancelledError` it is over. @default never */
  readonly signal?: AbortSignal;
  /** @default silent */
  readonly log?: (bindings: Readonly<Record<string, unknown>>) => Log;
  /** Told of the run while it goes on. @default nobody */
  readonly observer?: RunObserver;
  /** Put around every effect, outermost first. @default none */
  readonly middleware?: readonly EffectMiddleware[];
  /** @default the machine's */
  readonly clock?: Clock;
  /** @default a random seed */
  readonly random?: Random;
  /** @default unknown */
  readonly version?: Summary['version'];
}
