/** What is measured while a run goes on, for its summary. */

import { RateMeter } from '../pace/rate-meter.ts';
import { MsHistogram } from './ms-histogram.ts';

export class Measures {
  readonly starts = new RateMeter();
  readonly latency = new MsHistogram();
  readonly staleness = new MsHistogram();
  peakBuffered = 0;
  peakPages = 0;
  peakRssBytes = 0;

  /** Takes note of what is in memory, when a page arrives. */
  noteMemory(buffered: number, pagesHeld: number): void {
    if (buffered > this.peakBuffered) this.peakBuffered = buffered;
    if (pagesHeld > this.peakPages) this.peakPages = pagesHeld;
  }

  /** Takes note of the process's memory, and tells it in bytes. */
  noteRss(): number {
    const bytes = process.memoryUsage.rss();
    this.peakRssBytes = Math.max(this.peakRssBytes, bytes);
    return bytes;
  }
}
