/** A summary as facts with names, in the words of a person: what became of the items, how fast, and what went wrong. */
import { html, type Markup, type Summary } from '@stint/sdk';
import { formatCounts, formatMs, formatNumber } from '../../cli/format.ts';

export type Fact = readonly [name: string, value: Markup | string];

export function summaryFacts(summary: Summary): readonly Fact[] {
  const { failures, error, dryRun, trigger, wouldWrite, status } = summary;
  const facts: Fact[] = [];
  if (dryRun) facts.push(['dry run', `would have written: ${formatCounts(wouldWrite) || 'nothing'}`]);
  if (trigger.scheduledTime !== undefined) facts.push(['scheduled for', trigger.scheduledTime]);
  if (status !== 'refused') facts.push(['items', itemsTable(summary)], ...paceFacts(summary), ...resumeFacts(summary));
  if (failures.length > 0) facts.push(['failed items', failureList(summary)]);
  if (error !== null) facts.push(['error', html`<span class="failed">${error.message}</span>`]);
  return facts;
}

function paceFacts({ items, rate, limits }: Summary): readonly Fact[] {
  if (items.read === 0) return [];
  const { p50, p99 } = rate.latencyMs;
  const perSecond = limits.perSecond.limit === null ? '' : ` of ${formatNumber(limits.perSecond.limit)}`;
  return [
    ['rate', `${formatNumber(rate.itemsPerSecond)} a second; one took ${formatMs(p50)} (p50), ${formatMs(p99)} (p99)`],
    [
      'limits',
      `at most ${limits.concurrency.peak} of ${limits.concurrency.limit} at once, ${formatNumber(limits.perSecond.peak)}${perSecond} in any second`,
    ],
  ];
}

function resumeFacts({ resume, attempt }: Summary): readonly Fact[] {
  if (!resume.fromCheckpoint && !resume.recovered) return [];
  const from = resume.fromCheckpoint ? 'checkpoint' : 'start';
  const how = resume.recovered ? ', after the process before had died' : '';
  const again = resume.replayedAtMost === 0 ? 'nothing twice' : `at most ${resume.replayedAtMost} items twice`;
  return [['resumed', `attempt ${attempt}, from the ${from}${how}; ${again}`]];
}

function itemsTable({ items, counts, skipped, failuresByError }: Summary): Markup {
  const rows = [
    ['read', items.read, ''],
    ['succeeded', items.succeeded, formatCounts(counts)],
    ['skipped', items.skipped, formatCounts(skipped)],
    ['failed', items.failed, formatCounts(failuresByError)],
    ['quarantined', items.quarantined, ''],
    ['remaining', items.remaining, ''],
    ['tried again', items.retried, ''],
  ] as const;
  const shown = rows.filter(([name, count]) => count > 0 || name === 'read');
  return html`<table>${shown.map(
    ([name, count, detail]) => html`<tr><td>${formatNumber(count)} ${name}</td><td class="dim">${detail}</td></tr>`,
  )}</table>`;
}

const shownFailures = 5;

function failureList({ failures, items }: Summary): Markup {
  const more = items.failed - Math.min(shownFailures, failures.length);
  return html`${failures
    .slice(0, shownFailures)
    .map(({ key, message, attempts }) => html`<p><code>${key}</code> ${message}, ${attempts} attempts</p>`)}${
    more > 0 && html`<p class="dim">and ${more} more</p>`
  }`;
}
