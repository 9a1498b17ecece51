/** A report of a run that a ledger knows, from what the ledger keeps of it. */
import type { Ledger, RunRecord } from '../ledger/ledger.ts';
import type { Summary } from '../summary.ts';
import { freshSummary } from './run-report/report-run.ts';
import { runReport } from './run-report.ts';
import { durationsOfRunsLike, medianOf } from './runs-like.ts';

const shownFailures = 50;
/** Of fewer runs nobody can say what is usual. */
const fewestCompared = 3;

/** The page, a whole HTML document: see `runReport`. */
export async function readRunReport(ledger: Ledger, record: RunRecord): Promise<string> {
  const { runId } = record;
  const [series, failures, medianMs] = await Promise.all([
    ledger.series(runId),
    ledger.failures(runId, { limit: shownFailures }),
    readMedian(ledger, record),
  ]);
  return runReport({ record, series, failures, medianMs });
}

/** Stands for the record of a run that has none: a start that was refused left nothing in its ledger. */
export function recordOfSummary(summary: Summary): RunRecord {
  const { runId, job, scope, shard, trigger, dryRun, status, attempt, startedAt, finishedAt } = summary;
  return {
    ...{ runId, job, scope, trigger, dryRun, attempt, startedAt, finishedAt, summary },
    ...(shard === undefined ? {} : { shard }),
    redriveOf: undefined,
    status: status === 'refused' ? 'failed' : status,
    leaseHeld: undefined,
    attempts: [],
    holder: '',
    updatedAt: finishedAt,
    cancelledBy: undefined,
    checkpoint: undefined,
  };
}

/** How long the last runs like it took; undefined: too few to say. */
async function readMedian(ledger: Ledger, record: RunRecord): Promise<number | undefined> {
  const summary = freshSummary(record);
  const durations = summary === undefined ? [] : await durationsOfRunsLike(ledger, summary);
  return durations.length < fewestCompared ? undefined : medianOf(durations);
}
