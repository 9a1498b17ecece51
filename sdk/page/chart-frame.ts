/**
 * What charts have in common: a frame with an axis from 0 to the greatest value, and words for those who do not see it.
 *
 * Guarantees: no script and no style attribute, so that the strictest Content-Security-Policy lets a chart be; what is put in
 * is escaped.
 */
import { html, type Markup } from './markup.ts';

export interface ChartSize {
  /** In px, as wide as the page lets it be. @default 480 */
  readonly width?: number | undefined;
  /** In px. @default 120 */
  readonly height?: number | undefined;
}

export interface FrameOptions extends ChartSize {
  readonly title: string;
  /** At least one, all of them finite. */
  readonly values: readonly number[];
  readonly unit: string | undefined;
  /** Under the axis, at its left and its right end. @default nothing */
  readonly ends?: readonly [string, string];
  /** Under the axis, where there is no room for `ends` then. @default nothing */
  readonly ticks?: readonly Tick[];
  /** What the values are, read out. @default their least, median and most */
  readonly said?: string;
}

export interface Tick {
  /** In px. */
  readonly x: number;
  readonly text: string;
}

/** Where there is room for what a chart shows. */
export interface Plot {
  readonly left: number;
  readonly right: number;
  /** Where 0 is. */
  readonly bottom: number;
  yOf(value: number): number;
}

/** Of so many marks each is drawn by itself, with its label; more are one shape, or a page would be large. */
export const mostDetailed = 100;

const characterWidth = 6.5;
const gap = 6;
const lineHeight = 14;

export function plotOf({ values, unit, ends, ticks, width = 480, height = 120 }: Omit<FrameOptions, 'title'>): Plot {
  const most = mostOf(values);
  const top = lineHeight / 2;
  const bottom = Math.max(top, height - (ends === undefined && ticks === undefined ? top : lineHeight + gap));
  const left = Math.ceil(formatValue(most, unit).length * characterWidth) + gap;
  // Divided first: the greatest numbers there are have no greater product.
  const yOf = (value: number) =>
    most === 0 ? bottom : bottom - Math.min(1, Math.max(0, value / most)) * (bottom - top);
  return { left, right: Math.max(left + 1, width), bottom, yOf };
}

/** @param notes what there is to say besides */
export function chartFrame(options: FrameOptions, { notes, hasLinks, drawn }: ChartContent): Markup {
  const { title, values, unit, ends, ticks = [], width = 480, height = 120 } = options;
  const { left, right, bottom, yOf } = plotOf(options);
  const most = mostOf(values);
  const label = [`${title}: ${options.said ?? statistics(values, unit)}`, ...notes].join('; ');
  const tick = (y: number, text: string) =>
    html`<text x="${left - gap}" y="${round(y + 4)}" text-anchor="end">${text}</text>`;
  // What is in an image cannot be reached by keyboard: with links it is a group.
  return html`<svg class="chart" role="${hasLinks ? 'group' : 'img'}" aria-label="${label}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" xmlns="http://www.w3.org/2000/svg"><title>${title}</title>
<g aria-hidden="true"><path class="chart-axis" d="M${left} ${round(yOf(most))}H${right}M${left} ${round(bottom)}H${right}"/>${tick(bottom, '0')}${most > 0 && tick(yOf(most), formatValue(most, unit))}${
    ends !== undefined &&
    html`<text x="${left}" y="${height - 3}">${ends[0]}</text><text x="${right}" y="${height - 3}" text-anchor="end">${ends[1]}</text>`
  }${ticks.map((each) => tickUnder(each, { left, right, height }))}</g>
${drawn}</svg>`;
}

/** From where to where a tick's text goes: around its place, and within the frame. */
export function tickRoom(
  { x, text }: Tick,
  { left, right }: { readonly left: number; readonly right: number },
): { readonly start: number; readonly end: number } {
  const width = text.length * characterWidth;
  const start = Math.max(left, Math.min(x - width / 2, right - width));
  return { start, end: start + width };
}

function tickUnder(
  { x, text }: Tick,
  { left, right, height }: { readonly left: number; readonly right: number; readonly height: number },
): Markup {
  const { start, end } = tickRoom({ x, text }, { left, right });
  return html`<text x="${round((start + end) / 2)}" y="${height - 3}" text-anchor="middle">${text}</text>`;
}

export interface ChartContent {
  readonly notes: readonly string[];
  readonly hasLinks: boolean;
  readonly drawn: readonly Markup[];
}

export function nothingYet(title: string): Markup {
  return html`<p class="chart-empty">${title}: nothing yet</p>`;
}

/** `1,234 ms`, `0.25`, `1.5M` */
export function formatValue(value: number, unit: string | undefined): string {
  const size = Math.abs(value);
  const notation = formats.find(({ below }) => size < below) ?? scientific;
  return `${notation.format.format(value)}${unit === undefined ? '' : ` ${unit}`}`;
}

/** Coordinates to a tenth of a px: more is not seen. */
export function round(px: number): number {
  return Math.round(px * 10) / 10;
}

const scientific = { below: Infinity, format: new Intl.NumberFormat('en', { notation: 'scientific' }) };
const formats = [
  { below: 10, format: new Intl.NumberFormat('en', { maximumFractionDigits: 2 }) },
  { below: 1e6, format: new Intl.NumberFormat('en', { maximumFractionDigits: 0 }) },
  { below: 1e15, format: new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 }) },
];

function mostOf(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

/** `4 values, least 1 s, median 2 s, most 12 s` */
export function statistics(values: readonly number[], unit: string | undefined): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => formatValue(sorted[index] ?? 0, unit);
  if (sorted.length === 1) return `one value, ${at(0)}`;
  // Of an even number the lower one of the two in the middle: a value that there is.
  const middle = Math.floor((sorted.length - 1) / 2);
  return `${sorted.length} values, least ${at(0)}, median ${at(middle)}, most ${at(sorted.length - 1)}`;
}
