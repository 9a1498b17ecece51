/** How long the runs of a job took, and how fast they went. */

import { barChart, html, lineChart, type Markup } from '@stint/sdk';
import { formatUtc } from '../assets/format.js';
import { statusOf, toneOf } from '../assets/run-words.js';
import type { RunView } from '../schemas.ts';
import { paths } from './paths.ts';
import { durationOf, rateOf } from './words.ts';

export function historyCharts(newestFirst: readonly RunView[]): Markup | undefined {
  const ended = newestFirst.filter(({ finishedAt }) => finishedAt !== null).toReversed();
  // Two are the least that can be compared.
  if (ended.length < 2) return undefined;
  const { unit, unitMs } = unitFor(Math.max(...ended.map(durationOf)));
  const bars = ended.map((run) => {
    const tone = toneOf(statusOf(run));
    return {
      label: `${formatUtc(run.startedAt)}, ${statusOf(run)}`,
      value: durationOf(run) / unitMs,
      href: paths.run(run.runId),
      ...(tone === 'live' ? {} : { tone }),
    };
  });
  const points = ended.flatMap((run) => {
    const rate = rateOf(run);
    return rate === undefined ? [] : [{ x: Date.parse(run.startedAt), y: rate, label: formatUtc(run.startedAt) }];
  });
  return html`<div class="charts">${card('Duration', barChart({ title: 'Duration', bars, unit }))}${
    points.length > 1 && card('Throughput', lineChart({ title: 'Throughput', points, unit: 'items/s' }))
  }</div>`;
}

function card(title: string, chart: Markup): Markup {
  return html`<figure class="chart-card"><figcaption>${title}</figcaption>${chart}</figure>`;
}

function unitFor(longestMs: number): { readonly unit: string; readonly unitMs: number } {
  if (longestMs < 1_000) return { unit: 'ms', unitMs: 1 };
  if (longestMs < 180_000) return { unit: 's', unitMs: 1_000 };
  return longestMs < 3 * 3_600_000 ? { unit: 'min', unitMs: 60_000 } : { unit: 'h', unitMs: 3_600_000 };
}
