/**
 * Measures a subject against named baselines in one process, turn by turn, and prints ratios.
 *
 * Turns alternate, so that a machine that slows down slows all of them; the median of the turns counts. A ratio of 1.00
 * is as fast as the baseline.
 */

export interface Contender {
  readonly name: string;
  /** Does the work once; returns how many items it worked on. */
  readonly run: () => Promise<number>;
}

export interface Measured {
  readonly name: string;
  readonly itemsPerSecond: number;
}

/** One turn of each to warm up, then `turns` of each in rotation. */
export async function measure(contenders: readonly Contender[], turns: number): Promise<readonly Measured[]> {
  const rates = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let turn = 0; turn <= turns; turn++) {
    for (const { name, run } of contenders) {
      const startedMs = performance.now();
      const items = await run();
      const rate = (items * 1_000) / (performance.now() - startedMs);
      if (turn > 0) rates.get(name)?.push(rate);
    }
  }
  return contenders.map(({ name }) => ({ name, itemsPerSecond: median(rates.get(name) ?? []) }));
}

/** The subject is the first; the others are what it is measured against. */
export function printRatios(title: string, [subject, ...baselines]: readonly Measured[]): void {
  console.log(`\n${title}`);
  if (subject === undefined) return;
  const width = Math.max(...[subject, ...baselines].map(({ name }) => name.length));
  const line = (name: string, rate: number, ratio: string) =>
    console.log(`  ${name.padEnd(width)}  ${Math.round(rate).toLocaleString('en').padStart(10)} items/s  ${ratio}`);
  line(subject.name, subject.itemsPerSecond, '');
  for (const { name, itemsPerSecond } of baselines) {
    line(name, itemsPerSecond, `ratio ${(subject.itemsPerSecond / itemsPerSecond).toFixed(2)}`);
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
