/**
 * The one time axis of a report: all attempts on it, and the gaps between them.
 *
 * Guarantees: what is later is not further left. A gap that is long beside the work takes less room than it should (a night
 * between two minutes of work would leave nothing to see), and says so.
 */
import type { CourseAxis } from '../../page/course-chart.ts';
import { formatMs, formatTime } from './words.ts';

export interface TimeSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface TimeAxis {
  readonly axis: CourseAxis;
  readonly gaps: readonly Gap[];
  /** Where a time is, in ms since 1970. */
  xOf(ms: number): number;
}

export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly ms: number;
  /** It takes less room than it should. */
  readonly isShortened: boolean;
  readonly label: string;
}

interface Stretch extends TimeSpan {
  readonly x: number;
}

const longestGap = 0.15;
const ticksAim = 5;
const shortMs = 10_000;
const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const stepsMs = [
  ...[1, 2, 5, 10, 15, 30].map((each) => each * secondMs),
  ...[1, 2, 5, 10, 15, 30].map((each) => each * minuteMs),
  ...[1, 2, 3, 6, 12].map((each) => each * hourMs),
];

/** Undefined: no time to show. */
export function timeAxis(spans: readonly TimeSpan[]): TimeAxis | undefined {
  const worked = merge(spans);
  const [first, last] = [worked[0], worked.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const workedMs = worked.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const mostGap = workedMs === 0 ? Number.POSITIVE_INFINITY : workedMs * longestGap;
  const stretches: Stretch[] = [];
  for (const span of worked) {
    const before = stretches.at(-1);
    const x = before === undefined ? 0 : endOf(before) + Math.min(span.fromMs - before.toMs, mostGap);
    stretches.push({ ...span, x });
  }
  const xOf = (ms: number) => place(stretches, ms);
  const end = stretches.at(-1);
  const gaps = gapsOf(stretches);
  return {
    xOf,
    gaps,
    axis: {
      from: 0,
      to: end === undefined ? 0 : endOf(end),
      ticks: ticksOf(stretches, workedMs),
      gaps,
      said: saidOf(first.fromMs, last.toMs),
    },
  };
}

/** In order, without overlaps: clocks of processes differ a little. */
function merge(spans: readonly TimeSpan[]): readonly TimeSpan[] {
  const merged: TimeSpan[] = [];
  const valid = spans.filter(({ fromMs, toMs }) => isTime(fromMs) && isTime(toMs) && toMs >= fromMs);
  for (const span of valid.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = merged.at(-1);
    if (last === undefined || span.fromMs > last.toMs) merged.push(span);
    else merged[merged.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, span.toMs) };
  }
  return merged;
}

function isTime(ms: number): boolean {
  return !Number.isNaN(new Date(ms).getTime());
}

function endOf({ x, fromMs, toMs }: Stretch): number {
  return x + toMs - fromMs;
}

function place(stretches: readonly Stretch[], ms: number): number {
  const at = stretches.findLastIndex(({ fromMs }) => fromMs <= ms);
  const [stretch, next] = [stretches[at], stretches[at + 1]];
  if (stretch === undefined) return 0;
  if (ms <= stretch.toMs) return stretch.x + ms - stretch.fromMs;
  if (next === undefined) return endOf(stretch);
  const share = (ms - stretch.toMs) / (next.fromMs - stretch.toMs);
  return endOf(stretch) + share * (next.x - endOf(stretch));
}

function gapsOf(stretches: readonly Stretch[]): readonly Gap[] {
  return stretches.slice(1).map(({ x, fromMs }, index) => {
    const before = stretches[index] as Stretch;
    const ms = fromMs - before.toMs;
    const isShortened = ms - (x - endOf(before)) > 1;
    const label = `between attempts: ${formatMs(ms)}${isShortened ? ', drawn shorter' : ''}`;
    return { from: endOf(before), to: x, ms, isShortened, label };
  });
}

function ticksOf(stretches: readonly Stretch[], workedMs: number): CourseAxis['ticks'] {
  const [first, last] = [stretches[0], stretches.at(-1)];
  if (first === undefined || last === undefined) return [];
  if (workedMs < shortMs && stretches.length === 1) {
    const ticks = [{ x: 0, label: clock(first.fromMs, secondMs) }];
    return last.toMs > first.fromMs ? [...ticks, { x: endOf(last), label: `+${formatMs(workedMs)}` }] : ticks;
  }
  const stepMs = stepsMs.find((each) => each >= workedMs / ticksAim) ?? Math.ceil(workedMs / ticksAim / dayMs) * dayMs;
  const marks = stretches.flatMap((stretch) => {
    const { x, fromMs, toMs } = stretch;
    const firstMs = Math.floor(fromMs / stepMs + 1) * stepMs;
    const between = Array.from({ length: Math.max(0, Math.ceil((toMs - firstMs) / stepMs)) }, (_, index) => {
      const ms = firstMs + index * stepMs;
      return { ms, x: x + ms - fromMs };
    });
    return [{ ms: fromMs, x }, ...between];
  });
  const days = new Set([...marks, { ms: last.toMs }].map(({ ms }) => dayOf(ms)));
  const label = (ms: number, beforeMs: number | undefined) =>
    days.size > 1 && (stepMs >= dayMs || beforeMs === undefined || dayOf(beforeMs) !== dayOf(ms))
      ? dayOf(ms).slice(5)
      : clock(ms, stepMs);
  return [...marks, { ms: last.toMs, x: endOf(last) }].map(({ ms, x }, index) => ({
    x,
    label: label(ms, marks[index - 1]?.ms),
  }));
}

/** `06:00`, or with seconds where steps are of seconds. */
function clock(ms: number, stepMs: number): string {
  return new Date(ms).toISOString().slice(11, stepMs < minuteMs ? 19 : 16);
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function saidOf(fromMs: number, toMs: number): string {
  const [from, to] = [fromMs, toMs].map((ms) => formatTime(new Date(ms).toISOString())) as [string, string];
  return `from ${from} to ${dayOf(fromMs) === dayOf(toMs) ? to.slice(11) : to} UTC`;
}
