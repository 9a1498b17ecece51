/** Draws from a seed: all that is random in a simulation. */
import { type Random, seededRandom } from '../../random.ts';

export class Draw {
  readonly random: Random;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    // Neighbouring seeds begin alike.
    for (let skipped = 0; skipped < 4; skipped++) this.random.next();
  }

  /** A whole number, both ends included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.random.next() * (max - min + 1));
  }

  /** The same, small ones far more often. */
  small(min: number, max: number): number {
    return min + Math.floor(this.random.next() ** 3 * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.random.next() < probability;
  }

  pick<TValue>(values: readonly TValue[]): TValue {
    return values[this.int(0, values.length - 1)] as TValue;
  }

  /** A draw of its own: what is drawn there does not move what is drawn here. */
  fork(): Draw {
    return new Draw(this.int(0, 2 ** 31));
  }
}
