/** Runs of the check that goes on, for its part of the report. Checks run one after the other, in one process. */
import type { QaRun } from './report/qa-report.ts';

/** Filled in as the run goes on: one that never ends stands in the report as well. */
export type OpenQaRun = { -readonly [TKey in keyof QaRun]: QaRun[TKey] };

let runs: OpenQaRun[] = [];

export function recordRun(run: Omit<OpenQaRun, 'end' | 'calls'>): OpenQaRun {
  const open: OpenQaRun = { ...run, end: undefined, calls: [] };
  runs.push(open);
  return open;
}

/** All runs since the last call. */
export function takeRuns(): readonly QaRun[] {
  const taken = runs;
  runs = [];
  return taken;
}
