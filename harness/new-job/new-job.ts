/** A job to be made, and the names that are derived from its own. */
import { defineJob, describeError, UsageError } from '@stint/sdk';

export const sourceKinds = ['postgres', 'dynamodb'] as const;
export type SourceKind = (typeof sourceKinds)[number];

export interface NewJob {
  /** Kebab-case, as `defineJob` takes it. */
  readonly name: string;
  /** The store that its records are read from. */
  readonly source: SourceKind;
  /** Whether it asks an API about each record; then a fake that plays the API is made as well. */
  readonly api: boolean;
}

export interface JobNames {
  /** `sync-stock` */
  readonly job: string;
  /** `syncStock`, in the registry of jobs */
  readonly jobIdentifier: string;
  /** `sync-stock-api`, in fixtures and as the file's name */
  readonly fake: string;
  /** `syncStockApi`, in the registry of fakes */
  readonly fakeIdentifier: string;
  /** `SYNC_STOCK_API`, what its variables begin with */
  readonly variable: string;
}

export function namesOf(job: string): JobNames {
  const jobIdentifier = job.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return {
    job,
    jobIdentifier,
    fake: `${job}-api`,
    fakeIdentifier: `${jobIdentifier}Api`,
    variable: `${job.replaceAll('-', '_').toUpperCase()}_API`,
  };
}

/** Words that cannot name an import. */
const keywords = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends false ' +
    'finally for function if implements import in interface let new null package private protected public return static ' +
    'super switch this throw true try type typeof undefined var void while with yield'
  ).split(' '),
);

/** Taken by the admin's routes, by files beside the jobs, or by the templates. */
const reserved = new Set(['jobs', 'runs', 'openapi', 'registry', 'example-job', 'testing']);

/** @throws UsageError when no job can have this name */
export function checkName(name: string): void {
  try {
    defineJob({ name, summary: 'A name to check.', run: async () => {} });
  } catch (error) {
    throw new UsageError(`${describeError(error).message}; choose a name like sync-stock`);
  }
  if (keywords.has(name)) {
    throw new UsageError(`expected a job's name that is no word of TypeScript, got "${name}"; add what it works on`);
  }
  if (reserved.has(name)) {
    throw new UsageError(`expected a job's name that Stint does not use itself, got "${name}"; choose another`);
  }
}
