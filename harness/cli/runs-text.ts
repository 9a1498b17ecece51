/** Runs as a person reads them: a line each, the newest first. */

import { formatShard, type RunRecord } from '@stint/sdk';
import type { Paint } from './format.ts';
import { formatMs, formatNumber, formatTable, formatTime } from './format.ts';

/** What a run's status is called: `crashed` is one that is running, says the ledger, but whose process is gone. */
export type ShownStatus = RunRecord['status'] | 'crashed' | 'cancelling';

const statusStyle = {
  running: 'cyan',
  cancelling: 'yellow',
  crashed: 'red',
  interrupted: 'yellow',
  succeeded: 'green',
  failed: 'red',
  cancelled: 'yellow',
} as const;

const head = ['run', 'job', 'status', 'attempt', 'started (UTC)', 'duration', 'settled', 'failed', 'scope', 'by'];
const statusColumn = head.indexOf('status');
const right = new Set([3, 5, 6, 7]);
const longestScope = 40;

export function statusOf({ status, leaseHeld, cancelledBy }: RunRecord): ShownStatus {
  if (status !== 'running') return status;
  // A store without a clock cannot tell: it is taken to be alive.
  if (leaseHeld === false) return 'crashed';
  return cancelledBy === undefined ? 'running' : 'cancelling';
}

export function styleOf(status: ShownStatus): (typeof statusStyle)[ShownStatus] {
  return statusStyle[status];
}

/** How many items of a run are settled, and how many of those failed: as far as the ledger knows. */
export function itemsOf({ finishedAt, summary, checkpoint }: RunRecord): {
  readonly settled: number;
  readonly failed: number;
} {
  const counts = finishedAt !== undefined && summary !== undefined ? summary.items : checkpoint?.tally;
  if (counts === undefined) return { settled: 0, failed: 0 };
  const { succeeded, skipped, failed, quarantined } = counts;
  return { settled: succeeded + skipped + failed + quarantined, failed: failed + quarantined };
}

/** From the start of the first attempt to the end, or to the last sign of life. */
export function durationOf({ startedAt, finishedAt, updatedAt }: RunRecord): number {
  return Math.max(0, Date.parse(finishedAt ?? updatedAt) - Date.parse(startedAt));
}

/** `ada (manual)`, `schedule 2026-09-30 06:00:00` */
export function triggerText({ trigger: { kind, by, scheduledTime } }: RunRecord): string {
  if (scheduledTime !== undefined) return `${kind} ${formatTime(scheduledTime)}`;
  return by === undefined ? kind : `${by} (${kind})`;
}

/** Lines, without one at the end. */
export function runsText(records: readonly RunRecord[], paint: Paint): string {
  if (records.length === 0) return 'no runs';
  const paintCell = (text: string, row: number, column: number) => {
    const record = records[row - 1];
    if (record === undefined) return paint('dim', text);
    return column === statusColumn ? paint(styleOf(statusOf(record)), text) : text;
  };
  return formatTable([head, ...records.map(cells)], right, paintCell).join('\n');
}

function cells(record: RunRecord): readonly string[] {
  const { settled, failed } = itemsOf(record);
  const scope = [
    scopeText(record),
    ...(record.shard === undefined ? [] : [`shard ${formatShard(record.shard)}`]),
    ...(record.dryRun ? ['(dry run)'] : []),
  ];
  return [
    record.runId,
    record.redriveOf === undefined ? record.job : `${record.job} (redrive)`,
    statusOf(record),
    String(record.attempt),
    formatTime(record.startedAt),
    formatMs(durationOf(record)),
    formatNumber(settled),
    formatNumber(failed),
    scope.join(' ').trimStart(),
    triggerText(record),
  ];
}

function scopeText({ scope }: RunRecord): string {
  const text = JSON.stringify(scope);
  if (text === '{}') return '';
  return text.length > longestScope ? `${text.slice(0, longestScope - 1)}…` : text;
}
