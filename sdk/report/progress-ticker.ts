/** Looks at a running run five times a second: its memory for the summary, its progress for whoever watches. */
import type { Clock, Timer } from '../clock.ts';
import type { Loops } from '../loop/loops.ts';
import type { Pool } from '../pace/pool.ts';
import type { RateLimit } from '../pace/rate-limit.ts';
import type { Source } from '../sources/source.ts';
import type { Measures } from './measures.ts';
import type { RunObserver } from './progress.ts';

export interface ProgressTickerOptions {
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
  #timer: Timer | undefined;

  constructor(options: ProgressTickerOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonicMs();
    this.#schedule();
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
    const { clock, loops, measures, rateLimit, pool, observer, limit } = this.#options;
    measures.noteRss();
    if (observer?.onProgress === undefined) return;
    const { succeeded, skipped, failed, retried, settled } = loops.total();
    observer.onProgress({
      total: this.#total === undefined ? undefined : Math.min(this.#total, limit ?? this.#total),
      settled,
      succeeded,
      skipped,
      failed,
      retried,
      inFlight: pool.active,
      itemsPerSecond: loops.settled / Math.max((clock.monotonicMs() - this.#startedMs) / 1_000, 0.001),
      waitedMs: rateLimit.waitedMs,
    });
  }
}
