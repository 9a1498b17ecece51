/** Chooses some of many: evenly spread, and where in its part each is chosen by a seed. */
import { type Random, seededRandom } from '@stint/sdk';

/** All of them where there are no more than `count`. The same for the same seed. */
export function sample<TItem>(all: readonly TItem[], count: number, seed: number): readonly TItem[] {
  if (count >= all.length) return all;
  const random: Random = seededRandom(seed);
  const part = all.length / count;
  return Array.from({ length: count }, (_, index) => all[Math.floor((index + random.next()) * part)] as TItem);
}
