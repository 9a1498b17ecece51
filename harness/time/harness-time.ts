/** The time of one harness: its clock, what is in flight, and how runs are done on either. */
import type { RunOptions, Summary } from '@stint/sdk';
import type { FakeClock } from '../fakes/index.ts';
import { HarnessClock } from './harness-clock.ts';
import { InFlight } from './in-flight.ts';
import { TimeError } from './time-error.ts';
import { fakeClockOf } from './virtual-fakes.ts';

/** Starts a run with these options besides its own; `signal` ends it. */
export type StartRun<TResult = Summary> = (options?: RunOptions, signal?: AbortSignal) => Promise<TResult>;

export class HarnessTime {
  readonly clock: HarnessClock;
  /** For fakes that runs of this harness call. */
  readonly fakeClock: FakeClock;
  readonly #inFlight = new InFlight();
  #realRuns = 0;

  /** @param startsAt wall clock at which virtual time begins. @default the machine's, at the first virtual run */
  constructor(startsAt?: Date) {
    this.clock = new HarnessClock({ inFlight: this.#inFlight, startsAt });
    this.fakeClock = fakeClockOf(this.clock, this.#inFlight);
  }

  /** @throws TimeError when the run hangs: it was ended then */
  async runVirtual<TResult>(start: StartRun<TResult>): Promise<TResult> {
    if (this.#realRuns > 0) throw mixed('virtual time', 'on the real clock');
    const hung = new AbortController();
    const { clock } = this;
    const { middleware } = this.#inFlight;
    return clock.run(
      () => start({ clock, middleware: [middleware] }, hung.signal),
      (error) => hung.abort(error),
    );
  }

  async runReal<TResult>(start: StartRun<TResult>): Promise<TResult> {
    if (this.clock.isVirtual) throw mixed('the real clock', 'in virtual time');
    this.#realRuns += 1;
    try {
      return await start();
    } finally {
      this.#realRuns -= 1;
    }
  }
}

function mixed(wanted: string, other: string): TimeError {
  return new TimeError(
    'STINT_TIME_MIXED',
    `expected no other run of this harness to go on while one is done on ${wanted}, but one goes on ${other}; await it first, or open a harness of its own`,
  );
}
