/** How long a run is taken to last: `--duration 10m` for all jobs, `--duration publish-cities=40m` for one. */
import { findJob, type Job, UsageError } from '@stint/sdk';
import { parseDuration } from './durations.ts';

export const assumedMs = 300_000;

/** By job. @throws UsageError, UnknownJobError */
export function planDurations(jobs: readonly Job[], flags: readonly string[]): (job: string) => number {
  let ofAll = assumedMs;
  const own = new Map<string, number>();
  for (const flag of flags) {
    const [text = '', name] = flag.split('=').reverse();
    const ms = parseDuration(text);
    if (ms === undefined)
      throw new UsageError(`expected --duration like 90s, 5m, 1.5h or publish-cities=40m, got "${flag}"`);
    if (name === undefined) ofAll = ms;
    else own.set(findJob(jobs, name).name, ms);
  }
  return (job) => own.get(job) ?? ofAll;
}
