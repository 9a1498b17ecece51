/** What failed and why: by error first, then the first items with what was said to other services. */

import type { FailedItem } from '../../ledger/ledger.ts';
import { html, type Markup } from '../../page/markup.ts';
import { section, table } from './blocks.ts';
import { exchangesBlock } from './exchanges.ts';
import { type Outcomes, outcomesOf, type RunReportOptions } from './report-run.ts';
import { cut, formatCount, formatNumber, formatShare, formatTime, sortedCounts } from './words.ts';

const mostItems = 50;
/** Of all that was said to other services, as it stands in the page. */
const mostExchangeBytes = 100_000;
const longest = { key: 200, message: 600, name: 120 };

export function failuresSection(options: RunReportOptions): Markup | undefined {
  const { failures, record } = options;
  const { items, isAll } =
    'items' in failures
      ? { items: failures.items, isAll: failures.next === undefined }
      : { items: failures, isAll: true };
  const outcomes = outcomesOf(record);
  const failed = (outcomes?.failed ?? 0) + (outcomes?.quarantined ?? 0);
  if (items.length === 0 && failed === 0) return undefined;
  const shown = items.slice(0, mostItems);
  const left = { bytes: mostExchangeBytes };
  const rest =
    isAll && items.length <= mostItems && shown.length >= failed ? '' : restText(shown.length, failed, record.runId);
  return section(
    'failures',
    html`Failures${failed > 0 && html` <span class="dim">${formatNumber(failed)}</span>`}`,
    html`${outcomes !== undefined && errorsTable(outcomes)}
${shown.map((item) => itemBlock(item, left))}
${rest !== '' && html`<p class="dim">${rest}</p>`}`,
  );
}

function errorsTable({ failuresBy, failed, quarantined }: Outcomes): Markup | false {
  const rows = sortedCounts(failuresBy).map(([name, count]) => [
    cut(name, longest.name),
    formatNumber(count),
    formatShare(count, failed + quarantined),
  ]);
  const columns = [
    { name: 'Error', look: 'wide' },
    { name: 'Items', look: 'figure' },
    { name: 'Share', look: 'figure' },
  ] as const;
  return rows.length > 0 && table('Failed items by error', columns, rows);
}

function itemBlock(
  { key, error, outcome, attempts, failedAt, exchanges }: FailedItem,
  left: { bytes: number },
): Markup {
  const told = exchanges.length === 0 ? undefined : exchangesBlock(exchanges);
  const bytes = told === undefined ? 0 : Buffer.byteLength(told.html);
  const fits = bytes <= left.bytes;
  if (fits) left.bytes -= bytes;
  return html`<article class="item"><p><code class="key">${cut(key, longest.key)}</code>${outcome === 'quarantined' && html` <span class="tag">quarantined</span>`} <b>${cut(error.name, longest.name)}</b> ${error.code !== '' && html`<code>${cut(error.code, longest.name)}</code>`}</p>
<p class="long">${cut(error.message, longest.message)}</p>
<p class="dim">${formatCount(attempts, 'try', 'tries')}, ${formatTime(failedAt)} UTC${told !== undefined && !fits && '; what was said is left out here, for its length'}</p>
${fits && told}</article>
`;
}

function restText(shown: number, failed: number, runId: string): string {
  if (shown === 0) return 'The failed items themselves are not kept any more.';
  const of = failed > shown ? ` of ${formatNumber(failed)}` : '';
  return `The first ${formatNumber(shown)}${of}; npx stint show ${runId} --failures tells all that are kept.`;
}
