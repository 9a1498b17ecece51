/**
 * How values went over a time: several lines, steps or areas on one axis, with the gaps in which there was nothing.
 *
 * Guarantees what every chart does (`chart-frame.ts`), and that lines are told apart without colours: by dashes, or by
 * the order in which areas lie on each other, which the legend has too.
 */
import type { Tone } from './bar-chart.ts';
import {
  type ChartSize,
  chartFrame,
  formatValue,
  nothingYet,
  plotOf,
  round,
  statistics,
  type Tick,
  tickRoom,
} from './chart-frame.ts';
import { html, Markup } from './markup.ts';

export interface CoursePoint {
  /** On the axis: outside of it a point is left out. */
  readonly x: number;
  /** 0 or more; one that is not finite is left out. */
  readonly y: number;
  /** What it is: shown where one points at it, in a chart of few points. @default nothing */
  readonly label?: string | undefined;
}

export interface CourseLine {
  readonly name: string;
  /** Pieces with nothing between them, each from left to right. */
  readonly pieces: readonly (readonly CoursePoint[])[];
  /**
   * How a point is reached from the one before: straight; or at its own height all the way, as what was measured over that
   * time; or straight, and all below it is filled. Areas lie on each other in the order they are given: the highest first.
   * @default 'line'
   */
  readonly look?: 'line' | 'step' | 'area' | undefined;
  /** @default none: a colour that says nothing */
  readonly tone?: Tone | undefined;
  /** @default false */
  readonly isDashed?: boolean | undefined;
}

export interface CourseAxis {
  readonly from: number;
  readonly to: number;
  /** From left to right; too many for the room there is are left out. */
  readonly ticks: readonly { readonly x: number; readonly label: string }[];
  /** Where nothing was. @default none */
  readonly gaps?: readonly { readonly from: number; readonly to: number; readonly label: string }[] | undefined;
  /** What time it is, read out: `from 06:00 to 06:13`. */
  readonly said: string;
}

export interface CourseChartOptions extends ChartSize {
  readonly title: string;
  readonly lines: readonly CourseLine[];
  readonly axis: CourseAxis;
  /** Behind numbers. @default none */
  readonly unit?: string | undefined;
  /** A line that should not be crossed; left out where all values are far below. @default none */
  readonly limit?: number | undefined;
  /** Behind the limit, which may be one on something else than is drawn. @default that of the values */
  readonly limitUnit?: string | undefined;
}

/** An SVG, to be shown with `chartStyle`; with a legend where there are several lines. */
export function courseChart(options: CourseChartOptions): Markup {
  const { title, axis, unit, width, height, limit, limitUnit = unit } = options;
  const lines = options.lines.map((line) => ({ ...line, pieces: line.pieces.map((piece) => within(piece, axis)) }));
  const shown = lines.filter(({ pieces }) => pieces.some((piece) => piece.length > 0));
  const values = shown.flatMap(({ pieces }) => pieces.flatMap((piece) => piece.map(({ y }) => y)));
  if (values.length === 0) return nothingYet(title);
  const most = values.reduce((a, b) => Math.max(a, b));
  const hasLimit = limit !== undefined && Number.isFinite(limit) && limit > 0 && limit / farthestLimit <= most;
  const limitText = hasLimit ? `limit ${formatValue(limit, limitUnit)}` : undefined;
  const size = { values: hasLimit ? [...values, limit] : values, unit, width, height, ticks: [] };
  const { left, right, bottom, yOf } = plotOf(size);
  const top = yOf(hasLimit ? Math.max(most, limit) : most);
  const span = axis.to - axis.from;
  const xOf = (x: number) => (span > 0 ? left + ((x - axis.from) / span) * (right - left) : (left + right) / 2);
  const place: Place = { bottom: round(bottom), at: ({ x, y }) => [round(xOf(x)), round(yOf(y))] };
  const hasDots = values.length <= mostDots;
  const frame = { ...size, title, ticks: fitTicks(axis, xOf, { left, right }), said: saidOf(shown, unit) };
  return html`${chartFrame(frame, {
    notes: [...(limitText === undefined ? [] : [limitText]), axis.said, ...gapNotes(axis)],
    hasLinks: false,
    drawn: [
      ...drawGaps(axis.gaps ?? [], (gap) => boxOf(gap, xOf, { top, bottom })),
      ...shown.map((line) => drawLine(line, place)),
      ...(hasLimit ? [html`<path class="chart-limit" d="M${left} ${round(yOf(limit))}H${right}"/>`] : []),
      ...(hasDots ? shown.flatMap((line) => drawDots(line, place, unit)) : []),
    ],
  })}${legendOf(shown, unit, limitText)}`;
}

interface Place {
  readonly bottom: number;
  at(point: CoursePoint): readonly [number, number];
}

// A limit that is farther away would press what there is flat.
const farthestLimit = 4;
const mostDots = 40;
const mostGaps = 10;
const dotRadius = 2.5;
const tickGap = 8;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

type Gap = NonNullable<CourseAxis['gaps']>[number];

function boxOf(
  { from, to }: Gap,
  xOf: (x: number) => number,
  { top, bottom }: { readonly top: number; readonly bottom: number },
): Box {
  const x = round(xOf(from));
  return { x, y: round(top), width: Math.max(1, round(xOf(to) - x)), height: round(bottom - top) };
}

