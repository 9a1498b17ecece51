/**
 * Metrics of a run; `README.md` has the table of measures and tags.
 *
 * Guarantees: counts are exact: once the run has ended, `stint.items` adds up to the items that this attempt settled. No tag
 * tells an item's key. A metric that throws disturbs nothing and nobody: it is lost.
 * Does not guarantee that a distribution has every value: of what comes more often than 1,000 times a second a fair sample
 * of 200 is handed on for each fifth of a second. Handing one on costs a client of DogStatsD 1.4 to 3 µs, more than an item
 * that does nothing costs the loop. What happens more than 1,000 times a second is told by counts.
 */
import { type Clock, systemClock } from '../clock.ts';
import type { EffectMiddleware } from '../effects.ts';
import { DryRunWrite } from '../errors.ts';
import type { Summary } from '../summary.ts';
import { EffectDurations } from './effect-durations.ts';
import type { RunObserver, SettledItem } from './progress.ts';
import { Reservoir } from './reservoir.ts';

export type Tags = Readonly<Record<string, string>>;

/** Where metrics go. Values of tags are as they are: who writes them in a protocol escapes them. */
export interface Metrics {
  /** Something happened `value` times more. The same object of tags is given each time. */
  count(name: string, value: number, tags: Tags): void;
  /** One value of many, in ms. */
  distribution(name: string, value: number, tags: Tags): void;
}

export interface MetricsOptions {
  readonly job: string;
  /** @default no tag */
  readonly env?: string | undefined;
  /** @default no tag */
  readonly version?: string | undefined;
  /** The run's. @default the machine's */
  readonly clock?: Clock;
}

/** What a run is to be given so that it is told of: for one run at a time. */
export interface RunReport {
  readonly observer: RunObserver;
  readonly middleware: EffectMiddleware;
}

/** Values of a distribution that are handed on at a time. */
export const mostValues = 200;

export function reportMetrics(metrics: Metrics, { clock = systemClock, ...options }: MetricsOptions): RunReport {
  const report = new MetricsReport(shield(metrics), options);
  return {
    observer: {
      onOutcome: (item) => report.noteItem(item),
      onProgress: ({ waitedMs }) => report.flush(waitedMs),
      onCheckpoint: ({ lagMs }) => report.noteCheckpoint(lagMs),
      onEnd: (summary) => report.end(summary),
    },
    middleware: async (effect, next) => {
      const startedMs = clock.monotonicMs();
      let happened = true;
      try {
        return await next();
      } catch (error) {
        happened = !(error instanceof DryRunWrite);
        throw error;
      } finally {
        if (happened) report.noteEffect(effect.kind, effect.target, clock.monotonicMs() - startedMs);
      }
    },
  };
}

class MetricsReport {
  readonly #metrics: Metrics;
  readonly #tags: Tags;
  readonly #items: Readonly<Record<SettledItem['outcome'], { count: number; readonly tags: Tags }>>;
  readonly #durations = new Reservoir(mostValues);
  readonly #staleness = new Reservoir(mostValues);
  readonly #effects: EffectDurations;
  #waitedMs = 0;

  constructor(metrics: Metrics, { job, env, version }: Omit<MetricsOptions, 'clock'>) {
    this.#metrics = metrics;
    this.#tags = { job, ...(env === undefined ? {} : { env }), ...(version === undefined ? {} : { version }) };
    const itemsOf = (outcome: SettledItem['outcome']) => ({ count: 0, tags: { ...this.#tags, outcome } });
    this.#items = {
      succeeded: itemsOf('succeeded'),
      skipped: itemsOf('skipped'),
      failed: itemsOf('failed'),
      quarantined: itemsOf('quarantined'),
    };
    this.#effects = new EffectDurations(this.#tags, mostValues);
  }

  // For each item: nothing is handed on here.
  noteItem({ outcome, durationMs, stalenessMs }: SettledItem): void {
    this.#items[outcome].count += 1;
    this.#durations.add(durationMs);
    if (stalenessMs !== undefined) this.#staleness.add(stalenessMs);
  }

  noteEffect(kind: string, target: string, durationMs: number): void {
    this.#effects.add(kind, target, durationMs);
  }

  noteCheckpoint(lagMs: number): void {
    this.#metrics.distribution('stint.checkpoint.lag', lagMs, this.#tags);
  }

  flush(waitedMs: number): void {
    for (const items of Object.values(this.#items)) {
      if (items.count > 0) this.#metrics.count('stint.items', items.count, items.tags);
      items.count = 0;
    }
    this.#flushWaited(Math.floor(waitedMs));
    for (const value of this.#durations.take()) this.#metrics.distribution('stint.item.duration', value, this.#tags);
    for (const value of this.#staleness.take()) this.#metrics.distribution('stint.staleness', value, this.#tags);
    this.#effects.take((value, tags) => this.#metrics.distribution('stint.effect.duration', value, tags));
  }

  end({ status, durationMs, limits: { waitedMs } }: Summary): void {
    this.flush(Math.round(waitedMs));
    this.#metrics.count('stint.run.finished', 1, { ...this.#tags, status });
    this.#metrics.distribution('stint.run.duration', durationMs, this.#tags);
    this.#effects.clear();
    this.#waitedMs = 0;
  }

  /** In whole ms: so they add up to what the summary has. */
  #flushWaited(waitedMs: number): void {
    if (waitedMs > this.#waitedMs) this.#metrics.count('stint.limit.waited', waitedMs - this.#waitedMs, this.#tags);
    this.#waitedMs = Math.max(waitedMs, this.#waitedMs);
  }
}

function shield(metrics: Metrics): Metrics {
  const quietly = (tell: () => void) => {
    try {
      tell();
    } catch {
      // There is nobody to tell: what takes metrics is what would.
    }
  };
  return {
    count: (name, value, tags) => quietly(() => metrics.count(name, value, tags)),
    distribution: (name, value, tags) => quietly(() => metrics.distribution(name, value, tags)),
  };
}
