/**
 * How the last runs of a job went, a small bar each, the newest on the right: as high as the run was long, coloured by how it ended,
 * and with a mark below that tells the same without a colour.
 */

import { html, type Markup } from '@stint/sdk';
import { formatCount } from '../assets/format.js';
import { toneOf } from '../assets/run-words.js';
import type { HealthBar } from '../schemas.ts';
import { paths } from './paths.ts';
import { took } from './words.ts';

const tallest = 28;
const shortest = 5;

export function healthBars(job: string, newestFirst: readonly HealthBar[]): Markup {
  if (newestFirst.length === 0) return html`<p class="dim">No runs yet</p>`;
  const longest = Math.max(1, ...newestFirst.map(({ durationMs }) => durationMs ?? 0));
  const bars = newestFirst.toReversed().map((bar) => healthBar(bar, longest));
  return html`<ol class="health" data-arrows aria-label="Last ${formatCount(newestFirst.length, 'run')} of ${job}, the newest last">${bars}</ol>`;
}

/** `succeeded, 3 items failed, 4.2 s` */
export function healthText({ status, durationMs, failed }: HealthBar): string {
  const failures = failed === null || failed === 0 ? undefined : `${formatCount(failed, 'item')} failed`;
  return [status, failures, durationMs === null ? undefined : took(durationMs)]
    .filter((part) => part !== undefined)
    .join(', ');
}

function healthBar(bar: HealthBar, longest: number): Markup {
  const height = Math.max(shortest, Math.round(((bar.durationMs ?? longest) / longest) * tallest));
  const text = healthText(bar);
  return html`<li><a href="${paths.run(bar.runId)}" data-tone="${toneOf(bar.status)}" data-hint="${text}">
<svg width="9" height="38" viewBox="0 0 9 38" aria-hidden="true"><rect class="bar" x="1" y="${tallest + 1 - height}" width="7" height="${height}" rx="1.5"/>${markBelow(bar)}</svg>
<span class="unseen">${text}, <time datetime="${bar.startedAt}">${bar.startedAt}</time></span></a></li>`;
}

function markBelow({ status, failed }: HealthBar): Markup | undefined {
  if (status === 'failed') return html`<path class="mark" d="M2 32l5 5m0-5l-5 5"/>`;
  if (status === 'interrupted' || status === 'cancelled') return html`<path class="mark" d="M2 34.5h5"/>`;
  if (status === 'running') return html`<circle class="mark dot" cx="4.5" cy="34.5" r="2"/>`;
  return failed === null || failed === 0 ? undefined : html`<circle class="mark some" cx="4.5" cy="34.5" r="1.5"/>`;
}
