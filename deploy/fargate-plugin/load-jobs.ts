/** The registry, loaded so that a definition that cannot be right is a problem among the others, and no stack trace. */
import { createRequire } from 'node:module';
import type * as registry from '@stint/jobs/registry';
import { type Job, StintError } from '@stint/sdk';

export type LoadedJobs =
  | { readonly jobs: readonly Job[]; readonly problem: undefined }
  | { readonly jobs: undefined; readonly problem: string };

/** At once: Serverless wants to know which commands there are when it makes the plugin, and each job has one. */
export function loadJobs(): LoadedJobs {
  try {
    const { jobs }: typeof registry = createRequire(import.meta.url)('@stint/jobs/registry');
    return { jobs, problem: undefined };
  } catch (error) {
    // Of the first only: a module that throws takes those that import it along.
    if (error instanceof StintError) return { jobs: undefined, problem: error.message };
    throw error;
  }
}
