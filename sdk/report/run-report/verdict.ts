/** What became of the run, and what somebody on call should know first. */
import { html, type Markup } from '../../page/markup.ts';
import { findingsOf } from './findings.ts';
import {
  type Outcomes,
  outcomesOf,
  type RunReportOptions,
  type ShownStatus,
  startedBy,
  statusOf,
} from './report-run.ts';
import { cut, formatNumber, formatTime } from './words.ts';

const longestScope = 120;

export function verdictText(options: RunReportOptions): string {
  const { record } = options;
  const status = statusOf(record);
  return `${record.job} ${saidOf(status, outcomesOf(record))}`;
}

export function verdictBlock(options: RunReportOptions): Markup {
  const { record } = options;
  const status = statusOf(record);
  const outcomes = outcomesOf(record);
  const findings = findingsOf(options, outcomes);
  const scope = JSON.stringify(record.scope);
  return html`<header class="verdict ${lookOf(status, outcomes)}">
<h1>${verdictText(options)}</h1>
<p class="dim">${formatTime(record.startedAt)} UTC, started by ${cut(startedBy(record), 80)}${
    scope === '{}' ? ', all of its records' : html`, scope <code>${cut(scope, longestScope)}</code>`
  }</p>
${findings.map(({ tone, text, more }) => html`<p class="finding ${tone}"><span class="mark" aria-hidden="true">${marks[tone]}</span><span>${text}${more !== undefined && html` <a href="#${more}">see</a>`}</span></p>`)}
</header>`;
}

const marks = { bad: '✗', wait: '!', dim: '·' } as const;

function saidOf(status: ShownStatus, outcomes: Outcomes | undefined): string {
  const failed = (outcomes?.failed ?? 0) + (outcomes?.quarantined ?? 0);
  switch (status) {
    case 'succeeded':
      if (outcomes?.read === 0) return 'succeeded: there was nothing to do';
      if (failed === 0 || outcomes === undefined) return 'succeeded';
      return `succeeded, but ${formatNumber(failed)} of ${formatNumber(outcomes.settled)} items failed`;
    case 'refused':
      return 'was refused';
    case 'interrupted':
      return 'was interrupted, and can be resumed';
    case 'cancelled':
      return 'was cancelled';
    case 'crashed':
      return 'has crashed, and can be resumed';
    case 'running':
      return 'is running';
    case 'cancelling':
      return 'is being cancelled';
    default:
      return 'failed';
  }
}

function lookOf(status: ShownStatus, outcomes: Outcomes | undefined): 'passed' | 'failed' | 'other' {
  if (status === 'failed' || status === 'crashed') return 'failed';
  if (status !== 'succeeded') return 'other';
  return (outcomes?.failed ?? 0) + (outcomes?.quarantined ?? 0) > 0 ? 'other' : 'passed';
}
