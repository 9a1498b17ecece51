/** The time that a fake waits by: the machine's, or a harness's, where it may take none (see `harness/time/`). */
import { systemClock } from '@stint/sdk';

export interface FakeClock {
  /** Ms since some fixed moment; never goes back. */
  monotonicMs(): number;
  /** Waits `ms` for `call`; rejects when its client leaves. */
  sleep(ms: number, signal: AbortSignal, call: string): Promise<void>;
  /** Waits until the client of `call` leaves; then rejects. */
  hang(signal: AbortSignal, call: string): Promise<never>;
  /** Told when an answer is about to be sent. */
  noteAnswer(): void;
}

/** The machine's time. */
export const realFakeClock: FakeClock = {
  monotonicMs: () => systemClock.monotonicMs(),
  sleep: (ms, signal) => systemClock.sleep(ms, signal),
  hang: untilLeft,
  noteAnswer() {},
};

/** Never resolves; rejects when the signal fires. */
export function untilLeft(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
