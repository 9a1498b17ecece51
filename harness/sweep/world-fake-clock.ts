/**
 * Time as the fakes of a world have it: the world's own, or that of a child process while an attempt is made there.
 *
 * Guarantees: reading the time never makes the world's clock follow the machine's, as reading it outside of a run would.
 */
import type { FakeClock } from '../fakes/index.ts';
import type { HarnessTime } from '../time/harness-time.ts';

export class WorldFakeClock implements FakeClock {
  readonly #time: HarnessTime;
  #lent: Omit<FakeClock, 'monotonicMs'> | undefined;

  constructor(time: HarnessTime) {
    this.#time = time;
  }

  monotonicMs(): number {
    return this.#time.clock.elapsedMs;
  }

  sleep(ms: number, signal: AbortSignal, call: string): Promise<void> {
    return this.#now.sleep(ms, signal, call);
  }

  hang(signal: AbortSignal, call: string): Promise<never> {
    return this.#now.hang(signal, call);
  }

  noteAnswer(): void {
    this.#now.noteAnswer();
  }

  /** From now on calls wait by `clock`, until that is disposed. */
  lendTo(clock: Omit<FakeClock, 'monotonicMs'>): Disposable {
    this.#lent = clock;
    return {
      [Symbol.dispose]: () => {
        this.#lent = undefined;
      },
    };
  }

  get #now(): Omit<FakeClock, 'monotonicMs'> {
    return this.#lent ?? this.#time.fakeClock;
  }
}
