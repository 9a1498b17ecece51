/** Schedules and alarms in words. */
import { formatMs, type Job, missedAfterMsOf, type Schedule, startRetryOf } from '@stint/sdk';

/** `every 15 minutes`, `cron 0 6 * * ? * (Europe/Berlin)` */
export function whenText(schedule: Schedule | undefined): string {
  if (schedule === undefined) return 'by hand only';
  return 'rate' in schedule ? `every ${schedule.rate}` : `cron ${schedule.cron} (${zoneOf(schedule)})`;
}

export function zoneOf(schedule: Schedule): string {
  return 'cron' in schedule ? (schedule.timezone ?? 'UTC') : 'UTC';
}

/** What starts it, and what becomes of a start that does not succeed or comes too soon. */
export function startText(schedule: Schedule): string {
  const { attempts, maxAgeMs } = startRetryOf(schedule);
  const by = schedule.by === 'rule' ? 'an EventBridge rule' : 'EventBridge Scheduler';
  const again = attempts === 0 ? 'never tried again' : `tried again ${attempts} times within ${formatMs(maxAgeMs)}`;
  return `started by ${by}; ${again}; when it runs already: ${schedule.overlap ?? 'skip'}`;
}

/** `Sun 2026-11-29 20:45` in `zone`. */
export function timeText(time: Date, zone: string): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    weekday: 'short',
  }).formatToParts(time);
  const { weekday, year, month, day, hour, minute } = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  return `${weekday} ${year}-${month}-${day} ${hour}:${minute}`;
}

/** When somebody is told, each with its threshold. */
export function alarmTexts({ alarms, schedule }: Pick<Job, 'alarms' | 'schedule'>): readonly string[] {
  const missedAfterMs = missedAfterMsOf({ alarms, schedule });
  const { longerThanMs, failedItems } = alarms;
  return [
    'a run ended with a code other than 0',
    'a task did not start',
    ...(missedAfterMs === false ? [] : [`no run succeeded for ${formatMs(missedAfterMs)}`]),
    ...(longerThanMs === false ? [] : [longText(longerThanMs)]),
    ...(failedItems === false ? [] : [failedText(failedItems)]),
  ];
}

function longText(longerThanMs: number | 'usual'): string {
  return longerThanMs === 'usual'
    ? 'a run took twice as long as a week before'
    : `a run took longer than ${formatMs(longerThanMs)}`;
}

function failedText(failedItems: number): string {
  return failedItems === 0 ? 'an item failed' : `more than ${failedItems} items failed within an hour`;
}
