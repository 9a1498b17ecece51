/** When a job runs by itself, and what happens when the run before is still there. */
import { CronTimes } from './cron-times.ts';
import { DefinitionError } from './errors.ts';

export type Schedule = (
  | {
      /** As EventBridge writes it: `15 minutes`, `1 hour`, `7 days`. */
      readonly rate: string;
    }
  | {
      /** As EventBridge writes it, six fields: minute hour day-of-month month day-of-week year. */
      readonly cron: string;
      /** IANA time zone. @default 'UTC' */
      readonly timezone?: string;
    }
) & {
  /** What a start does when the job runs already. @default 'skip' */
  readonly overlap?: Overlap;
  /**
   * What starts it: EventBridge Scheduler, which asks ECS for each time once, or a classic EventBridge rule, which knows neither
   * that nor time zones. @default 'scheduler'
   */
  readonly by?: 'scheduler' | 'rule';
  /** How often, and for how long, a start that ECS did not take is tried again. @default { attempts: 5, maxAgeMs: 900_000 } */
  readonly retry?: StartRetry;
};

export interface StartRetry {
  /** From 0 to 185. @default 5 */
  readonly attempts?: number;
  /** From a minute to a day, in whole seconds, in ms. @default 900_000 */
  readonly maxAgeMs?: number;
}

const startRetry = { attempts: 5, maxAgeMs: 900_000 } as const;

export function startRetryOf({ retry = {} }: Schedule): Required<StartRetry> {
  return { ...startRetry, ...retry };
}

export type Overlap = 'skip' | 'wait' | 'cancel-other' | 'allow';

const overlaps: readonly Overlap[] = ['skip', 'wait', 'cancel-other', 'allow'];
const ratePattern = /^([1-9]\d*) (minute|minutes|hour|hours|day|days)$/;
const unitMs: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
const cronFields = 6;
const cronField = /^[\dA-Z*?,\-/#]+$/i;

/** @throws DefinitionError for a schedule that EventBridge would not take */
export function checkSchedule(job: string, schedule: Schedule): void {
  if ('rate' in schedule) checkRate(job, schedule.rate);
  else if ('cron' in schedule) checkCron(job, schedule.cron, schedule.timezone);
  else throw new DefinitionError(`expected ${job}'s schedule to have a rate or a cron, got neither`);
  if (schedule.overlap !== undefined && !overlaps.includes(schedule.overlap)) {
    throw new DefinitionError(
      `expected ${job}'s schedule.overlap to be one of ${overlaps.join(', ')}, got "${schedule.overlap}"`,
    );
  }
  checkStart(job, schedule);
}

function checkStart(job: string, schedule: Schedule): void {
  const refuse = (name: string, expected: string, got: unknown): never => {
    throw new DefinitionError(`expected ${job}'s schedule.${name} to be ${expected}, got ${JSON.stringify(got)}`);
  };
  const { by = 'scheduler' } = schedule;
  if (by !== 'scheduler' && by !== 'rule') refuse('by', '"scheduler" or "rule"', by);
  if (by === 'rule' && 'cron' in schedule && (schedule.timezone ?? 'UTC') !== 'UTC')
    refuse('timezone', 'UTC when it is started by a rule, which knows no other', schedule.timezone);
  const { attempts, maxAgeMs } = startRetryOf(schedule);
  if (!Number.isInteger(attempts) || attempts < 0 || attempts > 185)
    refuse('retry.attempts', 'a whole number from 0 to 185', attempts);
  if (!Number.isInteger(maxAgeMs / 1_000) || maxAgeMs < 60_000 || maxAgeMs > 86_400_000)
    refuse('retry.maxAgeMs', 'whole seconds from 60_000 to 86_400_000', maxAgeMs);
}

/** How long there is between two starts of a rate that `checkSchedule` takes: a day has 24 hours, as EventBridge counts. */
export function rateMsOf(rate: string): number {
  const [, value, unit = ''] = ratePattern.exec(rate) ?? [];
  return Number(value) * (unitMs[unit.replace(/s$/, '')] ?? Number.NaN);
}

function checkRate(job: string, rate: string): void {
  const [, value, unit] = ratePattern.exec(rate) ?? [];
  if (value === undefined || unit === undefined) {
    throw new DefinitionError(
      `expected ${job}'s schedule.rate to read like "15 minutes", "1 hour" or "7 days", got "${rate}"`,
    );
  }
  if ((value === '1') === unit.endsWith('s')) {
    throw new DefinitionError(
      `expected ${job}'s schedule.rate to be "1 minute" but "2 minutes", got "${rate}"; EventBridge insists`,
    );
  }
}

function checkCron(job: string, cron: string, timezone: string | undefined): void {
  const fields = cron.split(' ');
  if (fields.length !== cronFields || !fields.every((field) => cronField.test(field))) {
    throw new DefinitionError(`expected ${job}'s schedule.cron to have six fields, like "0 6 * * ? *", got "${cron}"`);
  }
  if ((fields[2] === '?') === (fields[4] === '?')) {
    throw new DefinitionError(
      `expected exactly one of day-of-month and day-of-week in ${job}'s schedule.cron to be "?", got "${cron}"`,
    );
  }
  if (timezone !== undefined && !isTimeZone(timezone)) {
    throw new DefinitionError(
      `expected ${job}'s schedule.timezone to be an IANA time zone like "Europe/Berlin", got "${timezone}"`,
    );
  }
  try {
    new CronTimes({ cron, timezone });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/^CronPattern: /, '') : 'it cannot be read';
    throw new DefinitionError(
      `expected ${job}'s schedule.cron to be one that EventBridge takes, got "${cron}" (${reason})`,
    );
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
