/** A report of a run that a ledger knows, from what the ledger keeps of it. */
import { canonicalJson } from '../ledger/canonical-json.ts';
import type { Ledger, RunRecord } from '../ledger/ledger.ts';
import type { Summary } from '../summary.ts';
import { runReport } from './run-report.ts';

const shownFailures = 50;
/** Runs before it that it is compared with, and that are looked through for them. */
const compared = 10;
const lookedThrough = 60;
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

/** How long the last runs like it took that succeeded; undefined: too few to say. */
async function readMedian(ledger: Ledger, record: RunRecord): Promise<number | undefined> {
  const { runId, job } = record;
  const before = await ledger.runs({ job, status: 'succeeded', before: runId, limit: lookedThrough });
  const kind = kindOf(record);
  const durations = before
    .filter((run) => kindOf(run) === kind)
    .slice(0, compared)
    .flatMap(({ startedAt, finishedAt }) =>
      finishedAt === undefined ? [] : [Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt))],
    )
    .toSorted((a, b) => a - b);
  return durations.length < fewestCompared ? undefined : durations[Math.floor((durations.length - 1) / 2)];
}

/** Shards of the same count are alike. */
function kindOf({ scope, shard, dryRun, redriveOf }: RunRecord): string {
  return canonicalJson([scope, shard?.count ?? null, dryRun, redriveOf === undefined]);
}
