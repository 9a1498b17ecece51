/**
 * When a schedule starts its job next, for people.
 *
 * Guarantees: in order, and all of them after the time that was asked for.
 * Does not guarantee the times of a rate: they count from when the scheduler was set up, which nobody here knows, and are
 * guessed by the last one.
 */
import { CronTimes } from './cron-times.ts';
import { rateMsOf, type Schedule } from './schedule.ts';

export interface NextTimesOptions {
  readonly after: Date;
  /** At most so many: a cron expression may end with a year. */
  readonly count: number;
  /** When a schedule with a rate last started the job. @default not known: as if it did at `after` */
  readonly last?: Date | undefined;
}

/** @throws Error for a schedule that `defineJob` would not take */
export function nextTimes(schedule: Schedule, { after, count, last = after }: NextTimesOptions): readonly Date[] {
  const afterMs = after.getTime();
  const times =
    'rate' in schedule
      ? rateTimes(rateMsOf(schedule.rate), afterMs, last.getTime())
      : new CronTimes(schedule).after(afterMs);
  return times
    .take(count)
    .map((ms) => new Date(ms))
    .toArray();
}

function* rateTimes(rateMs: number, afterMs: number, lastMs: number): Generator<number> {
  const passed = Math.max(0, Math.floor((afterMs - lastMs) / rateMs));
  for (let ms = lastMs + (passed + 1) * rateMs; ms <= latestDateMs; ms += rateMs) yield ms;
}

const latestDateMs = 8.64e15;