/** Many are one shape, and then say nothing each. */
function drawGaps(gaps: readonly Gap[], boxFor: (gap: Gap) => Box): readonly Markup[] {
  const boxes = gaps.map((gap) => ({ ...boxFor(gap), label: gap.label }));
  if (boxes.length <= mostGaps)
    return boxes.map(
      ({ x, y, width, height, label }) =>
        html`<rect class="chart-gap" x="${x}" y="${y}" width="${width}" height="${height}"><title>${label}</title></rect>`,
    );
  return [
    html`<path class="chart-gap" d="${boxes.map(({ x, y, width, height }) => `M${x} ${y}h${width}v${height}h-${width}z`)}"/>`,
  ];
}

function within(piece: readonly CoursePoint[], { from, to }: CourseAxis): readonly CoursePoint[] {
  return piece.filter(({ x, y }) => Number.isFinite(y) && y >= 0 && x >= from && x <= to);
}

function drawLine({ pieces, look = 'line', tone, isDashed = false }: CourseLine, place: Place): Markup {
  const drawn = pieces.filter((piece) => piece.length > 0).map((piece) => pathOf(piece, look, place));
  return html`<path class="${classOf(look, tone, isDashed)}" d="${drawn.join('')}"/>`;
}

function classOf(look: CourseLine['look'], tone: Tone | undefined, isDashed: boolean): string {
  if (look === 'area') return `chart-${tone ?? 'plain'}`;
  return `chart-stroke chart-stroke-${tone ?? 'plain'}${isDashed ? ' chart-dashed' : ''}`;
}

function pathOf(piece: readonly CoursePoint[], look: 'line' | 'step' | 'area', { at, bottom }: Place): string {
  const points = piece.map(at);
  const [[x, y] = [0, 0], ...rest] = points;
  if (look === 'step') return `M${x} ${y}${rest.length === 0 ? 'h0' : rest.map(([x, y]) => `V${y}H${x}`).join('')}`;
  const along = rest.map(([x, y]) => `L${x} ${y}`).join('');
  if (look === 'area') return `M${x} ${bottom}V${y}${along}V${bottom}z`;
  // A line of no length is a dot, by its round ends.
  return `M${x} ${y}${rest.length === 0 ? 'h0' : along}`;
}

function drawDots({ name, pieces, tone, look }: CourseLine, { at }: Place, unit: string | undefined): Markup[] {
  // The top of an area is no value of its own.
  if (look === 'area') return [];
  return pieces.flat().flatMap((point) => {
    if (point.label === undefined) return [];
    const [x, y] = at(point);
    return html`<circle class="chart-${tone ?? 'plain'}" cx="${x}" cy="${y}" r="${dotRadius}"><title>${name}, ${point.label}: ${formatValue(point.y, unit)}</title></circle>`;
  });
}

function saidOf(lines: readonly CourseLine[], unit: string | undefined): string {
  const said = lines.map(({ name, pieces }) => {
    const values = pieces.flat().map(({ y }) => y);
    const last = `last ${formatValue(values.at(-1) ?? 0, unit)}`;
    return `${lines.length > 1 ? `${name} ` : ''}${statistics(values, unit)}, ${last}`;
  });
  return said.join('; ');
}

function gapNotes({ gaps = [] }: CourseAxis): readonly string[] {
  return gaps.length === 0 ? [] : [`with ${gaps.length === 1 ? 'a gap' : `${gaps.length} gaps`}`];
}

/** Those that do not stand in each other's way; the ends are what a reader looks for first. */
function fitTicks({ ticks }: CourseAxis, xOf: (x: number) => number, frame: Parameters<typeof tickRoom>[1]): Tick[] {
  const all = ticks.map(({ x, label }) => ({ x: xOf(x), text: label }));
  const last = all.at(-1);
  const lastStart = last === undefined ? 0 : tickRoom(last, frame).start;
  const fitting: Tick[] = [];
  let taken = Number.NEGATIVE_INFINITY;
  for (const tick of all) {
    const { start, end } = tickRoom(tick, frame);
    if (start < taken || (tick !== last && fitting.length > 0 && end + tickGap > lastStart)) continue;
    fitting.push(tick);
    taken = end + tickGap;
  }
  return fitting;
}

function legendOf(lines: readonly CourseLine[], unit: string | undefined, limit: string | undefined): Markup | false {
  const items = lines.map(({ name, look, tone, isDashed = false, pieces }) => {
    const isArea = look === 'area';
    const shape = isArea ? html` width="14" height="10"` : html` d="M1 5H13"`;
    const drawn = html`<${new Markup(isArea ? 'rect' : 'path')} class="${classOf(look, tone, isDashed)}"${shape}/>`;
    const last = isArea ? '' : ` ${formatValue(pieces.flat().at(-1)?.y ?? 0, unit)}`;
    return legendItem(drawn, `${name}${last}`);
  });
  const shown = [
    ...(items.length > 1 ? items : []),
    ...(limit === undefined ? [] : [legendItem(html`<path class="chart-limit" d="M1 5H13"/>`, limit)]),
  ];
  return shown.length > 0 && html`<ul class="chart-legend">${shown}</ul>`;
}

function legendItem(mark: Markup, text: string): Markup {
  return html`<li><svg class="chart-mark" width="14" height="10" aria-hidden="true">${mark}</svg>${text}</li>`;
}
