/** The registry, loaded so that a definition that cannot be right is a problem among the others, and no stack trace. */
import { type Job, StintError } from '@stint/sdk';

export type LoadedJobs =
  | { readonly jobs: readonly Job[]; readonly problem: undefined }
  | { readonly jobs: undefined; readonly problem: string };

export async function loadJobs(): Promise<LoadedJobs> {
  try {
    const { jobs } = await import('@stint/jobs/registry');
    return { jobs, problem: undefined };
  } catch (error) {
    // Of the first only: a module that throws takes those that import it along.
    if (error instanceof StintError) return { jobs: undefined, problem: error.message };
    throw error;
  }
}
