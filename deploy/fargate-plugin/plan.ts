/** What the template is made of: the jobs, and where they are to run. */
import type { Job } from '@stint/sdk';
import type { Place } from './names.ts';
import type { Settings } from './settings.ts';

export interface Plan {
  readonly jobs: readonly Job[];
  readonly settings: Settings;
  readonly place: Place;
}

/** On all that can have tags, and on every task: costs are told apart by them. */
export function tagsOf({ place: { service, stage } }: Plan, job?: string): Readonly<Record<string, string>> {
  return { service, stage, ...(job === undefined ? {} : { job }) };
}
