/** When somebody is to be told of a job, besides of each run that ends with a code other than 0 and each that cannot start. */
import { checkAll } from './definition-problems.ts';
import { DefinitionError } from './errors.ts';
import { nextTimes } from './next-times.ts';
import type { Schedule } from './schedule.ts';

export interface Alarms {
  /**
   * No run has succeeded for so long, in ms; false: nobody is told.
   * @default 'schedule': twice the longest time between two of its starts, and at least an hour and at most 30 days; false without a
   * schedule, and for one whose starts are 30 days apart, as once a month: nobody looks back so far
   */
  readonly missedAfterMs?: number | false | 'schedule';
  /** A run took longer, in ms; false: nobody is told. @default 'usual': twice as long as a week before */
  readonly longerThanMs?: number | false | 'usual';
  /** More items failed or were quarantined within an hour; false: nobody is told. @default what `limits.tolerate.failures` lets pass, else 0 */
  readonly failedItems?: number | false;
}

export interface ResolvedAlarms {
  /** See `missedAfterMsOf`. */
  readonly missedAfterMs: number | false | 'schedule';
  readonly longerThanMs: number | false | 'usual';
  readonly failedItems: number | false;
}

const hourMs = 3_600_000;
/** The longest that a monitor looks back. */
const longestMs = 30 * 24 * hourMs;
// Enough to see a night, a weekend and the end of a month between two starts.
const timesLookedAt = 60;

export interface AlarmsOf {
  readonly job: string;
  readonly alarms: Alarms | undefined;
  readonly schedule: Schedule | undefined;
  readonly toleratedFailures: number;
}

/** @throws DefinitionError for a threshold that is none */
export function resolveAlarms({ job, alarms = {}, schedule, toleratedFailures }: AlarmsOf): ResolvedAlarms {
  const {
    missedAfterMs = schedule === undefined ? false : 'schedule',
    longerThanMs = 'usual',
    // Of a limit that is none, too: it is refused as one.
    failedItems = Number.isInteger(toleratedFailures) && toleratedFailures >= 0 ? toleratedFailures : 0,
  } = alarms;
  const check = (name: string, value: unknown, min: number, max: number) => {
    if (value === false || (Number.isInteger(value) && Number(value) >= min && Number(value) <= max)) return;
    throw new DefinitionError(
      `expected ${job}'s alarms.${name} to be false or a whole number from ${min} to ${max}, got ${JSON.stringify(value)}`,
    );
  };
  checkAll(
    () => {
      if (missedAfterMs !== 'schedule') check('missedAfterMs', missedAfterMs, 60_000, longestMs);
      else if (schedule === undefined)
        throw new DefinitionError(
          `expected ${job} to have a schedule that its alarms.missedAfterMs can go by, got none`,
        );
    },
    () => longerThanMs === 'usual' || check('longerThanMs', longerThanMs, 1, longestMs),
    () => check('failedItems', failedItems, 0, Number.MAX_SAFE_INTEGER),
  );
  return { missedAfterMs, longerThanMs, failedItems };
}

/** After how long without a run that succeeded one is missing; false: nobody is told. Takes some ms: not for a start. */
export function missedAfterMsOf({
  alarms: { missedAfterMs },
  schedule,
}: {
  readonly alarms: ResolvedAlarms;
  readonly schedule: Schedule | undefined;
}): number | false {
  if (missedAfterMs !== 'schedule') return missedAfterMs;
  return schedule === undefined ? false : missedAfter(schedule);
}

function missedAfter(schedule: Schedule): number | false {
  // From a fixed day on: the same job has the same alarm whenever it is deployed.
  const times = nextTimes(schedule, { after: new Date(Date.UTC(2026, 0, 1)), count: timesLookedAt });
  const gaps = times.slice(1).map((time, index) => time.getTime() - (times[index]?.getTime() ?? 0));
  const longestGapMs = Math.max(...gaps);
  // It comes but once, or so seldom that one would be missed each time before the next is due.
  if (gaps.length === 0 || longestGapMs >= longestMs) return false;
  return Math.min(Math.max(longestGapMs * 2, hourMs), longestMs);
}
