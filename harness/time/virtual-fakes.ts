/** The time of fakes that stand beside runs of a harness: what waits in them during a virtual run counts as waiting for time. */
import { type FakeClock, untilLeft } from '../fakes/fake-clock.ts';
import type { HarnessClock } from './harness-clock.ts';
import type { InFlight } from './in-flight.ts';

export function fakeClockOf(clock: HarnessClock, inFlight: InFlight): FakeClock {
  const parked = async <TResult>(call: string, wait: Promise<TResult>): Promise<TResult> => {
    if (!clock.isVirtual) return wait;
    const unpark = inFlight.park(call);
    try {
      return await wait;
    } finally {
      unpark();
    }
  };
  return {
    monotonicMs: () => clock.monotonicMs(),
    sleep: (ms, signal, call) => parked(call, clock.sleep(ms, signal)),
    hang: (signal, call) => parked(call, untilLeft(signal)),
    noteAnswer: () => inFlight.noteAnswer(),
  };
}
