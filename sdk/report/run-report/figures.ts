/** The figures of a run that one looks for first. */
import { type Content, html, type Markup } from '../../page/markup.ts';
import { durationOf, freshSummary, outcomesOf, type RunReportOptions, statusOf } from './report-run.ts';
import { formatMs, formatNumber, formatShare } from './words.ts';

interface Figure {
  readonly name: string;
  readonly value: string;
  readonly detail?: Content;
  readonly isBad?: boolean;
}

export function figureTiles(options: RunReportOptions): Markup | false {
  const figures = figuresOf(options);
  if (figures.length === 0) return false;
  return html`<dl class="figures">${figures.map(
    ({ name, value, detail, isBad = false }) =>
      html`<div><dt>${name}</dt><dd${isBad && html` class="failed"`}>${value}</dd>${detail !== undefined && html`<dd class="dim">${detail}</dd>`}</div>`,
  )}</dl>`;
}

function figuresOf(options: RunReportOptions): readonly Figure[] {
  const { record } = options;
  if (statusOf(record) === 'refused') return [];
  const outcomes = outcomesOf(record);
  const summary = freshSummary(record);
  const last = record.attempt > 1 ? ', last attempt' : '';
  const items: readonly Figure[] =
    outcomes === undefined
      ? []
      : [
          {
            name: 'Items settled',
            value: formatNumber(outcomes.settled),
            detail: outcomes.read === undefined ? 'at the last checkpoint' : `of ${formatNumber(outcomes.read)} read`,
          },
          {
            name: 'Failed',
            value: formatNumber(outcomes.failed + outcomes.quarantined),
            detail: formatShare(outcomes.failed + outcomes.quarantined, outcomes.settled),
            isBad: outcomes.failed + outcomes.quarantined > 0,
          },
          { name: 'Retries', value: formatNumber(outcomes.retried) },
        ];
  const pace: readonly Figure[] =
    summary === undefined || summary.items.read === 0
      ? []
      : [
          { name: 'Items a second', value: formatNumber(summary.rate.itemsPerSecond), detail: `on average${last}` },
          {
            name: 'An item took',
            value: formatMs(summary.rate.latencyMs.p95),
            detail: `p95; p50 ${formatMs(summary.rate.latencyMs.p50)}, max ${formatMs(summary.rate.latencyMs.max)}${last}`,
          },
        ];
  return [...items.slice(0, 2), durationFigure(options), ...pace, ...items.slice(2)];
}

function durationFigure({ record, medianMs }: RunReportOptions): Figure {
  const value = formatMs(durationOf(record));
  if (record.finishedAt === undefined) return { name: 'Since its start', value, detail: 'at the last sign of it' };
  return { name: 'Took', value, detail: medianMs === undefined ? undefined : `median ${formatMs(medianMs)}` };
}
