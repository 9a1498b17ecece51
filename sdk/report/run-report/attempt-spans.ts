/** When which attempt was at work, as far as is known: by its record, and by the points that it left. */
import { coursesOf } from './course-lines.ts';
import { type RunReportOptions, statusOf } from './report-run.ts';
import type { TimeSpan } from './time-axis.ts';

export interface AttemptSpan extends TimeSpan {
  readonly attempt: number;
  /** What it is called. */
  readonly ending: string;
  readonly tone: 'good' | 'bad' | 'wait' | 'plain';
}

export function attemptSpans({ record, series }: RunReportOptions): readonly AttemptSpan[] {
  const courses = new Map(coursesOf(series).map((course) => [course.attempt, course]));
  const goesOn = ['running', 'cancelling'].includes(statusOf(record));
  return record.attempts.map(({ attempt, startedAt, endedAt, status }) => {
    const course = courses.get(attempt);
    const fromMs = Date.parse(startedAt);
    const isAlive = goesOn && attempt === record.attempt;
    // One that died was there at its last point, and how much longer nobody knows.
    const lastPointMs = course === undefined ? fromMs : course.startedMs + (course.points.at(-1)?.atMs ?? 0);
    const lastSignMs = isAlive ? Math.max(lastPointMs, Date.parse(record.updatedAt)) : lastPointMs;
    const toMs = endedAt === undefined ? lastSignMs : Math.max(lastPointMs, Date.parse(endedAt));
    const ending = status ?? (isAlive ? 'goes on' : 'died');
    return {
      attempt,
      fromMs: Math.min(fromMs, course?.startedMs ?? fromMs),
      toMs: Math.max(fromMs, toMs),
      ending,
      tone: toneOf(ending),
    };
  });
}

function toneOf(ending: string): AttemptSpan['tone'] {
  if (ending === 'succeeded') return 'good';
  if (ending === 'died' || ending === 'failed') return 'bad';
  return ending === 'goes on' ? 'plain' : 'wait';
}
