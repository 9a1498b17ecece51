/**
 * Charts as SVG, each with its figures as text for those who do not see it.
 *
 * Guarantees: no style or script in it: how it looks is said by the classes of the page's own style.
 */
import { formatNumber } from '../assets/format.js';
import { html, type Markup } from './markup.ts';

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** @default plain */
  readonly tone?: 'good' | 'bad' | 'wait' | 'dim' | undefined;
  /** @default no link */
  readonly href?: string | undefined;
}

export interface Point {
  /** Milliseconds since 1970. */
  readonly x: number;
  readonly y: number;
  /** @default the figure */
  readonly label?: string | undefined;
}

interface ChartFrame {
  readonly title: string;
  /** @default none */
  readonly unit?: string | undefined;
  /** @default 480 */
  readonly width?: number | undefined;
  /** @default 120 */
  readonly height?: number | undefined;
}

const top = 14;
const left = 4;

export function barChart(chart: ChartFrame & { readonly bars: readonly Bar[] }): Markup {
  const { bars, width = 480, height = 120, unit = '' } = chart;
  const most = mostOf(bars.map(({ value }) => value));
  const step = (width - 2 * left) / Math.max(bars.length, 8);
  const drawn = bars.map(({ label, value, tone, href }, index) => {
    const tall = Math.max(1, (value / most) * (height - top - 2));
    const rect = html`<rect class="chart-${tone ?? 'plain'}" x="${fixed(left + index * step + step * 0.12)}" y="${fixed(height - 1 - tall)}" width="${fixed(step * 0.76)}" height="${fixed(tall)}" rx="1.5"><title>${label}: ${figure(value, unit)}</title></rect>`;
    return href === undefined
      ? rect
      : html`<a href="${href}" tabindex="-1" aria-label="${label}: ${figure(value, unit)}">${rect}</a>`;
  });
  return frame({ ...chart, width, height, unit }, most, drawn, bars);
}

export function lineChart(chart: ChartFrame & { readonly points: readonly Point[] }): Markup {
  const { points, width = 480, height = 120, unit = '' } = chart;
  const most = mostOf(points.map(({ y }) => y));
  const [first, last] = [Math.min(...points.map(({ x }) => x)), Math.max(...points.map(({ x }) => x))];
  const placed = points.map(({ x, y, label }) => ({
    x: fixed(last === first ? width / 2 : left + 4 + ((x - first) / (last - first)) * (width - 2 * left - 8)),
    y: fixed(height - 2 - (y / most) * (height - top - 4)),
    label: label ?? new Date(x).toISOString(),
    value: y,
  }));
  const drawn = html`<polyline class="chart-line" points="${placed.map(({ x, y }) => `${x},${y}`).join(' ')}"/>
${placed.map(({ x, y, label, value }) => html`<circle class="chart-plain" cx="${x}" cy="${y}" r="3"><title>${label}: ${figure(value, unit)}</title></circle>`)}`;
  return frame({ ...chart, width, height, unit }, most, drawn, placed);
}

interface Figure {
  readonly label: string;
  readonly value: number;
}

function frame(
  { title, width, height, unit }: { title: string; width: number; height: number; unit: string },
  most: number,
  drawn: Markup | readonly Markup[],
  figures: readonly Figure[],
): Markup {
  return html`<svg class="chart" viewBox="0 0 ${width} ${height}" role="group" aria-label="${title}">
<path class="chart-axis" d="M0 ${top}H${width}M0 ${height - 0.5}H${width}"/><text x="2" y="${top - 3}">${figure(most, unit)}</text>
${drawn}
</svg>
<ul class="unseen">${figures.map(({ label, value }) => html`<li>${label}: ${figure(value, unit)}</li>`)}</ul>`;
}

function mostOf(values: readonly number[]): number {
  return Math.max(...values, 0) || 1;
}

function figure(value: number, unit: string): string {
  return unit === '' ? formatNumber(value) : `${formatNumber(value)} ${unit}`;
}

function fixed(value: number): string {
  return `${Math.round(value * 10) / 10}`;
}
