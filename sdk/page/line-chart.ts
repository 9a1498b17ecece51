/** A line through values over time, such as how fast the last runs were. */
import { type ChartSize, chartFrame, formatValue, mostDetailed, nothingYet, plotOf, round } from './chart-frame.ts';
import { html, type Markup } from './markup.ts';

export interface Point {
  /** Milliseconds since 1970; one that is no date is left out with its point. */
  readonly x: number;
  /** 0 or more; one that is not finite is left out. */
  readonly y: number;
  /** What it is: shown where one points at it. @default its time, in UTC */
  readonly label?: string | undefined;
}

export interface LineChartOptions extends ChartSize {
  readonly title: string;
  /** In any order. */
  readonly points: readonly Point[];
  /** Behind numbers. @default none */
  readonly unit?: string | undefined;
}

/** An SVG, to be shown with `chartStyle`. Up to 100 points are dots with labels; of more only the line is shown. */
export function lineChart({ title, points, unit, width, height }: LineChartOptions): Markup {
  const shown = points
    .filter(({ x, y }) => Number.isFinite(y) && !Number.isNaN(new Date(x).getTime()))
    .toSorted((a, b) => a.x - b.x);
  const [first, last] = [shown[0], shown.at(-1)];
  if (first === undefined || last === undefined) return nothingYet(title);
  const ends = endsOf(first.x, last.x);
  const frame = { title, unit, width, height, ends, values: shown.map(({ y }) => y) };
  const { left, right, yOf } = plotOf(frame);
  // Room for half a dot.
  const [from, to] = [left + dotRadius, right - dotRadius];
  const span = last.x - first.x;
  const at = ({ x, y }: Point) => ({
    x: round(span === 0 ? (from + to) / 2 : from + ((x - first.x) / span) * (to - from)),
    y: round(yOf(y)),
  });
  const line = shown.map((point) => `${at(point).x} ${at(point).y}`).join('L');
  const dots = shown.length > mostDetailed ? [] : shown;
  return chartFrame(frame, {
    notes: [`last ${formatValue(last.y, unit)}`, `from ${timeText(first.x)} to ${timeText(last.x)} UTC`],
    hasLinks: false,
    drawn: [
      html`<path class="chart-line" d="M${line}"/>`,
      ...dots.map((point) => {
        const { x, y } = at(point);
        const text = `${point.label ?? `${timeText(point.x)} UTC`}: ${formatValue(point.y, unit)}`;
        return html`<circle class="chart-plain" cx="${x}" cy="${y}" r="${dotRadius}"><title>${text}</title></circle>`;
      }),
    ],
  });
}

const dotRadius = 2.5;

/** Days, or within one day the times. */
function endsOf(firstMs: number, lastMs: number): readonly [string, string] {
  const [first, last] = [timeText(firstMs), timeText(lastMs)];
  if (first === last) return [first, ''];
  const [firstDay = first] = first.split(' ');
  const [lastDay = last, lastTime = last] = last.split(' ');
  return firstDay === lastDay ? [first, lastTime] : [firstDay, lastDay];
}

/** `2026-01-01 06:30` */
function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/^(.+)T(\d\d:\d\d).*$/, '$1 $2');
}
