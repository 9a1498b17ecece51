/**
 * A fair sample of values, of at most so many: each of those that came has the same chance to be among them.
 *
 * Algorithm L (Li, 1994): it knows beforehand which value is the next to get in, so that all others cost a comparison.
 */
import { type Random, seededRandom } from '../random.ts';

export class Reservoir {
  readonly #size: number;
  readonly #random: Random;
  #values: number[] = [];
  #seen = 0;
  #next = 0;
  #weight = 1;

  constructor(size: number, random: Random = seededRandom(1)) {
    this.#size = size;
    this.#random = random;
  }

  add(value: number): void {
    this.#seen += 1;
    if (this.#values.length < this.#size) {
      this.#values.push(value);
      if (this.#values.length === this.#size) this.#choose();
    } else if (this.#seen === this.#next) {
      this.#values[Math.floor(this.#random.next() * this.#size)] = value;
      this.#choose();
    }
  }

  /** Hands the sample out; the next one begins with nothing. */
  take(): readonly number[] {
    const values = this.#values;
    if (values.length === 0) return values;
    this.#values = [];
    this.#seen = 0;
    this.#weight = 1;
    return values;
  }

  #choose(): void {
    this.#weight *= this.#positive() ** (1 / this.#size);
    this.#next = this.#seen + 1 + Math.floor(Math.log(this.#positive()) / Math.log(1 - this.#weight));
  }

  /** Above 0, whose logarithm is none, up to 1. */
  #positive(): number {
    return 1 - this.#random.next();
  }
}
