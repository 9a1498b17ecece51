/** Runs, a line each. */

import { type Content, formatShard, html, type Markup } from '@stint/sdk';
import { formatNumber } from '../assets/format.js';
import type { RunView } from '../schemas.ts';
import { paths } from './paths.ts';
import { type Column, table } from './table.ts';
import { durationOf, itemsOf, rateOf, shortScope, startedBy, statusBadge, time, took } from './words.ts';

export interface RunsTableParts {
  readonly caption: string;
  readonly runs: readonly RunView[];
  /** Whether they are all of the same job, which need not be said in each line. */
  readonly ofOneJob: boolean;
}

export function runsTable({ caption, runs, ofOneJob }: RunsTableParts): Markup {
  if (runs.length === 0) return html`<p class="empty">No runs.</p>`;
  const perSecond: Column = { name: 'A second', look: 'figure', isExtra: true };
  const columns: readonly Column[] = [
    { name: 'Status' },
    ...(ofOneJob ? [] : [{ name: 'Job' }]),
    { name: 'Started' },
    { name: 'Took', look: 'figure' },
    { name: 'Settled', look: 'figure' },
    { name: 'Failed', look: 'figure' },
    ...(ofOneJob ? [perSecond] : []),
    { name: 'By', isExtra: true },
    { name: 'Scope', look: 'line', isExtra: true },
    { name: 'Run', isExtra: true },
  ];
  return table({ caption, columns, rows: runs.map((run) => cells(run, ofOneJob)) });
}

function cells(run: RunView, ofOneJob: boolean): readonly Content[] {
  const items = itemsOf(run);
  const rate = rateOf(run);
  const scope = shortScope(run);
  const failed = items?.failed ?? 0;
  return [
    statusBadge(run),
    ...(ofOneJob ? [] : [html`<a class="name" href="${paths.job(run.job)}">${run.job}</a>`]),
    html`<a class="name" href="${paths.run(run.runId)}">${time(run.startedAt)}</a>`,
    took(durationOf(run)),
    items === undefined ? '–' : formatNumber(items.settled),
    failed > 0 ? html`<b class="bad">${formatNumber(failed)}</b>` : '–',
    ...(ofOneJob ? [rate === undefined ? '–' : formatNumber(rate)] : []),
    startedBy(run),
    html`${run.attempt > 1 && html`<span class="tag">${run.attempt} attempts</span> `}${run.dryRun && html`<span class="tag">dry run</span> `}${run.redriveOf !== null && html`<span class="tag">redrive</span> `}${run.shard !== undefined && html`<span class="tag">shard ${formatShard(run.shard)}</span> `}${scope === '' ? html`<span class="dim">everything</span>` : html`<code>${scope}</code>`}`,
    html`<a class="id" href="${paths.run(run.runId)}">${run.runId}</a>`,
  ];
}
