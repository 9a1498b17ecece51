/** Metrics that stay in memory, for tests. */
import type { Metrics, Tags } from '../report/metrics.ts';

interface Told {
  readonly name: string;
  readonly value: number;
  readonly tags: Tags;
}

export class KeptMetrics implements Metrics {
  readonly counts: Told[] = [];
  readonly distributions: Told[] = [];

  count(name: string, value: number, tags: Tags): void {
    this.counts.push({ name, value, tags });
  }

  distribution(name: string, value: number, tags: Tags): void {
    this.distributions.push({ name, value, tags });
  }

  /** What a count adds up to, of those with these tags. */
  sum(name: string, tags: Tags = {}): number {
    return this.counts
      .filter((told) => told.name === name && has(told, tags))
      .reduce((sum, { value }) => sum + value, 0);
  }

  values(name: string, tags: Tags = {}): readonly number[] {
    return this.distributions.filter((told) => told.name === name && has(told, tags)).map(({ value }) => value);
  }
}

function has(told: Told, tags: Tags): boolean {
  return Object.entries(tags).every(([name, value]) => told.tags[name] === value);
}
