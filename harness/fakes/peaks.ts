/** Exact peaks over recorded times. Intervals and windows are half-open: what ends at t does not overlap what starts at t. */

export interface Interval {
  readonly startedAtMs: number;
  /** Undefined: not ended yet. */
  readonly finishedAtMs: number | undefined;
}

/** The greatest number of intervals that overlap at one time. */
export function peakConcurrency(intervals: readonly Interval[]): number {
  const starts = intervals.map((interval) => interval.startedAtMs).sort(ascending);
  const ends = intervals.flatMap((interval) => interval.finishedAtMs ?? []).sort(ascending);
  let peak = 0;
  let ended = 0;
  for (const [index, start] of starts.entries()) {
    while ((ends[ended] ?? Number.POSITIVE_INFINITY) <= start) ended += 1;
    peak = Math.max(peak, index + 1 - ended);
  }
  return peak;
}

/** The greatest number of times in any window of one second. A fullest window always starts at one of the times. */
export function peakPerSecond(timesMs: readonly number[]): number {
  const times = [...timesMs].sort(ascending);
  let peak = 0;
  let first = 0;
  for (const [index, time] of times.entries()) {
    while (time - (times[first] ?? time) >= 1_000) first += 1;
    peak = Math.max(peak, index + 1 - first);
  }
  return peak;
}

function ascending(left: number, right: number): number {
  return left - right;
}
