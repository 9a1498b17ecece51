/**
 * When a cron expression of EventBridge is due: minute hour day-of-month month day-of-week year, in a time zone.
 *
 * Guarantees what EventBridge Scheduler does when clocks change: a time that does not exist is passed over, and one that
 * comes twice is due the first time only. (`croner` by itself has such a time after the gap, or twice: so it is asked for
 * what a clock shows, not for times.)
 * Does not guarantee that EventBridge takes each expression that is taken here.
 */
import { Cron } from 'croner';
import { WallClock } from './wall-clock.ts';

export interface CronTimesOptions {
  /** As EventBridge writes it, six fields. */
  readonly cron: string;
  /** IANA time zone. @default 'UTC' */
  readonly timezone?: string | undefined;
}

export class CronTimes {
  readonly #cron: Cron;
  readonly #clock: WallClock;

  /** @throws Error for an expression or a time zone that is none */
  constructor({ cron, timezone = 'UTC' }: CronTimesOptions) {
    this.#cron = new Cron(toCroner(cron), {
      mode: '7-part',
      timezone: 'UTC',
      // 1-7 are SUN-SAT, and `5/15` is every fifteenth from the fifth on.
      alternativeWeekdays: true,
      sloppyRanges: true,
      startAt: new Date(Date.UTC(firstYear, 0)),
      stopAt: new Date(Date.UTC(lastYear + 1, 0)),
    });
    this.#clock = new WallClock(timezone);
  }

  /** All that are after this time, the earliest first. */
  *after(timeMs: number): Generator<number> {
    if (timeMs >= latestMs) return;
    let reading = new Date(this.#clock.readingAt(Math.max(timeMs, earliestMs)));
    for (;;) {
      const next = this.#cron.nextRun(reading);
      if (next === null) return;
      const dueMs = this.#clock.timeOf(next.getTime());
      // The first of two that read the same may be over when `timeMs` is the second.
      if (dueMs !== undefined && dueMs > timeMs) yield dueMs;
      reading = next;
    }
  }
}

// Of EventBridge.
const firstYear = 1970;
const lastYear = 2199;
const earliestMs = Date.UTC(firstYear - 1, 0);
const latestMs = Date.UTC(lastYear + 2, 0);
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

function toCroner(cron: string): string {
  const [minute, hour, dayOfMonth, month, dayOfWeek = '', year = ''] = cron.toUpperCase().split(' ');
  const days = dayOfWeek.split(',').map(toCronerDay).join(',');
  const years = year.split(',').map(toCronerYear).join(',');
  return ['0', minute, hour, dayOfMonth, month, days, years].join(' ');
}

function toCronerDay(day: string): string {
  // The last day of the week.
  if (day === 'L') return '7';
  // It would be taken for the day after the seventh.
  if (/(^|-)8/.test(day)) throw new RangeError(`day-of-week goes from 1 to 7, not to 8: ${day}`);
  const [, first = '', last = ''] = /^(\w+)-(\w+)$/.exec(day) ?? [];
  // Over the end of the week, as in FRI-MON.
  return numberOfDay(first) > numberOfDay(last) ? `${first}-SAT,SUN-${last}` : day;
}

function numberOfDay(day: string): number {
  const index = weekdays.indexOf(day);
  return index === -1 ? Number(day) : index + 1;
}

function toCronerYear(year: string): string {
  // Every third year is so from the first one on, which for croner is 1.
  const [, first, step] = /^(\*|\d+)\/(\d+)$/.exec(year) ?? [];
  if (first === undefined) return year;
  return `${first === '*' ? firstYear : first}-${lastYear}/${step}`;
}
