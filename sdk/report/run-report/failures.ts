/** What failed and why: by error first, then the first items with what was said to other services. */

import type { FailedItem } from '../../ledger/ledger.ts';
import { html, type Markup } from '../../page/markup.ts';
import { section, table } from './blocks.ts';
import { exchangesBlock } from './exchanges.ts';
import { type Outcomes, outcomesOf, type RunReportOptions } from './report-run.ts';
import { shareBar } from './share-bar.ts';
import { cut, formatCount, formatNumber, formatShare, formatTime, sortedCounts } from './words.ts';

const mostItems = 50;
/** That are seen at once; the others are folded. */
const openItems = 5;
/** Of all items, and of what they said to other services, as it stands in the page. */
const mostBytes = 90_000;
const longest = { key: 200, message: 600, name: 120 };

export function failuresSection(options: RunReportOptions): Markup | undefined {
  const { failures, record } = options;
  const outcomes = outcomesOf(record);
  const failed = (outcomes?.failed ?? 0) + (outcomes?.quarantined ?? 0);
  const items = 'items' in failures ? failures.items : failures;
  if (items.length === 0 && failed === 0) return undefined;
  const blocks = fit(items.slice(0, mostItems));
  const isAll =
    blocks.length === items.length &&
    blocks.length >= failed &&
    ('items' in failures ? failures.next : undefined) === undefined;
  const folded = blocks.slice(openItems);
  return section(
    'failures',
    html`Failures${failed > 0 && html` <span class="dim">${formatNumber(failed)}</span>`}`,
    html`${outcomes !== undefined && errorsTable(outcomes)}
${blocks.slice(0, openItems)}
${folded.length > 0 && html`<details><summary>${formatCount(folded.length, 'more item')}</summary>\n${folded}</details>`}
${!isAll && html`<p class="dim">${restText(blocks.length, failed, record.runId)}</p>`}`,
  );
}

function errorsTable({ failuresBy, failed, quarantined }: Outcomes): Markup | false {
  const rows = sortedCounts(failuresBy).map(([name, count]) => [
    cut(name, longest.name),
    formatNumber(count),
    shareBar(count, failed + quarantined, 'bad', formatShare(count, failed + quarantined)),
  ]);
  const columns = [
    { name: 'Error', look: 'wide' },
    { name: 'Items', look: 'figure' },
    { name: 'Share', look: 'figure' },
  ] as const;
  return rows.length > 0 && table('Failed items by error', columns, rows);
}

/** As many of the first ones as there is room for: first they lose what they said, then they are left out. */
function fit(items: readonly FailedItem[]): readonly Markup[] {
  const blocks: Markup[] = [];
  let left = mostBytes;
  for (const item of items) {
    const whole = itemBlock(item, true);
    const block = sizeOf(whole) <= left ? whole : itemBlock(item, false);
    left -= sizeOf(block);
    if (left < 0) break;
    blocks.push(block);
  }
  return blocks;
}

function sizeOf(block: Markup): number {
  return Buffer.byteLength(block.html);
}

function itemBlock({ key, error, outcome, attempts, failedAt, exchanges }: FailedItem, withExchanges: boolean): Markup {
  const isLeftOut = !withExchanges && exchanges.length > 0;
  return html`<article class="item"><p><code class="key">${cut(key, longest.key)}</code>${outcome === 'quarantined' && html` <span class="tag">quarantined</span>`} <b>${cut(error.name, longest.name)}</b> ${error.code !== '' && html`<code>${cut(error.code, longest.name)}</code>`} <span class="dim">${formatCount(attempts, 'try', 'tries')}, ${formatTime(failedAt)} UTC</span></p>
<p class="long">${cut(error.message, longest.message)}</p>
${isLeftOut && html`<p class="dim">What it said to other services is left out here, for its length.</p>`}${withExchanges && exchanges.length > 0 && exchangesBlock(exchanges)}</article>
`;
}

function restText(shown: number, failed: number, runId: string): string {
  if (shown === 0) return 'The failed items themselves are not kept any more.';
  const of = failed > shown ? ` of ${formatNumber(failed)}` : '';
  return `The first ${formatNumber(shown)}${of}; npx stint show ${runId} --failures tells all that are kept.`;
}
