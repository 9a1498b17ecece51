/** Small parts that several pages say alike: a time, a status, who started a run, how long it took. */

import { html, type Markup } from '@stint/sdk';
import { formatMs, formatUtc } from '../assets/format.js';
import { type ShownStatus, statusOf, toneOf } from '../assets/run-words.js';
import type { RunView } from '../schemas.ts';

/** In UTC; the script shows it in the viewer's zone, and as `4 min ago` where it is near. */
export function time(iso: string): Markup {
  return html`<time datetime="${iso}">${formatUtc(iso)}</time>`;
}

export function badge(status: ShownStatus, place?: Markup): Markup {
  return html`<span class="badge" data-tone="${toneOf(status)}"${place}>${status}</span>`;
}

export function statusBadge(run: RunView): Markup {
  return badge(statusOf(run));
}

/** From the start of the first attempt to the end, or to the last sign of life. */
export function durationOf({ startedAt, finishedAt, updatedAt }: RunView): number {
  return Math.max(0, Date.parse(finishedAt ?? updatedAt) - Date.parse(startedAt));
}

/** `ada (admin)`, `schedule` */
export function startedBy({ trigger: { kind, by } }: RunView): Markup {
  return by === undefined ? html`${kind}` : html`<span class="name">${by} <span class="dim">(${kind})</span></span>`;
}

export interface ItemCounts {
  readonly settled: number;
  readonly failed: number;
}

/** As far as is known. */
export function itemsOf({ finishedAt, summary, progress }: RunView): ItemCounts | undefined {
  if (finishedAt !== null && summary !== null) {
    const { succeeded, skipped, failed, quarantined } = summary.items;
    return { settled: succeeded + skipped + failed + quarantined, failed: failed + quarantined };
  }
  return progress === null ? undefined : { settled: progress.settled, failed: progress.failed };
}

/** Of the run as it was, or goes. */
export function rateOf({ finishedAt, summary, progress }: RunView): number | undefined {
  if (finishedAt !== null && summary !== null) return summary.rate.itemsPerSecond;
  return progress?.itemsPerSecond ?? undefined;
}

/** `{"tenantId":"t-1"}`, not longer than a table has room for; '' for everything. */
export function shortScope({ scope }: RunView): string {
  const text = JSON.stringify(scope);
  if (text === '{}') return '';
  return text.length > longestScope ? `${text.slice(0, longestScope - 1)}…` : text;
}

export function took(ms: number | null): string {
  return ms === null ? '–' : formatMs(ms);
}

const longestScope = 48;
