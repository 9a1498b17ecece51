/** A bar a value, side by side, such as the durations of the last runs. */
import {
  type ChartSize,
  chartFrame,
  formatValue,
  mostDetailed,
  nothingYet,
  type Plot,
  plotOf,
  round,
} from './chart-frame.ts';
import { html, type Markup } from './markup.ts';

export interface Bar {
  /** What it is: shown where one points at it, and read out. */
  readonly label: string;
  /** 0 or more; one that is not finite is left out. */
  readonly value: number;
  /** @default none: a colour that says nothing */
  readonly tone?: Tone | undefined;
  /** Where it leads: a path, or an http(s) address; any other is left out. @default nowhere */
  readonly href?: string | undefined;
}

export type Tone = 'good' | 'bad' | 'wait' | 'dim';

export interface BarChartOptions extends ChartSize {
  readonly title: string;
  /** From left to right. */
  readonly bars: readonly Bar[];
  /** Behind numbers. @default none */
  readonly unit?: string | undefined;
}

/**
 * An SVG, to be shown with `chartStyle`. Up to 100 bars have labels and lead somewhere; of more only their shape is shown.
 * Bad ones are marked under the axis too, for those who cannot tell colours apart.
 */
export function barChart({ title, bars, unit, width, height }: BarChartOptions): Markup {
  const shown = bars.filter(({ value }) => Number.isFinite(value));
  if (shown.length === 0) return nothingYet(title);
  const frame = { title, unit, width, height, values: shown.map(({ value }) => value) };
  const plot = plotOf(frame);
  const isDetailed = shown.length <= mostDetailed;
  const boxes = shown.map((bar, index) => boxOf(bar, plot, index, shown.length));
  return chartFrame(frame, {
    notes: (['bad', 'wait'] as const).flatMap((tone) => noteOf(tone, shown)),
    hasLinks: isDetailed && shown.some(({ href }) => leadsSomewhere(href)),
    drawn: isDetailed ? boxes.map((box) => drawBar(box, unit, plot)) : drawShapes(boxes, plot),
  });
}

interface Box {
  readonly bar: Bar;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const widestBar = 24;
// Of a bar's place.
const filled = 0.75;
// A bar of nothing is seen too.
const leastHeight = 1.5;
const markHeight = 3;
const toneWords = { bad: 'bad', wait: 'waiting' } as const;

function boxOf(bar: Bar, { left, right, bottom, yOf }: Plot, index: number, count: number): Box {
  const place = Math.min((right - left) / count, widestBar / filled);
  const height = Math.max(leastHeight, bottom - yOf(bar.value));
  return {
    bar,
    x: round(left + index * place),
    y: round(bottom - height),
    width: round(place * filled),
    height: round(height),
  };
}

function drawBar({ bar, x, y, width, height }: Box, unit: string | undefined, { bottom }: Plot): Markup {
  const { label, value, tone = 'plain', href } = bar;
  const text = `${label}: ${formatValue(value, unit)}`;
  const drawn = html`<rect class="chart-${tone}" x="${x}" y="${y}" width="${width}" height="${height}"><title>${text}</title></rect>${
    tone === 'bad' &&
    html`<rect class="chart-bad" x="${x}" y="${round(bottom + 2)}" width="${width}" height="${markHeight}"/>`
  }`;
  return leadsSomewhere(href) ? html`<a href="${href}" aria-label="${text}">${drawn}</a>` : drawn;
}

/** A path a tone. */
function drawShapes(boxes: readonly Box[], { bottom }: Plot): readonly Markup[] {
  const byTone = Map.groupBy(boxes, ({ bar }) => bar.tone ?? 'plain');
  return [...byTone].map(([tone, of]) => {
    const bars = of.map(({ x, y, width, height }) => `M${x} ${y}h${width}v${height}h-${width}z`);
    const marks = of.map(({ x, width }) => `M${x} ${round(bottom + 2)}h${width}v${markHeight}h-${width}z`);
    return html`<path class="chart-${tone}" d="${[...bars, ...(tone === 'bad' ? marks : [])].join('')}"/>`;
  });
}

function noteOf(tone: keyof typeof toneWords, bars: readonly Bar[]): readonly string[] {
  const count = bars.filter((bar) => bar.tone === tone).length;
  return count === 0 ? [] : [`${count} ${toneWords[tone]}`];
}

// An address may come from far away: one that is a script would run.
function leadsSomewhere(href: string | undefined): href is string {
  return href !== undefined && /^(https?:\/\/|[/?#]|\.\.?\/)/.test(href);
}
