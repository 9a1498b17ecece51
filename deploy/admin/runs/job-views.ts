/** Jobs as the admin tells of them. */
import { type Job, type Json, nextTimes, type RunRecord, type Schedule } from '@stint/sdk';
import { z } from 'zod';
import type { JobView } from '../schemas.ts';
import { toHealthBar } from './run-views.ts';

const shownRuns = 20;
const shownTimes = 3;

export interface JobViewOptions {
  readonly target: JobView['target'];
  /** The newest first. */
  readonly runs: readonly RunRecord[];
  readonly now: Date;
}

/** @param runs no matter whether dry runs are among them */
export function toJobView(job: Job, { target, runs, now }: JobViewOptions): JobView {
  const { name, summary, schedule, exclusive, admin, limits } = job;
  const last = runs.find(({ trigger }) => trigger.scheduledTime !== undefined)?.trigger.scheduledTime;
  return {
    name,
    summary,
    schedule: schedule === undefined ? null : describeSchedule(schedule),
    nextRuns:
      schedule === undefined
        ? []
        : nextTimes(schedule, {
            after: now,
            count: shownTimes,
            ...(last === undefined ? {} : { last: new Date(last) }),
          }).map((time) => time.toISOString()),
    overlap: schedule?.overlap ?? 'skip',
    exclusive,
    unscoped: admin.unscoped,
    target,
    scope: scopeSchema(job),
    limits: { concurrency: limits.concurrency, perSecond: limits.perSecond ?? null },
    health: runs
      .filter(({ dryRun }) => !dryRun)
      .slice(0, shownRuns)
      .map(toHealthBar),
  };
}

/** What a form and a document are made of. */
export function scopeSchema({ scope }: Pick<Job, 'scope'>): Record<string, Json> {
  const { $schema: _, ...schema } = z.toJSONSchema(scope, { io: 'input' });
  return schema as Record<string, Json>;
}

function describeSchedule(schedule: Schedule): string {
  if ('rate' in schedule) return `every ${schedule.rate.replace(/^1 /, '')}`;
  return `${schedule.cron} (${schedule.timezone ?? 'UTC'})`;
}
