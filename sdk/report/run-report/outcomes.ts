/** What became of the items, and what the job counted. */
import { html, type Markup } from '../../page/markup.ts';
import { section, table } from './blocks.ts';
import { type Outcomes, outcomesOf, type RunReportOptions } from './report-run.ts';
import { shareBar } from './share-bar.ts';
import { countsText, cut, formatNumber, formatShare, sortedCounts } from './words.ts';

export function outcomesSection({ record }: RunReportOptions): Markup | undefined {
  const outcomes = outcomesOf(record);
  if (outcomes === undefined) return undefined;
  const { counts, wouldWrite } = outcomes;
  // A job may count what is no item.
  if (outcomes.read === 0 && Object.keys({ ...counts, ...wouldWrite }).length === 0) return undefined;
  return section(
    'outcomes',
    'Items',
    html`${outcomesTable(outcomes)}
${Object.keys(counts).length > 0 && countsTable('Counted by the job', counts)}
${Object.keys(wouldWrite).length > 0 && countsTable('Would have been written', wouldWrite)}`,
  );
}

function outcomesTable(outcomes: Outcomes): Markup {
  const { read, settled, succeeded, skipped, failed, quarantined, remaining, skippedBy, failuresBy } = outcomes;
  const all = read ?? settled;
  const rows = (
    [
      ['succeeded', succeeded, 'good', ''],
      ['skipped', skipped, 'dim', countsText(skippedBy, 8)],
      ['failed', failed, 'bad', countsText(failuresBy, 8)],
      ['quarantined', quarantined, 'wait', ''],
      ['remaining', remaining, 'dim', 'read, but not settled'],
    ] as const
  ).filter(([name, count]) => count > 0 || name === 'succeeded');
  return table(
    'Items by outcome',
    [
      { name: 'Outcome', look: 'wide' },
      { name: 'Items', look: 'figure' },
      { name: 'Share', look: 'figure' },
    ],
    rows.map(([name, count, tone, of]) => [
      // Below its name and in no column of its own: a small screen has no room for a fourth.
      html`${name}${of !== '' && html`<br><span class="dim">${of}</span>`}`,
      formatNumber(count),
      shareBar(count, all, tone, formatShare(count, all)),
    ]),
  );
}

function countsTable(caption: string, counts: Readonly<Record<string, number>>): Markup {
  const rows = sortedCounts(counts).map(([name, count]) => [cut(name, 120), formatNumber(count)]);
  return html`<h3>${caption}</h3>${table(
    caption,
    [
      { name: 'Name', look: 'wide' },
      { name: 'Count', look: 'figure' },
    ],
    rows,
  )}`;
}
