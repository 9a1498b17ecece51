/** How the run went over its time: a chart each for what one would ask. */
import { type CourseLine, type CoursePoint, courseChart } from '../../page/course-chart.ts';
import { html, type Markup } from '../../page/markup.ts';
import type { SeriesPoint } from '../run-series.ts';
import { attemptSpans } from './attempt-spans.ts';
import { type AttemptCourse, coursesOf, pointsFor, type Stretch, stretchesOf, thin } from './course-lines.ts';
import { freshSummary, type RunReportOptions } from './report-run.ts';
import type { TimeAxis } from './time-axis.ts';
import { formatMs, formatNumber, formatTime } from './words.ts';

interface Chart {
  readonly title: string;
  readonly lines: readonly CourseLine[];
  readonly unit?: string | undefined;
  readonly limit?: number | undefined;
  readonly limitUnit?: string;
  /** What it means when there is nothing but 0; undefined: it is drawn all the same. */
  readonly nothing?: string;
}

type Measure = (point: SeriesPoint) => number;

const chartSize = { width: 380, height: 132 } as const;

export function courseCharts(options: RunReportOptions, time: TimeAxis | undefined): Markup {
  const { record, series } = options;
  const courses = coursesOf(series);
  const points = courses.reduce((sum, course) => sum + course.points.length, 0);
  if (time === undefined || points === 0)
    return html`<p class="dim">How it went over its time was not kept: it was run by a version that did not, or its ledger does not have it any more.</p>`;
  // A dot a chart would tell no more than the figures do.
  if (points === 1) return html`<p class="dim">It was over too soon to tell how it went over its time.</p>`;
  const charts = chartsOf(courses, time, freshSummary(record)?.limits);
  const silent = charts.filter(({ lines, nothing }) => nothing !== undefined && isNothing(lines));
  const drawn = charts.filter((chart) => !silent.includes(chart));
  return html`<p class="dim">${sayAxis(time, courses)}${saySilent(options)}</p>
<div class="course">${drawn.map(
    (chart) =>
      html`<figure><figcaption>${chart.title}</figcaption>${courseChart({ ...chart, ...chartSize, axis: time.axis })}</figure>\n`,
  )}</div>
${silent.length > 0 && html`<p class="dim">Not drawn, for there was none: ${silent.map(({ nothing }) => nothing).join('; ')}.</p>`}`;
}

function chartsOf(
  courses: readonly AttemptCourse[],
  time: TimeAxis,
  limits: { concurrency: { limit: number }; perSecond: { limit: number | null } } | undefined,
): readonly Chart[] {
  const shareOf = sharesOf(courses);
  const pieces = (measure: Measure) =>
    courses.map((course) => thin(pointsOf(course, measure, time), pointsFor(shareOf(course))));
  // No item was settled at a point of 0: nothing is known there.
  const known = (measure: Measure) =>
    courses.flatMap((course) =>
      splitAtZero(pointsOf(course, measure, time)).map((piece) => thin(piece, pointsFor(shareOf(course)))),
    );
  // A run begins with nothing.
  const sums = (measure: Measure) =>
    pieces(measure).map((piece, index) => {
      const course = courses[index];
      const isFirst = course?.attempt === 1 && (course.points[0]?.atMs ?? 0) > 0;
      return isFirst ? [{ x: time.xOf(course.startedMs), y: 0 }, ...piece] : piece;
    });
  // The limit is one on a whole second: in less of it a run that keeps to it may go as fast as it likes.
  const perSecond = limits?.perSecond.limit ?? undefined;
  const leastMs = perSecond === undefined ? 0 : 1_000;
  const steps = (measure: (stretch: Stretch) => number) =>
    courses.map((course) => stepsOf(course, stretchesOf(course, shareOf(course), leastMs), measure, time));
  const inMs = (measure: Measure) => unitFor(courses.flatMap(({ points }) => points.map(measure)));
  const [latency, age] = [inMs((point) => point.p95LatencyMs), inMs((point) => point.stalenessMs)];
  const held = inMs(({ waitedMs }) => waitedMs);
  const last = courses.at(-1)?.points.at(-1);
  const layers = (name: string, tone: CourseLine['tone'], top: Measure, count = 0): readonly CourseLine[] =>
    count === 0 ? [] : [{ name: `${name} ${formatNumber(count)}`, look: 'area', tone, pieces: sums(top) }];
  return [
    {
      title: 'Throughput (items settled)',
      unit: 'items/s',
      limit: perSecond,
      // Items that were begun one after another may be settled together, and a start may be that of many.
      limitUnit: 'starts/s',
      lines: [
        {
          name: 'settled',
          look: 'step',
          pieces: steps(({ settled, fromMs, toMs }) => (1_000 * settled) / (toMs - fromMs)),
        },
      ],
    },
    {
      title: 'Time an item took (p95)',
      unit: latency.unit,
      lines: [{ name: 'p95', pieces: known(({ p95LatencyMs }) => p95LatencyMs / latency.ms) }],
    },
    {
      title: 'Outcomes',
      unit: 'items',
      lines: [
        ...layers('quarantined', 'wait', ({ settled }) => settled, quarantinedOf(last)),
        ...layers('failed', 'bad', ({ succeeded, skipped, failed }) => succeeded + skipped + failed, last?.failed),
        ...layers('skipped', 'dim', ({ succeeded, skipped }) => succeeded + skipped, last?.skipped),
        ...layers('succeeded', 'good', ({ succeeded }) => succeeded, last?.succeeded),
      ],
    },
    {
      title: 'Failed and tried again',
      nothing: 'failures and retries',
      lines: [
        { name: 'failed', tone: 'bad', pieces: sums(({ failed }) => failed) },
        { name: 'retries', tone: 'wait', isDashed: true, pieces: sums(({ retried }) => retried) },
      ],
    },
    {
      title: 'In flight',
      unit: 'items',
      nothing: 'items in flight at these moments',
      limit: limits?.concurrency.limit,
      lines: [{ name: 'in flight', pieces: pieces(({ inFlight }) => inFlight) }],
    },
    {
      // Added up, since a wait is known when it ends: as a rate, long ones would be peaks of what was not then.
      title: 'Held back by the rate limit, in all',
      unit: held.unit,
      nothing: 'waits for the rate limit',
      lines: [{ name: 'held back', tone: 'wait', pieces: sums(({ waitedMs }) => waitedMs / held.ms) }],
    },
    {
      title: 'Age of records when worked on',
      unit: age.unit,
      nothing: 'records that had to wait before they were worked on',
      lines: [{ name: 'age', pieces: pieces(({ stalenessMs }) => stalenessMs / age.ms) }],
    },
    { title: 'Memory', unit: 'MB', lines: [{ name: 'memory', pieces: pieces(({ rssMb }) => rssMb) }] },
  ];
}

