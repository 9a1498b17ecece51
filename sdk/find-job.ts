/** Finds a job by name. */
import { closest, distance } from 'fastest-levenshtein';
import { UnknownJobError } from './errors.ts';
import type { Job } from './job.ts';

// A name further away than this is another name, not a slip.
const largestSlip = 0.5;

/** @throws UnknownJobError with the nearest name, if one is near */
export function findJob(jobs: readonly Job[], name: string): Job {
  const job = jobs.find((candidate) => candidate.name === name);
  if (job !== undefined) return job;
  const nearest = closest(
    name,
    jobs.map((candidate) => candidate.name),
  );
  const isNear = nearest !== undefined && distance(name, nearest) <= largestSlip * nearest.length;
  throw new UnknownJobError(name, isNear ? nearest : undefined);
}
