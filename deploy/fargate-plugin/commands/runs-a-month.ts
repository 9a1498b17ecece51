/** How often a schedule starts its job in a month: the year's average, and for cron expressions about. */
import { nextTimes, rateMsOf, type Schedule } from '@stint/sdk';

const dayMs = 86_400_000;
export const monthMs = (365 / 12) * dayMs;

// Each expression is looked at as far as it tells: a busy one for some weeks, one of once a month for a year.
const fewTimes = 800;
const weekMs = 7 * dayMs;
const mostTimesAWeek = 7 * 24 * 60;

export function runsAMonth(schedule: Schedule | undefined, now: Date): number {
  if (schedule === undefined) return 0;
  if ('rate' in schedule) return monthMs / rateMsOf(schedule.rate);
  const nowMs = now.getTime();
  const times = nextTimes(schedule, { after: now, count: fewTimes }).map((time) => time.getTime() - nowMs);
  const spanMs = times.at(-1) ?? 0;
  // An expression may end with a year: then these are all that come.
  if (times.length < fewTimes || spanMs >= 365 * dayMs) return times.filter((ms) => ms <= 365 * dayMs).length / 12;
  if (spanMs >= 4 * weekMs) return (times.length * monthMs) / spanMs;
  const week = nextTimes(schedule, { after: now, count: mostTimesAWeek }).filter(
    (time) => time.getTime() - nowMs <= weekMs,
  );
  return (week.length * monthMs) / weekMs;
}
