/**
 * A sweep as one HTML page, which needs nothing else: no script, no resource from outside.
 *
 * The verdict and the stories come first; then a map of all points, a row an effect in the order of the run (a row an item where records were
 * changed): green, red, grey for what could not be tried. A red one leads to its story. What comes from a run is escaped.
 */
import { html, Markup, pageStyle } from '@stint/sdk';
import { formatCount, formatMs, formatNumber } from '../../cli/format.ts';
import { triedText } from '../../cli/sweep-text.ts';
import { type PointKind, pointKinds, type Trial } from '../point.ts';
import type { Story, SweepReport } from '../report.ts';
import { mapStyle } from './map-style.ts';

const titles: Readonly<Record<PointKind, string>> = {
  crash: 'Crashes: the process ends at an effect',
  fault: 'Faults: an effect goes wrong once',
  stale: 'Stale records: somebody else changes one',
  race: 'Races: two processes at one run',
};

export function sweepPage(report: SweepReport): string {
  const { passed, stories } = report;
  const verdict = passed ? `Proved: ${report.case}` : `Not proved: ${report.case}`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${verdict}</title>
<style>${new Markup(pageStyle)}${new Markup(mapStyle)}</style>
</head>
<body>
<main>
<header class="verdict ${passed ? 'passed' : 'failed'}">
<h1>${verdict}</h1>
${facts(report)}
</header>
${stories.length > 0 && html`<h2>What was found</h2>${stories.map((story, index) => storySection(story, index + 1))}`}
${pointKinds.map((kind) => mapSection(kind, report))}
</main>
</body>
</html>
`;
  return page.html;
}

function facts(report: SweepReport): Markup {
  const { seed, ledger, mode, items, effects, notTried } = report;
  const of = triedText(report);
  const listed: readonly (readonly [string, string])[] = [
    ['Tried', `${of}, ${mode} mode, ${ledger} ledger, seed ${seed}, ${formatMs(report.durationMs)}`],
    ['The run', `${formatCount(items, 'item')}, ${formatCount(effects, 'effect')}`],
    ['Lost', report.lost === 0 ? 'no item' : `items at ${formatCount(report.lost, 'point')}`],
    ['Differences', report.differences === 0 ? 'none' : `at ${formatCount(report.differences, 'point')}`],
    [
      'Worked twice',
      `at most ${formatCount(report.workedTwice, 'item')} at a point, where ${formatNumber(report.mayWorkTwice)} may be`,
    ],
    [
      'Sent again',
      `${formatNumber(report.repeatedWithKey)} writes with the same Idempotency-Key, ${formatNumber(report.duplicated)} without`,
    ],
    ...Object.entries(notTried).map(([why, count]) => ['Not tried', `${formatCount(count, 'point')}: ${why}`] as const),
  ];
  return html`<dl>${listed.map(([name, text]) => html`<dt>${name}</dt><dd>${text}</dd>`)}</dl>`;
}

function storySection({ text, at, advice, command, points }: Story, number: number): Markup {
  return html`<section class="check story" id="story-${number}" tabindex="-1">
<h3>${number}. ${text}</h3>
${at !== undefined && html`<p>See <code>${at}</code></p>`}
<p><span class="dim">What usually mends it:</span> ${advice}</p>
<p class="dim">${formatCount(points.length, 'point')}; the first one alone:</p>
<pre>${command}</pre>
</section>`;
}

function mapSection(kind: PointKind, { trials, stories, kinds }: SweepReport): Markup | false {
  const counts = kinds[kind];
  const of = trials.filter(({ point }) => point.kind === kind);
  if (counts === undefined || of.length === 0) return false;
  const storyOf = new Map(stories.flatMap(({ points }, index) => points.map((id) => [id, index + 1] as const)));
  const rows = [...Map.groupBy(of, rowOf)].toSorted(
    ([, [a]], [, [b]]) => (a?.point.effect ?? 0) - (b?.point.effect ?? 0),
  );
  return html`<h2>${titles[kind]} <span class="dim">${formatNumber(counts.tried)} of ${formatNumber(counts.possible)}</span></h2>
<table class="map">
<tbody>
${rows.map(([name, cells]) => html`<tr><th scope="row">${name}</th><td>${cells.map((trial) => cell(trial, storyOf.get(trial.point.id)))}</td></tr>`)}
</tbody>
</table>`;
}

/** What a row of the map is about: the effect, or the item. */
function rowOf({ point: { kind, effect, id, title } }: Trial): string {
  if (kind === 'stale') return title.replace(/^the (record of item .*) was (changed|deleted) by .*$/, '$1');
  const subject = title
    .replace(/^(killed|interrupted|frozen|started a second time) (before|after|at) /, '')
    .replace(/, and .*$/, '');
  return effect === 0 ? id : `${effect}. ${kind === 'fault' ? subject.replace(/ (was|had its) .*$/, '') : subject}`;
}

function cell({ point: { id, title }, findings, notTried }: Trial, story: number | undefined): Markup {
  if (notTried !== undefined)
    return html`<span class="cell none" role="img" title="${id}: not tried, ${notTried}" aria-label="${id}: not tried"></span>`;
  if (findings.length === 0)
    return html`<span class="cell good" role="img" title="${id}: ${title}" aria-label="${id}: held"></span>`;
  return html`<a class="cell bad" href="#story-${story}" title="${id}: ${findings[0]?.text}" aria-label="${id}: story ${story}">!</a>`;
}
