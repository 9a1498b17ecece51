/** Runs of small jobs on a virtual clock and a ledger in memory, for the SDK's own tests. */
import { expect } from 'chai';
import type { Context } from '../context.ts';
import { type Effect, type EffectMiddleware, InterruptedError, type Limits } from '../index.ts';
import { defineJob } from '../job.ts';
import { MemoryLedger } from '../ledger/memory.ts';
import { seededRandom } from '../random.ts';
import { runJob } from '../run.ts';
import type { RunOptions } from '../run-options.ts';
import { type Summary, summarySchema } from '../summary.ts';
import { TestSource, type TestSourceOptions } from './test-source.ts';
import { turn, VirtualClock } from './virtual-clock.ts';

export interface RunPlan extends Omit<RunOptions, 'clock'> {
  readonly limits?: Limits;
  /** How long the run may take, in virtual ms. @default an hour */
  readonly withinMs?: number;
}

/** A fresh clock and ledger, and what is needed to run jobs on them. */
export function openRunWorld() {
  const clock = new VirtualClock();
  const ledger = new MemoryLedger();
  const effects: Effect[] = [];
  const watching: EffectMiddleware = (effect, next) => {
    effects.push(effect);
    return next();
  };

  /** Begins a run; the clock stands still. */
  const start = (run: (ctx: Context) => Promise<void>, { limits = {}, middleware = [], ...options }: RunPlan = {}) =>
    runJob(defineJob({ name: 'test-job', summary: 'Is a test.', limits, run }), {
      clock,
      ledger,
      random: seededRandom(1),
      middleware: [watching, ...middleware],
      ...options,
    });

  /** Moves the clock until a run has ended; its summary must be valid and balance, and no rejection go unseen. */
  const finish = async (running: Promise<Summary>, withinMs?: number) => {
    // Mocha passes over these.
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      const summary = await clock.run(running, withinMs === undefined ? {} : { withinMs });
      await turn();
      expectBalance(summary);
      expect(unhandled, 'unhandled rejections').to.deep.equal([]);
      return summary;
    } finally {
      process.off('unhandledRejection', note);
    }
  };

  return {
    clock,
    ledger,
    effects,
    start,
    finish,
    run: (run: (ctx: Context) => Promise<void>, plan: RunPlan = {}) => finish(start(run, plan), plan.withinMs),
    source: (items: number, options: Omit<TestSourceOptions, 'clock' | 'items'> = {}) =>
      new TestSource({ clock, items, ...options }),
  };
}

/** Checks what holds for every summary. */
export function expectBalance(summary: Summary): void {
  summarySchema.parse(JSON.parse(JSON.stringify(summary)));
  const { read, succeeded, skipped, failed, quarantined, remaining } = summary.items;
  expect(read, 'read').to.equal(succeeded + skipped + failed + quarantined + remaining);
  const byReason = Object.values(summary.skipped).reduce((sum, by) => sum + by, 0);
  expect(byReason, 'skipped by reason').to.equal(skipped);
  const byError = Object.values(summary.failuresByError).reduce((sum, by) => sum + by, 0);
  expect(byError, 'failures by error').to.equal(failed);
  expect(summary.error?.code).not.to.equal('STINT_ACCOUNTS');
}

/** What SIGTERM does to a run. */
export const sigterm = () => new InterruptedError('the run was interrupted by SIGTERM', 'SIGTERM');

/** Waits for something that never comes. */
export const never = () => new Promise<never>(() => {});
