/** Finds a job where a process of its own can find it too. */
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { jobs } from '@stint/jobs/registry';
import { findJob, type Job } from '@stint/sdk';
import type { JobPlace } from './child-messages.ts';
import { SweepError } from './sweep-error.ts';

/** @throws UnknownJobError; SweepError `STINT_SWEEP_JOB_PLACE` when the module exports no such job by default */
export async function findPlacedJob({ name, module }: JobPlace): Promise<Job> {
  if (module === undefined) return findJob(jobs, name);
  const { default: job }: { default?: Job } = await import(isAbsolute(module) ? pathToFileURL(module).href : module);
  if (job?.name === name) return job;
  throw new SweepError(
    'STINT_SWEEP_JOB_PLACE',
    `expected ${module} to export the job ${name} by default, got ${job?.name ?? 'nothing'}; name the module that does`,
  );
}

/** @throws SweepError `STINT_SWEEP_JOB_PLACE` when a child process would find another job than this one */
export async function checkJobPlace(job: Job, place: JobPlace): Promise<void> {
  if ((await findPlacedJob(place)) === job) return;
  throw new SweepError(
    'STINT_SWEEP_JOB_PLACE',
    `expected the job ${job.name} as ${place.module ?? 'the registry'} has it, got another of that name; a child process cannot be handed a job, so pass \`jobModule\`, the module that exports it by default`,
  );
}
