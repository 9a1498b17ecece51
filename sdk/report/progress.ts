/** How far a run is, for whoever watches it. */
import type { Summary } from '../summary.ts';

export interface Progress {
  /** About how many items there are; undefined: not known (yet). */
  readonly total: number | undefined;
  readonly settled: number;
  readonly succeeded: number;
  readonly skipped: number;
  readonly failed: number;
  readonly retried: number;
  readonly inFlight: number;
  /** After a crash: so many items, at most, are to be worked one by one yet, which is slow. Left out: none. */
  readonly oneByOne?: number;
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

/**
 * One item that was settled, by this attempt. Never its record.
 *
 * Reason and error are as the job gave them, and may hold a secret: who shows them blanks it (`Redaction`). They are not
 * blanked for all, since most observers show neither. A key is shown as it is, as everywhere.
 */
export interface SettledItem {
  readonly loop: string;
  readonly key: string;
  readonly outcome: 'succeeded' | 'skipped' | 'failed' | 'quarantined';
  /** Of one that was skipped. */
  readonly reason?: string | undefined;
  /** Of one that failed or was quarantined: what was thrown. */
  readonly error?: unknown;
  /** How often its handler was begun. */
  readonly attempts: number;
  /** When it was begun, by the wall clock, in ms since the epoch; one that needs no handler has its outcome then. */
  readonly startedAtMs: number;
  /** From there to its outcome: all attempts, the waits between them, and reading it again if it was stale. */
  readonly durationMs: number;
  /** Age of the record when its last handler saw it; undefined: not known, or no handler saw it. */
  readonly stalenessMs: number | undefined;
}

/** A checkpoint that was saved. */
export interface SavedCheckpoint {
  readonly seq: number;
  /** Age of the oldest settled item that no checkpoint had until then, also of one that has to wait longer; 0: none. */
  readonly lagMs: number;
}

/**
 * Told of a run while it goes on. What a hook throws ends the run, that of `onEnd` is logged: it should not. Who leaves a
 * hook out does not pay for it.
 */
export interface RunObserver {
  /** The run has its lease. */
  readonly onStart?:
    | ((start: { readonly job: string; readonly runId: string; readonly attempt: number }) => void)
    | undefined;
  /** The run was not begun: the run with this id is in the way. */
  readonly onRefused?:
    | ((refusal: { readonly runId: string; readonly reason: 'overlap' | 'duplicate' }) => void)
    | undefined;
  /** An item was settled: how many are, by this attempt. Called for each, before the next one starts; keep it short. */
  readonly onSettled?: ((settled: number) => void) | undefined;
  /** An item has its outcome. Called for each, before `onSettled`; keep it short. */
  readonly onOutcome?: ((settled: SettledItem) => void) | undefined;
  /** About five times a second, and when the job has ended. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** A checkpoint was saved, as `resume.checkpoints` of the summary counts them. */
  readonly onCheckpoint?: ((saved: SavedCheckpoint) => void) | undefined;
  /** All is over, and the ledger has it if it could be reached. Also of a run that was refused, which had no `onStart`. */
  readonly onEnd?: ((summary: Summary) => void) | undefined;
}