/** How much of all points each attempt may have: as much as it took of the time. */
function sharesOf(courses: readonly AttemptCourse[]): (course: AttemptCourse) => number {
  const lengthOf = ({ points }: AttemptCourse) => (points.at(-1)?.atMs ?? 0) + 1;
  const all = courses.reduce((sum, course) => sum + lengthOf(course), 0);
  return (course) => lengthOf(course) / all;
}

function pointsOf({ startedMs, points }: AttemptCourse, measure: Measure, { xOf }: TimeAxis): readonly CoursePoint[] {
  return points.map((point) => {
    const ms = startedMs + point.atMs;
    return { x: xOf(ms), y: measure(point), label: labelOf(ms) };
  });
}

function stepsOf(
  { startedMs }: AttemptCourse,
  stretches: readonly Stretch[],
  measure: (stretch: Stretch) => number,
  { xOf }: TimeAxis,
): readonly CoursePoint[] {
  return stretches.flatMap((stretch, index) => {
    const y = measure(stretch);
    const to = { x: xOf(startedMs + stretch.toMs), y, label: labelOf(startedMs + stretch.toMs) };
    return index === 0 ? [{ x: xOf(startedMs + stretch.fromMs), y }, to] : [to];
  });
}

function splitAtZero(points: readonly CoursePoint[]): readonly (readonly CoursePoint[])[] {
  const pieces: CoursePoint[][] = [[]];
  for (const point of points) {
    if (point.y > 0) pieces.at(-1)?.push(point);
    else if (pieces.at(-1)?.length !== 0) pieces.push([]);
  }
  return pieces.filter(({ length }) => length > 0);
}

function labelOf(ms: number): string | undefined {
  const time = new Date(ms);
  return Number.isNaN(time.getTime()) ? undefined : `${formatTime(time.toISOString()).slice(11)} UTC`;
}

function quarantinedOf(point: SeriesPoint | undefined): number {
  if (point === undefined) return 0;
  return Math.max(0, point.settled - point.succeeded - point.skipped - point.failed);
}

function isNothing(lines: readonly CourseLine[]): boolean {
  return lines.every(({ pieces }) => pieces.every((piece) => piece.every(({ y }) => y === 0)));
}

function unitFor(values: readonly number[]): { readonly unit: string; readonly ms: number } {
  const most = values.reduce((a, b) => (b > a ? b : a), 0);
  if (most < 1_000) return { unit: 'ms', ms: 1 };
  return most < 120_000 ? { unit: 's', ms: 1_000 } : { unit: 'min', ms: 60_000 };
}

function sayAxis({ axis: { said }, gaps }: TimeAxis, courses: readonly AttemptCourse[]): string {
  const attempts = courses.length > 1 ? `, in ${courses.length} attempts` : '';
  const points = courses.reduce((sum, course) => sum + course.points.length, 0);
  const every = points < 3 ? '' : `, a point about every ${formatMs(everyMs(courses))}`;
  return `${said.charAt(0).toUpperCase()}${said.slice(1)}${attempts}${every}.${sayGaps(gaps)}`;
}

function sayGaps(gaps: TimeAxis['gaps']): string {
  const longest = gaps.reduce((ms, gap) => Math.max(ms, gap.ms), 0);
  if (longest === 0) return '';
  const shorter = gaps.some(({ isShortened }) => isShortened) ? ', drawn shorter than it was' : '';
  return ` Grey: between attempts, ${gaps.length > 1 ? 'up to ' : ''}${formatMs(longest)}${shorter}.`;
}

/** Points are kept with the end of an attempt. */
function saySilent(options: RunReportOptions): string {
  const silent = attemptSpans(options).filter(({ ending, fromMs, toMs }) => ending === 'died' && toMs === fromMs);
  if (silent.length === 0) return '';
  const which =
    silent.length === 1 ? 'An attempt whose process died' : `${silent.length} attempts whose processes died`;
  return ` ${which} left no points.`;
}

function everyMs(courses: readonly AttemptCourse[]): number {
  const [time, steps] = courses.reduce(
    ([time, steps], { points }) => [
      time + (points.at(-1)?.atMs ?? 0) - (points[0]?.atMs ?? 0),
      steps + points.length - 1,
    ],
    [0, 0],
  );
  return steps === 0 ? 0 : time / steps;
}
