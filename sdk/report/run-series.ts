/** How a run went over its time, for charts: a few hundred points however long it ran. */

/** What was so at a moment of an attempt; counts are of the run so far. */
export interface SeriesPoint {
  /** Since the attempt began, in ms. */
  readonly atMs: number;
  readonly settled: number;
  readonly succeeded: number;
  readonly skipped: number;
  readonly failed: number;
  readonly retried: number;
  readonly inFlight: number;
  /** Of items that were settled since the point before; 0: none was. */
  readonly p95LatencyMs: number;
  /** Greatest age of a record when its handler saw it, since the point before. */
  readonly stalenessMs: number;
  /** How long the rate limit has held starts back, added up. */
  readonly waitedMs: number;
  readonly rssMb: number;
}

/** The points of one attempt. */
export interface RunSeries {
  readonly attempt: number;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly points: readonly SeriesPoint[];
}
