/** The processes that tried the run, on one time axis and one by one. */

import type { AttemptRecord } from '../../ledger/attempts.ts';
import { type Content, html, type Markup } from '../../page/markup.ts';
import { attemptSpans } from './attempt-spans.ts';
import { section, table } from './blocks.ts';
import { type RunReportOptions, statusOf } from './report-run.ts';
import type { TimeAxis, TimeSpan } from './time-axis.ts';
import { timeline } from './timeline.ts';
import { cut, formatMs, formatNumber, formatTime } from './words.ts';

const mostShown = 30;
const longest = { holder: 120, reason: 300 };

export function attemptsSection(options: RunReportOptions, time: TimeAxis | undefined): Markup | undefined {
  const { attempts } = options.record;
  if (attempts.length === 0) return undefined;
  const spans = attemptSpans(options);
  const spanOf = ({ attempt }: AttemptRecord) => spans.find((span) => span.attempt === attempt);
  return section(
    'attempts',
    html`Attempts <span class="dim">${formatNumber(options.record.attempt)}</span>`,
    html`${time !== undefined && attempts.length > 1 && timeline(spans, time)}
${attempts.length > mostShown && html`<p class="dim">The last ${mostShown} of them:</p>`}
${table(
  'Attempts',
  columns,
  attempts.slice(-mostShown).map((attempt) => cells(attempt, spanOf(attempt), options)),
)}`,
  );
}

const columns = [
  { name: 'Attempt' },
  { name: 'Began (UTC)' },
  { name: 'Took', look: 'figure' },
  { name: 'Ended' },
  { name: 'Checkpoints' },
  { name: 'Process', look: 'wide' },
] as const;

function cells(attempt: AttemptRecord, span: TimeSpan | undefined, options: RunReportOptions): readonly Content[] {
  const { startedAt, reason, holder } = attempt;
  return [
    `${attempt.attempt}`,
    formatTime(startedAt),
    tookText(attempt, span),
    html`${endingOf(attempt, options)}${reason !== undefined && html`<br><span class="dim">${cut(reason, longest.reason)}</span>`}`,
    checkpointsOf(attempt),
    html`<span class="dim">${cut(holder, longest.holder)}</span>`,
  ];
}

/** Of one that did not tell its end: until its last sign. */
function tookText({ endedAt, startedAt }: AttemptRecord, span: TimeSpan | undefined): string {
  if (endedAt !== undefined) return formatMs(Math.max(0, Date.parse(endedAt) - Date.parse(startedAt)));
  const ms = span === undefined ? 0 : span.toMs - span.fromMs;
  return ms === 0 ? '–' : `≥ ${formatMs(ms)}`;
}

function endingOf({ status, attempt }: AttemptRecord, { record }: RunReportOptions): Content {
  if (status !== undefined) return status;
  const goesOn = attempt === record.attempt && ['running', 'cancelling'].includes(statusOf(record));
  return goesOn ? 'goes on' : html`<span class="failed">did not say: its process died</span>`;
}

function checkpointsOf({ fromCheckpoint, toCheckpoint }: AttemptRecord): string {
  const from = fromCheckpoint === 0 ? 'from the start' : `from ${formatNumber(fromCheckpoint)}`;
  return toCheckpoint === undefined || toCheckpoint === fromCheckpoint
    ? from
    : `${from} to ${formatNumber(toCheckpoint)}`;
}
