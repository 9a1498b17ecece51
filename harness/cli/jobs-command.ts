/** `stint jobs`: every job there is, with its schedule and its cases. */
import { join } from 'node:path';
import { jobs } from '@stint/jobs/registry';
import type { Job } from '@stint/sdk';
import { defaultFirst, listCases } from '../fixture/index.ts';
import { repositoryRoot } from '../repository.ts';

export interface ListedJob {
  readonly name: string;
  readonly summary: string;
  readonly schedule: Job['schedule'] | null;
  readonly scope: readonly string[];
  readonly env: readonly string[];
  readonly secrets: readonly string[];
  readonly cases: readonly string[];
}

export async function listJobs(): Promise<readonly ListedJob[]> {
  const cases = defaultFirst(await listCases(join(repositoryRoot, 'fixtures')));
  return jobs.map((job) => ({
    name: job.name,
    summary: job.summary,
    schedule: job.schedule ?? null,
    scope: Object.keys(job.scope.shape),
    env: Object.keys(job.env.shape),
    secrets: job.secrets,
    cases: cases.filter((found) => found.job === job.name).map(({ name }) => name),
  }));
}

/** The list as a person reads it. */
export function jobsText(listed: readonly ListedJob[]): string {
  return listed
    .map(({ name, summary, schedule, scope, cases }) =>
      [
        name,
        `  ${summary}`,
        `  schedule  ${scheduleText(schedule)}`,
        `  scope     ${scope.join(', ') || 'none'}`,
        `  cases     ${cases.join(', ') || 'none'}`,
      ].join('\n'),
    )
    .join('\n\n');
}

function scheduleText(schedule: ListedJob['schedule']): string {
  if (!schedule) return 'none';
  return 'rate' in schedule ? `every ${schedule.rate}` : `${schedule.cron} (${schedule.timezone ?? 'UTC'})`;
}
