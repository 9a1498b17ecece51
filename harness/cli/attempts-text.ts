/** The attempts of a run as people read them: a line each, oldest first. */

import type { RunRecord } from '@stint/sdk';
import type { Paint } from './format.ts';
import { formatMs, formatTable, formatTime } from './format.ts';
import { statusOf, styleOf } from './runs-text.ts';

/** None for a run of one attempt: what there is to tell of it is told of the run. */
export function attemptLines(record: RunRecord, paint: Paint): readonly string[] {
  const { attempts } = record;
  if (attempts.length < 2) return [];
  const rows = attempts.map(({ attempt, holder, startedAt, endedAt, status, reason, fromCheckpoint, toCheckpoint }) => [
    String(attempt),
    formatTime(startedAt),
    status ?? (isLast(record, attempt) ? statusOf(record) : 'crashed'),
    endedAt === undefined ? '' : `after ${formatMs(Math.max(0, Date.parse(endedAt) - Date.parse(startedAt)))}`,
    `checkpoints ${fromCheckpoint} to ${toCheckpoint ?? '?'}`,
    holder,
    (reason ?? '').replaceAll(/\s+/g, ' '),
  ]);
  const paintCell = (text: string, row: number, column: number) => {
    const status = rows[row]?.[2];
    return column === 2 && (status === 'crashed' || status === 'failed') ? paint(styleOf(status), text) : text;
  };
  const lines = formatTable(rows, new Set([0]), paintCell);
  return ['', `  ${paint('bold', 'Attempts')}`, ...lines.map((line) => `    ${line}`)];
}

/** Of a running run the last attempt is the one that goes on, or whose process is gone. */
function isLast({ attempt, status }: RunRecord, number: number): boolean {
  return status === 'running' && number === attempt;
}
