/** Looks at a running run five times a second: its memory for the summary, its series, its progress for whoever watches. */
import type { Clock, Timer } from '../clock.ts';
import type { Loops } from '../loop/loops.ts';
import type { Pool } from '../pace/pool.ts';
import type { RateLimit } from '../pace/rate-limit.ts';
import type { Source } from '../sources/source.ts';
import type { Measures } from './measures.ts';
import type { Progress, RunObserver } from './progress.ts';
import type { RunSeries } from './run-series.ts';
import { SeriesCollector } from './series-collector.ts';

export interface ProgressTickerOptions {
  readonly attempt: number;
  readonly clock: Clock;
  readonly loops: Loops;
  readonly measures: Measures;
  readonly rateLimit: RateLimit;
  readonly pool: Pool;
  readonly observer: RunObserver | undefined;
  readonly limit: number | undefined;
  readonly signal: AbortSignal;
}

const everyMs = 200;

export class ProgressTicker implements Disposable {
  readonly #options: ProgressTickerOptions;
  readonly #startedMs: number;
  #total: number | undefined = undefined;
  readonly #collector: SeriesCollector;
  #timer: Timer | undefined;

  constructor(options: ProgressTickerOptions) {
    this.#options = options;
    const { attempt, clock } = options;
    this.#startedMs = clock.monotonicMs();
    this.#collector = new SeriesCollector({ attempt, startedAt: new Date(clock.now()).toISOString() });
    this.#look();
    this.#schedule();
  }

  /** How the attempt went so far, up to the last look. */
  get series(): RunSeries {
    return this.#collector.series();
  }

  /** Adds what a source holds to the total; only asked when somebody watches. */
  addSource(source: Source<unknown>): void {
    const { observer, signal } = this.#options;
    if (observer?.onProgress === undefined) return;
    source.total(signal).then(
      (items) => {
        if (items !== undefined) this.#total = (this.#total ?? 0) + items;
      },
      () => {}, // A total is a nicety: whatever is wrong, reading the source will tell.
    );
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
    this.#tick();
  }

  #schedule(): void {
    const tickOn = () => {
      this.#tick();
      this.#schedule();
    };
    this.#timer = this.#options.clock.setTimer(everyMs, tickOn, { background: true });
  }

  #tick(): void {
    const progress = this.#look();
    this.#options.observer?.onProgress?.(progress);
  }

  #look(): Progress {
    const { clock, loops, measures, rateLimit, pool, limit } = this.#options;
    const atMs = clock.monotonicMs() - this.#startedMs;
    const { succeeded, skipped, failed, retried, settled } = loops.total();
    const counts = { settled, succeeded, skipped, failed, retried, inFlight: pool.active };
    const { waitedMs } = rateLimit;
    const { suspects } = loops;
    this.#collector.add({
      atMs,
      ...counts,
      p95LatencyMs: measures.latency.takeRecent().p95,
      stalenessMs: measures.staleness.takeRecent().max,
      waitedMs,
      rssMb: measures.noteRss() / 2 ** 20,
    });
    return {
      total: this.#total === undefined ? undefined : Math.min(this.#total, limit ?? this.#total),
      ...counts,
      ...(suspects === 0 ? {} : { oneByOne: suspects }),
      itemsPerSecond: loops.settled / Math.max(atMs / 1_000, 0.001),
      waitedMs,
    };
  }
}
