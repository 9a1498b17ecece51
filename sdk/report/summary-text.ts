/** A summary as a person reads it: what became of the items first, then what it took, then what went wrong. */
import type { Summary } from '../summary.ts';
import type { Paint } from './log-line.ts';
import { redriveText } from './redrive-text.ts';
import { formatCount, formatCounts, formatMs, formatNumber } from './run-report/words.ts';

type Line = (label: string, text: string) => string;

const statusStyle = {
  succeeded: 'green',
  failed: 'red',
  interrupted: 'yellow',
  cancelled: 'yellow',
  refused: 'yellow',
} as const;
/** Of what stands before a line, in characters. */
export const labelWidth = 13;
const shownFailures = 5;

/** Lines, without one at the end. */
export function summaryText(summary: Summary, paint: Paint): string {
  const { items, resume } = summary;
  const line: Line = (label, text) => `  ${paint('dim', label.padEnd(labelWidth))}${text}`;
  const lines = [
    `${paint([statusStyle[summary.status], 'bold'], summary.status)}  ${paint('bold', summary.job)}  ${headline(summary)}`,
    '',
    ...outcomes(summary).map(([name, count, detail], index) =>
      line(index === 0 ? 'items' : '', `${count} ${name}${detail}`),
    ),
    ...(items.read === 0 ? [] : ['', ...paceLines(summary, line)]),
    line('run', `${summary.runId}, attempt ${summary.attempt}; ${formatCount(resume.checkpoints, 'checkpoint')}`),
    ...resumeLines(summary, line),
    ...failureLines(summary, paint),
  ];
  return lines.join('\n');
}

function paceLines({ rate, limits, freshness, external, memory }: Summary, line: Line): readonly string[] {
  return [
    line(
      'rate',
      `${formatNumber(rate.itemsPerSecond)} items/s; an item took ${formatMs(rate.latencyMs.p50)} (p50), ${formatMs(rate.latencyMs.p95)} (p95), ${formatMs(rate.latencyMs.max)} (max)`,
    ),
    line('limits', limitsText(limits)),
    line(
      'freshness',
      `acted on records at most ${formatMs(freshness.maxMs)} old${freshness.refreshed > 0 ? `; ${formatNumber(freshness.refreshed)} read again` : ''}`,
    ),
    ...Object.entries(external).map(([host, { calls, errors, p95Ms }]) =>
      line(
        'external',
        `${host}: ${formatCount(calls, 'call')}, ${formatCount(errors, 'error')}, ${formatMs(p95Ms)} (p95)`,
      ),
    ),
    line(
      'memory',
      `${formatNumber(memory.peakRssMb)} MB; at most ${formatCount(memory.peakBuffered, 'item')} in ${formatCount(memory.peakPages, 'page')} held`,
    ),
  ];
}

function resumeLines({ resume, redriveOf }: Summary, line: Line): readonly string[] {
  const lines: string[] = [];
  if (redriveOf) lines.push(line('redrive', redriveText(redriveOf)));
  if (resume.fromCheckpoint || resume.recovered) {
    const from = resume.fromCheckpoint ? 'from its checkpoint' : 'from the start, no checkpoint was saved';
    lines.push(line('resumed', `${from}${resume.recovered ? ' (recovered: the process before died)' : ''}`));
  }
  const { replayed, replayedAtMost } = resume;
  if (replayedAtMost > 0) {
    const known = formatCount(replayed, 'item');
    lines.push(line('', `${known} worked twice, at most ${formatNumber(Math.max(replayed, replayedAtMost))}`));
  }
  return lines;
}

function headline({ durationMs, dryRun, scope, limit, exitCode }: Summary): string {
  const scoped = JSON.stringify(scope) === '{}' ? '' : `, scope ${JSON.stringify(scope)}`;
  const limited = limit === undefined ? '' : `, at most ${formatCount(limit, 'item')}`;
  return `in ${formatMs(durationMs)}${dryRun ? ', dry run: nothing was written' : ''}${scoped}${limited}, exit code ${exitCode}`;
}

function outcomes({
  items,
  skipped,
  counts,
  failuresByError,
  wouldWrite,
}: Summary): readonly (readonly [string, string, string])[] {
  const detail = (by: Readonly<Record<string, number>>) =>
    Object.keys(by).length === 0 ? '' : `: ${formatCounts(by)}`;
  const all = [
    ['read', items.read, ''],
    ['succeeded', items.succeeded, detail(counts)],
    ['skipped', items.skipped, detail(skipped)],
    ['failed', items.failed, detail(failuresByError)],
    ['quarantined', items.quarantined, ''],
    ['remaining', items.remaining, ': not worked on yet'],
    [items.retried === 1 ? 'retry' : 'retries', items.retried, ''],
    ['would write', Object.values(wouldWrite).reduce((sum, count) => sum + count, 0), detail(wouldWrite)],
  ] as const;
  const shown = all.filter(([name, count]) => count > 0 || name === 'read' || name === 'succeeded');
  const width = Math.max(...shown.map(([, count]) => formatNumber(count).length));
  return shown.map(([name, count, detail]) => [name, formatNumber(count).padStart(width), detail]);
}

function limitsText({ concurrency, perSecond, waitedMs }: Summary['limits']): string {
  const pool = `${concurrency.peak} of ${concurrency.limit} at once`;
  const limit = perSecond.limit === null ? '' : ` of ${formatNumber(perSecond.limit)}`;
  return `${pool}, ${formatNumber(perSecond.peak)}${limit} in a second; held back for ${formatMs(waitedMs)}`;
}

function failureLines({ failures, items, error }: Summary, paint: Paint): readonly string[] {
  const lines: string[] = [];
  if (failures.length > 0) {
    lines.push('', `  ${paint('red', items.failed === 1 ? 'The failed item' : 'Failed items')}`);
    for (const { key, message, attempts } of failures.slice(0, shownFailures)) {
      lines.push(`    ${key}  ${message}${attempts > 1 ? ` (${attempts} attempts)` : ''}`);
    }
    if (items.failed > shownFailures)
      lines.push(
        `    and ${formatNumber(items.failed - Math.min(shownFailures, failures.length))} more; --json names the first ${failures.length}`,
      );
  }
  if (error !== null) lines.push('', `  ${paint('red', error.name)}: ${error.message}`);
  return lines;
}
