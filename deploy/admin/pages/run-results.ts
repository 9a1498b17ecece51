/** What a run did, of the summary of its last attempt that ended. */

import { type Content, html, type Markup } from '@stint/sdk';
import { formatCount, formatMs, formatNumber } from '../assets/format.js';
import type { RunView } from '../schemas.ts';
import { filterOf } from './error-filter.ts';
import { type Fact, facts } from './facts.ts';
import { paths } from './paths.ts';
import { table } from './table.ts';

type Summary = NonNullable<RunView['summary']>;

export function runResults(summary: Summary): Markup {
  return html`<div class="cards">
${part('Items', facts(itemFacts(summary)))}
${part('Speed', facts(speedFacts(summary)))}
${part('Freshness and memory', facts(freshnessFacts(summary)))}
${Object.keys(summary.counts).length > 0 && part('Counted by the job', counts(summary.counts))}
${summary.dryRun && part('Would have written', wouldWrite(summary))}
${Object.keys(summary.external).length > 0 && part('Other services', services(summary.external))}
</div>`;
}

function part(title: string, content: Markup): Markup {
  return html`<section class="card"><h2>${title}</h2>${content}</section>`;
}

function itemFacts({ runId, items, skipped, failuresByError, resume }: Summary): readonly Fact[] {
  const failuresWith = (error: string) =>
    html`<a href="${paths.failuresOf(runId, { error: filterOf(error) })}">${error}</a>`;
  return [
    ['Read', formatNumber(items.read)],
    ['Succeeded', html`<span class="good">${formatNumber(items.succeeded)}</span>`],
    ['Skipped', withReasons(items.skipped, skipped)],
    ['Failed', withReasons(items.failed, failuresByError, failuresWith)],
    ['Quarantined', items.quarantined > 0 && bad(items.quarantined)],
    ['Remaining', items.remaining > 0 && formatNumber(items.remaining)],
    ['Retries', formatNumber(items.retried)],
    ['Resumed', resume.fromCheckpoint && `from a checkpoint${resume.recovered ? ', after its process had died' : ''}`],
    ['Worked twice', resume.replayedAtMost > 0 && twice(resume)],
  ];
}

function twice({ replayed, replayedAtMost }: Summary['resume']): string {
  return replayed === replayedAtMost ? formatCount(replayed, 'item') : `at most ${formatCount(replayedAtMost, 'item')}`;
}

/** @param link what stands for a reason that is worth a look; with it the count is a bad one */
function withReasons(
  count: number,
  reasons: Readonly<Record<string, number>>,
  link?: (reason: string) => Markup,
): Content {
  const lines = sorted(reasons).map(
    ([reason, each]) => html`<li>${formatNumber(each)} ${link === undefined ? reason : link(reason)}</li>`,
  );
  const figure = link === undefined ? formatNumber(count) : bad(count);
  return html`${figure}${lines.length > 0 && html`<ul class="bare dim">${lines}</ul>`}`;
}

function bad(count: number): Content {
  return count === 0 ? '0' : html`<b class="bad">${formatNumber(count)}</b>`;
}

function speedFacts({ rate: { itemsPerSecond, latencyMs }, limits }: Summary): readonly Fact[] {
  const { concurrency, perSecond, waitedMs } = limits;
  const { p50, p95, p99, max } = latencyMs;
  return [
    ['Throughput', `${formatNumber(itemsPerSecond)} items a second`],
    ['An item took', `${formatMs(p50)} (p50), ${formatMs(p95)} (p95), ${formatMs(p99)} (p99), ${formatMs(max)} (max)`],
    ['At once', `${formatNumber(concurrency.peak)} of ${formatNumber(concurrency.limit)}`],
    [
      'In a second',
      `${formatNumber(perSecond.peak)} starts${perSecond.limit === null ? ', no limit' : ` of ${formatNumber(perSecond.limit)}`}`,
    ],
    ['Held back', `${formatMs(waitedMs)} by the rate limit`],
  ];
}

function freshnessFacts({ freshness, memory }: Summary): readonly Fact[] {
  return [
    ['Age of records', `${formatMs(freshness.p99Ms)} (p99), ${formatMs(freshness.maxMs)} (max) when worked on`],
    ['Read again', formatCount(freshness.refreshed, 'record')],
    ['Memory', `${formatNumber(memory.peakRssMb)} MB at most`],
    ['Buffered', `${formatCount(memory.peakBuffered, 'item')} at most`],
  ];
}

function counts(byName: Readonly<Record<string, number>>): Markup {
  return facts(sorted(byName).map(([name, count]): Fact => [name, formatNumber(count)]));
}

/** The most first. */
function sorted(byName: Readonly<Record<string, number>>): readonly (readonly [string, number])[] {
  return Object.entries(byName).toSorted(([, a], [, b]) => b - a);
}

function wouldWrite({ wouldWrite: byTarget }: Summary): Markup {
  return Object.keys(byTarget).length === 0 ? html`<p class="dim">Nothing.</p>` : counts(byTarget);
}

function services(external: Summary['external']): Markup {
  const rows = Object.entries(external).map(([host, { calls, errors, p95Ms }]) => [
    host,
    formatNumber(calls),
    errors > 0 ? html`<b class="bad">${formatNumber(errors)}</b>` : '–',
    formatMs(p95Ms),
  ]);
  const columns = [
    { name: 'Host' },
    { name: 'Calls', look: 'figure' },
    { name: 'Errors', look: 'figure' },
    { name: 'p95', look: 'figure' },
  ] as const;
  return table({ caption: 'Requests by host', columns, rows });
}
