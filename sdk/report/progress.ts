/** How far a run is, for whoever watches it. */

export interface Progress {
  /** About how many items there are; undefined: not known (yet). */
  readonly total: number | undefined;
  readonly settled: number;
  readonly succeeded: number;
  readonly skipped: number;
  readonly failed: number;
  readonly retried: number;
  readonly inFlight: number;
  /** Of this attempt, so far. */
  readonly itemsPerSecond: number;
  /** How long the rate limit held starts back, added up. */
  readonly waitedMs: number;
}

/** How long the rest takes at the rate so far; undefined: nobody knows. */
export function leftMs({ total, settled, itemsPerSecond }: Progress): number | undefined {
  if (total === undefined || itemsPerSecond <= 0) return undefined;
  return Math.max(0, (1_000 * (total - settled)) / itemsPerSecond);
}

/** One item that was settled, by this attempt. Never its record. */
export interface SettledItem {
  readonly loop: string;
  readonly key: string;
  readonly outcome: 'succeeded' | 'skipped' | 'failed' | 'quarantined';
  /** Of one that was skipped. */
  readonly reason?: string;
  /** Of one that failed or was quarantined. */
  readonly error?: unknown;
  /** How often its handler was begun. */
  readonly attempts: number;
}

/** Told of a run while it goes on. What it throws ends the run: it should not. */
export interface RunObserver {
  /** The run has its lease. */
  readonly onStart?: (start: { readonly runId: string; readonly attempt: number }) => void;
  /** An item was settled: how many are, by this attempt. Called for each, before the next one starts; keep it short. */
  readonly onSettled?: (settled: number) => void;
  /** An item has its outcome. Called for each, before `onSettled`; keep it short. */
  readonly onOutcome?: (settled: SettledItem) => void;
  /** About five times a second. */
  readonly onProgress?: (progress: Progress) => void;
}
