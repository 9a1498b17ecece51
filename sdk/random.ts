/** Randomness that a seed repeats. Not for secrets. */

export interface Random {
  /** The next number, ≥ 0 and < 1. */
  next(): number;
}

/**
 * A generator with the given seed (any 32-bit integer): the same seed gives the same numbers.
 * Algorithm: mulberry32 by Tommy Ettinger (public domain).
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}
