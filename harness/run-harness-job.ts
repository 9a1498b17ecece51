/**
 * What a run of a harness is started with, and how its clock, seed and interrupt become options of `runJob`.
 *
 * Guarantees: in virtual time two runs of a case that are started alike come out alike, times included; what is not is
 * their run's id, and what the process needs in memory.
 */
import { createHash } from 'node:crypto';
import { type Job, type RunOptions, runJob, type Summary, seededRandom } from '@stint/sdk';
import { declaredTables } from './declared-tables.ts';
import { armInterrupt, type Interrupt } from './interrupt.ts';
import type { HarnessTime } from './time/harness-time.ts';

export interface HarnessRunOptions extends Omit<RunOptions, 'clock' | 'stores'> {
  /**
   * `virtual`: rate limits, backoffs, timeouts, leases and `ctx.clock.sleep` take no real time, while stores and fakes stay
   * real. The run starts at the case's `now`, or where the virtual run before it ended. @default 'real'
   */
  readonly clock?: 'real' | 'virtual';
  /** Of `ctx.random` and of the jitter of backoffs. @default in virtual time made of the case's name, else random */
  readonly seed?: number;
  /** @default never */
  readonly interrupt?: Interrupt;
}

export interface CaseRun {
  readonly job: Job;
  readonly options: HarnessRunOptions;
  /** What the case says, and what no option can change. */
  readonly defaults: RunOptions;
  readonly fixed: RunOptions;
  /** Name of the case. */
  readonly name: string;
  readonly time: HarnessTime;
}

/** @throws what `runJob` does; TimeError when a virtual run hangs; StintError when it was not interrupted as it should be */
export async function runCase({ job, options, defaults, fixed, name, time }: CaseRun): Promise<Summary> {
  const { clock = 'real', seed = clock === 'virtual' ? seedOf(name) : undefined, interrupt, ...rest } = options;
  const armed = interrupt && armInterrupt(interrupt, rest.observer);
  const signals = [rest.signal, armed?.signal].filter((signal) => signal !== undefined);
  const run = (extra: RunOptions = {}, signal?: AbortSignal) =>
    runJob(job, {
      ...defaults,
      ...(seed !== undefined && { random: seededRandom(seed) }),
      ...rest,
      ...fixed,
      ...(armed && { observer: armed.observer }),
      ...extra,
      signal: AbortSignal.any(signal === undefined ? signals : [...signals, signal]),
      middleware: [declaredTables(job), ...(extra.middleware ?? []), ...(rest.middleware ?? [])],
    });
  const summary = await (clock === 'virtual' ? time.runVirtual(run) : time.runReal(run));
  armed?.checkHappened();
  return summary;
}

/** The same for each run of a case, wherever its folder is. */
function seedOf(name: string): number {
  return createHash('sha256').update(name).digest().readUInt32BE();
}
