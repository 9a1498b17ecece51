/** Runs of small jobs in simulated processes on one virtual clock and one ledger, for tests of what survives a crash. */
import type { Context } from '../context.ts';
import type { Limits } from '../index.ts';
import { defineJob } from '../job.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { MemoryLedger } from '../ledger/memory.ts';
import { seededRandom } from '../random.ts';
import { runJob } from '../run.ts';
import type { RunOptions } from '../run-options.ts';
import type { Summary } from '../summary.ts';
import { expectBalance } from './run-world.ts';
import { SimulatedProcess } from './simulated-process.ts';
import { TestSource, type TestSourceOptions } from './test-source.ts';
import { turn, VirtualClock } from './virtual-clock.ts';

export interface StartPlan extends Omit<RunOptions, 'clock'> {
  readonly limits?: Limits;
  readonly exclusive?: 'job' | 'scope';
}

export interface Started {
  readonly process: SimulatedProcess;
  readonly summary: Promise<Summary>;
}

export function openCrashWorld(ledger?: Ledger) {
  const clock = new VirtualClock();
  const shared = ledger ?? new MemoryLedger({ clock });
  const worked: number[] = [];
  const workedMs: number[] = [];
  const world = {
    clock,
    ledger: shared,
    /** Items whose work had its effect, in order. */
    worked,
    /** When. */
    workedMs,
    /** The process that was started last. */
    current: undefined as Started | undefined,

    /** Works an item: an effect on the outside world, of a context's item. */
    async work(ctx: Context, value: number): Promise<void> {
      await ctx.clock.sleep(0);
      worked.push(value);
      workedMs.push(clock.monotonicMs());
    },

    source: (items: number, options: Omit<TestSourceOptions, 'clock' | 'items'> = {}) =>
      new TestSource({ clock, items, ...options }),

    /** Starts a run in a process of its own; the clock stands still. */
    start(
      run: (ctx: Context) => Promise<void>,
      { limits = {}, exclusive = 'job', middleware = [], ...options }: StartPlan = {},
    ): Started {
      const process = new SimulatedProcess(clock);
      const job = defineJob({ name: 'test-job', summary: 'Is a test.', limits, exclusive, run });
      const summary = runJob(job, {
        ledger: shared,
        random: seededRandom(1),
        ...options,
        clock: process.clock,
        middleware: [...middleware, process.middleware],
      });
      summary.catch(() => {});
      world.current = { process, summary };
      return world.current;
    },

    /** Moves the clock until the run has ended. */
    async finish({ summary }: Started): Promise<Summary> {
      const ended = await clock.run(summary);
      expectBalance(ended);
      return ended;
    },

    /** Moves the clock until the run has ended, or its process has died. */
    async endOf({ process, summary }: Started): Promise<Summary | 'died'> {
      let ended: Summary | undefined;
      summary.then(
        (value) => {
          ended = value;
        },
        () => {},
      );
      for (let steps = 0; steps < 100_000; steps++) {
        await turn();
        if (ended !== undefined) return ended;
        if (!process.isAlive) return 'died';
        await clock.advance(5);
      }
      throw new Error('expected the run to end or die');
    },
  };
  return world;
}
