/**
 * How far a run is. The script keeps it up to date while it goes on: each `data-place` is a text of `progressTexts`, and
 * `data-events` says where the run tells of itself.
 */

import { html, type Markup } from '@stint/sdk';
import { barOf, type ProgressPlace, progressTexts, statusOf } from '../assets/run-words.js';
import type { RunView } from '../schemas.ts';
import { paths } from './paths.ts';
import { time } from './words.ts';

const figures: readonly (readonly [ProgressPlace, string])[] = [
  ['succeeded', 'Succeeded'],
  ['skipped', 'Skipped'],
  ['failed', 'Failed'],
  ['retried', 'Retried'],
  ['rate', 'Speed'],
  ['timeLeft', 'Time left'],
  ['inFlight', 'In flight'],
  ['waited', 'Held back'],
];

export function runProgress(run: RunView): Markup {
  const texts = progressTexts(run);
  const { max, value } = barOf(run);
  const events = run.status === 'running' && html` data-events="${paths.events(run.runId)}"`;
  return html`<section class="card" id="live" aria-labelledby="progress"${events}>
<h2 id="progress">Progress</h2>
<p class="headline" data-place="headline">${texts.headline}</p>
${(value !== undefined || statusOf(run) === 'running') && html`<progress id="bar" aria-labelledby="progress" max="${max}"${value !== undefined && html` value="${value}"`}></progress>`}
<dl class="figures">${figures.map(([place, label]) => html`<div><dt>${label}</dt><dd data-place="${place}">${texts[place]}</dd></div>`)}</dl>
<p class="dim"><span data-place="source">${texts.source}</span> ${run.progress !== null && time(run.progress.at)}</p>
<p class="wait" id="connection" hidden>The connection is lost: reconnecting…</p>
</section>`;
}
