/**
 * Holds a source to so many read capacity units a second.
 *
 * What a read costs is known only afterwards, so it is paid then: a read starts when all before it are paid off, counting
 * those under way at the price of the last one. Guarantees: over any time, no more is used than the rate allows for it,
 * plus the reads that are under way at its end. Units that were left unused are not saved up.
 */
import type { Clock } from '../clock.ts';
import type { Effects } from '../effects.ts';

export interface Metered<TResult> {
  readonly result: TResult;
  readonly units: number;
}

export class ReadUnits {
  readonly #msPerUnit: number;
  readonly #clock: Clock;
  readonly #effects: Effects;
  // When everything that was read or is being read is paid off.
  #paidOffMs = Number.NEGATIVE_INFINITY;
  #lastUnits = 0;

  constructor(unitsPerSecond: number, { clock, effects }: { clock: Clock; effects: Effects }) {
    this.#msPerUnit = 1_000 / unitsPerSecond;
    this.#clock = clock;
    this.#effects = effects;
  }

  /** Does `read` when it may, and pays for it. Rejects with the signal's reason when it fires first. */
  async spend<TResult>(signal: AbortSignal, read: () => Promise<Metered<TResult>>): Promise<TResult> {
    const reserved = this.#lastUnits;
    const nowMs = this.#clock.monotonicMs();
    const waitMs = this.#paidOffMs - nowMs;
    this.#paidOffMs = Math.max(this.#paidOffMs, nowMs);
    this.#pay(reserved);
    let used = 0;
    try {
      if (waitMs > 0) {
        await this.#effects.perform({ kind: 'sleep', operation: 'read-units', target: 'clock', write: false }, () =>
          this.#clock.sleep(waitMs, signal),
        );
      }
      const { result, units } = await read();
      used = units;
      this.#lastUnits = units;
      return result;
    } finally {
      this.#pay(used - reserved);
    }
  }

  #pay(units: number): void {
    this.#paidOffMs += units * this.#msPerUnit;
  }
}
