/** What the run was allowed, and how near it came. */
import { type Content, html, type Markup } from '../../page/markup.ts';
import { factList, section, table } from './blocks.ts';
import { freshSummary, type RunReportOptions } from './report-run.ts';
import { shareBar } from './share-bar.ts';
import { cut, formatCount, formatMs, formatNumber, formatShare } from './words.ts';

export function limitsSection({ record }: RunReportOptions): Markup | undefined {
  const summary = freshSummary(record);
  if (summary === undefined || summary.items.read === 0) return undefined;
  const { concurrency, perSecond, waitedMs } = summary.limits;
  const rows = [
    row('handlers at once', concurrency.peak, concurrency.limit),
    row('starts in a second', perSecond.peak, perSecond.limit),
  ];
  const columns = [{ name: 'Limit' }, { name: 'Peak', look: 'figure' }, { name: 'Allowed', look: 'figure' }] as const;
  const { freshness, memory, rate } = summary;
  const { p50, p95, p99, max } = rate.latencyMs;
  return section(
    'limits',
    'Limits, pace and memory',
    html`${record.attempt > 1 && html`<p class="dim">Of the last attempt.</p>`}
${table('Limits and peaks', columns, rows)}
${factList([
  ['Held back', `${formatMs(waitedMs)} by the rate limit, added up over loops`],
  ['An item took', `${formatMs(p50)} (p50), ${formatMs(p95)} (p95), ${formatMs(p99)} (p99), ${formatMs(max)} (max)`],
  [
    'Age of records',
    `${formatMs(freshness.p99Ms)} (p99), ${formatMs(freshness.maxMs)} (max) when worked on; ${formatCount(freshness.refreshed, 'record')} read again`,
  ],
  [
    'Memory',
    `${formatNumber(memory.peakRssMb)} MB at most; ${formatCount(memory.peakBuffered, 'item')} in ${formatCount(memory.peakPages, 'page')} held at most`,
  ],
])}`,
  );
}

function row(name: string, peak: number, limit: number | null): readonly Content[] {
  if (limit === null) return [name, formatNumber(peak), 'no limit'];
  return [name, formatNumber(peak), shareBar(peak, limit, 'plain', formatNumber(limit))];
}

export function servicesSection({ record }: RunReportOptions): Markup | undefined {
  const hosts = Object.entries(freshSummary(record)?.external ?? {});
  if (hosts.length === 0) return undefined;
  const columns = [
    { name: 'Host', look: 'wide' },
    { name: 'Calls', look: 'figure' },
    { name: 'Errors', look: 'figure' },
    { name: 'Share', look: 'figure' },
    { name: 'p95', look: 'figure' },
  ] as const;
  const rows = hosts
    .toSorted(([, a], [, b]) => b.calls - a.calls)
    .map(([host, { calls, errors, p95Ms }]) => [
      cut(host, 200),
      formatNumber(calls),
      errors === 0 ? '0' : html`<b class="failed">${formatNumber(errors)}</b>`,
      formatShare(errors, calls),
      formatMs(p95Ms),
    ]);
  return section('services', 'External services', table('Requests by host', columns, rows));
}
