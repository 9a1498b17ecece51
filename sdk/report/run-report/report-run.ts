/** What a report is made of, and what is known of the run's items: by its summary, or before there is one by its last checkpoint. */
import type { FailedItem, FailuresPage, RunRecord } from '../../ledger/ledger.ts';
import type { Summary } from '../../summary.ts';
import type { RunSeries } from '../run-series.ts';

export interface RunReportOptions {
  readonly record: RunRecord;
  /** Of its attempts; empty: none was kept. */
  readonly series: readonly RunSeries[];
  /** The first ones: 50 are shown. */
  readonly failures: FailuresPage | readonly FailedItem[];
  /** What runs like it usually take. @default it is not compared */
  readonly medianMs?: number | undefined;
}

export type ShownStatus = RunRecord['status'] | 'refused' | 'crashed' | 'cancelling';

export interface Outcomes {
  /** Undefined: not known before the end. */
  readonly read: number | undefined;
  readonly settled: number;
  readonly succeeded: number;
  readonly skipped: number;
  readonly failed: number;
  readonly quarantined: number;
  readonly remaining: number;
  readonly retried: number;
  readonly skippedBy: Readonly<Record<string, number>>;
  readonly failuresBy: Readonly<Record<string, number>>;
  readonly counts: Readonly<Record<string, number>>;
  readonly wouldWrite: Readonly<Record<string, number>>;
  /** What tells it. */
  readonly source: 'summary' | 'checkpoint';
}

export function statusOf({ status, leaseHeld, cancelledBy, summary }: RunRecord): ShownStatus {
  // A refused start has no record of its own: only its summary tells.
  if (summary?.status === 'refused') return 'refused';
  if (status !== 'running') return status;
  // A store without a clock cannot tell: it is taken to be alive.
  if (leaseHeld === false) return 'crashed';
  return cancelledBy === undefined ? 'running' : 'cancelling';
}

/** The summary, when it is of the attempt that the record is about. */
export function freshSummary({ summary, attempt, status }: RunRecord): Summary | undefined {
  return summary !== undefined && status !== 'running' && summary.attempt === attempt ? summary : undefined;
}

/** Undefined: nothing is known yet. */
export function outcomesOf(record: RunRecord): Outcomes | undefined {
  const summary = freshSummary(record);
  if (summary !== undefined) {
    const { items, skipped, failuresByError, counts, wouldWrite } = summary;
    const settled = items.succeeded + items.skipped + items.failed + items.quarantined;
    const by = { skippedBy: skipped, failuresBy: failuresByError, counts, wouldWrite };
    return { ...items, settled, ...by, source: 'summary' };
  }
  const tally = record.checkpoint?.tally;
  if (tally === undefined) return undefined;
  const settled = tally.succeeded + tally.skipped + tally.failed + tally.quarantined;
  return { ...tally, read: undefined, settled, remaining: 0, source: 'checkpoint' };
}

/** From the start of the first attempt to the end, or to the last sign of life. */
export function durationOf({ startedAt, finishedAt, updatedAt }: RunRecord): number {
  return Math.max(0, Date.parse(finishedAt ?? updatedAt) - Date.parse(startedAt));
}

/** `ada (manual)`, `its schedule` */
export function startedBy({ trigger: { kind, by } }: RunRecord): string {
  return by === undefined ? starters[kind] : `${by} (${kind})`;
}

const starters = { schedule: 'its schedule', manual: 'hand', admin: 'the admin', test: 'a test' } as const;

/** Attempts whose process told no end, and does not go on. */
export function crashesOf(record: RunRecord): number {
  const goesOn = ['running', 'cancelling'].includes(statusOf(record));
  return record.attempts.filter(
    ({ endedAt, attempt }) => endedAt === undefined && !(goesOn && attempt === record.attempt),
  ).length;
}
