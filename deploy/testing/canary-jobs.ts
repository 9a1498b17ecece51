/** Stands for the registry of jobs. */
import { canaryJob } from './canary-job.ts';

export const jobs = [canaryJob];
