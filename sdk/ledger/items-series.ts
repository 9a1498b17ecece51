/**
 * How the attempts of a run went over their time, as items: one an attempt, at most ten, each in the place of the tenth
 * before it. 300 points take some 20 KB, of the 400 KB that an item can have.
 *
 * Guarantees: nothing of an attempt that did not end by itself. Does not guarantee that one is kept: it is written when all
 * else of the end is, and a run must not count as failed for it.
 */
import type { RunSeries } from '../report/run-series.ts';
import { type Records, seriesPartition } from './items-records.ts';
import { formatSeries, lastSeries, mostSeries, readSeries } from './kept-series.ts';

export class SeriesItems {
  readonly #records: Records;

  constructor(records: Records) {
    this.#records = records;
  }

  async keep(runId: string, series: RunSeries | undefined): Promise<void> {
    if (series === undefined) return;
    const place = { pk: seriesPartition(runId), sk: String(series.attempt % mostSeries) };
    const item = { ...place, series: formatSeries(series), ...this.#records.expiry() };
    await this.#records.store.put(item).catch(() => {});
  }

  /** Oldest first. */
  async list(runId: string): Promise<readonly RunSeries[]> {
    const { run } = await this.#records.findRun(runId);
    if (run === undefined) return [];
    const items = await this.#records.store.query(seriesPartition(runId), { limit: mostSeries });
    return lastSeries(items.map(({ series }) => readSeries(String(series))));
  }
}
