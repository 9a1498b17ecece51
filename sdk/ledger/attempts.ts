/**
 * The attempts of a run, as its own record keeps them: a claim adds one, the end of it completes it.
 *
 * Guarantees: the last ones are kept, at most 50, oldest first; a long reason is cut. Does not guarantee an end: a process
 * that died told none.
 */
import type { Summary } from '../summary.ts';

/** One process that tried a run. */
export interface AttemptRecord {
  /** From 1. */
  readonly attempt: number;
  /** Where its process ran. */
  readonly holder: string;
  /** ISO 8601, by the store's clock where it has one. */
  readonly startedAt: string;
  /** Undefined: it goes on, or it died. */
  readonly endedAt: string | undefined;
  /** What its summary calls its end; undefined: it told none. */
  readonly status: Summary['status'] | undefined;
  /** The error that ended it, as its summary has it; cut at 500 characters. Undefined: none. */
  readonly reason: string | undefined;
  /** Number of the checkpoint that it began from; 0: none. */
  readonly fromCheckpoint: number;
  /** Number of the run's last checkpoint when it ended; undefined: it told no end, the attempt after it began from there. */
  readonly toCheckpoint: number | undefined;
}

/** An attempt as JSON has it. */
export type StoredAttempt = Pick<AttemptRecord, 'attempt' | 'holder' | 'startedAt' | 'fromCheckpoint'> & {
  readonly [TName in 'endedAt' | 'status' | 'reason' | 'toCheckpoint']?: AttemptRecord[TName] | null;
};

export const mostAttempts = 50;
const longestReason = 500;

export function beginAttempt(
  attempts: readonly AttemptRecord[],
  begun: Pick<AttemptRecord, 'attempt' | 'holder' | 'startedAt' | 'fromCheckpoint'>,
): readonly AttemptRecord[] {
  const open = { endedAt: undefined, status: undefined, reason: undefined, toCheckpoint: undefined };
  return [...attempts, { ...begun, ...open }].slice(-mostAttempts);
}

/** Completes the last attempt. One that was begun by a version which kept none is not there: nothing changes then. */
export function completeAttempt(
  attempts: readonly AttemptRecord[],
  attempt: number,
  { summary, at, toCheckpoint }: { readonly summary: Summary; readonly at: string; readonly toCheckpoint: number },
): readonly AttemptRecord[] {
  const last = attempts.at(-1);
  if (last?.attempt !== attempt) return attempts;
  const end = { endedAt: at, status: summary.status, reason: reasonOf(summary), toCheckpoint };
  return [...attempts.slice(0, -1), { ...last, ...end }];
}

/** The most recent of them that take at most so many bytes as JSON, and the last one in any case. */
export function fitAttempts(attempts: readonly AttemptRecord[], mostBytes: number): readonly AttemptRecord[] {
  let fitting = attempts;
  while (fitting.length > 1 && Buffer.byteLength(JSON.stringify(fitting)) > mostBytes) fitting = fitting.slice(1);
  return fitting;
}

/** Why an attempt ended, as it is kept. */
export function reasonOf({ error }: Summary): string | undefined {
  const reason = error?.message;
  if (reason === undefined || reason.length <= longestReason) return reason;
  // A cut may fall between the halves of a character.
  return `${reason.slice(0, longestReason - 1).toWellFormed()}…`;
}

export function readAttempts(stored: readonly StoredAttempt[] = []): readonly AttemptRecord[] {
  return stored.map(({ attempt, holder, startedAt, endedAt, status, reason, fromCheckpoint, toCheckpoint }) => ({
    ...{ attempt, holder, startedAt, fromCheckpoint },
    ...{ endedAt: endedAt ?? undefined, status: status ?? undefined },
    ...{ reason: reason ?? undefined, toCheckpoint: toCheckpoint ?? undefined },
  }));
}
