/** Runs and failed items as a ledger in PostgreSQL shows them. Reads lock nothing. */
import type { Json } from '../sources/source.ts';
import type { Summary } from '../summary.ts';
import { readAttempts, type StoredAttempt } from './attempts.ts';
import { badPage } from './bad-page.ts';
import type { Checkpoint, FailedItem, FailuresPage, FailuresQuery, RunRecord, RunStatus, RunsQuery } from './ledger.ts';
import type { Queries } from './postgres-connection.ts';
import { type Tables, toText } from './postgres-tables.ts';
import { readTrigger, type StoredTrigger } from './postgres-trigger.ts';

interface RunRow {
  readonly run_id: string;
  readonly job: string;
  readonly scope: Json;
  readonly trigger: StoredTrigger;
  readonly dry_run: boolean;
  readonly redrive_of: string | null;
  readonly status: RunStatus;
  readonly held: boolean | null;
  readonly attempt: number;
  readonly attempts: readonly StoredAttempt[];
  readonly holder: string;
  readonly started_ms: number;
  readonly updated_ms: number;
  readonly finished_ms: number | null;
  readonly cancelled_by: string | null;
  readonly checkpoint: Checkpoint | null;
  readonly summary: Summary | null;
}

// As numbers: how a session writes dates is its own affair, and the driver reads one style.
const epochMs = (column: string) => `(extract(epoch from ${column}) * 1000)::float8`;
const columns = `run_id, job, scope, trigger, dry_run, redrive_of, status, attempt, attempts, holder, cancelled_by,
  checkpoint, summary, ${epochMs('started_at')} as started_ms, ${epochMs('updated_at')} as updated_ms,
  ${epochMs('finished_at')} as finished_ms,
  case when status = 'running' then lease_until > clock_timestamp() end as held`;

export async function readRun(queries: Queries, { runs }: Tables, runId: string): Promise<RunRecord | undefined> {
  const [row] = await queries.query<RunRow>(`select ${columns} from ${runs} where run_id = $1`, [toText(runId)]);
  return row === undefined ? undefined : toRecord(row);
}

export async function readRuns(
  queries: Queries,
  { runs }: Tables,
  { job, status, before, limit = 20 }: RunsQuery,
): Promise<readonly RunRecord[]> {
  const place = 'started_at, first_token, run_id';
  // Of a run that is not there the place is null, and nothing is before that.
  const isBefore =
    before === undefined ? '$4::text is null' : `(${place}) < (select ${place} from ${runs} where run_id = $4)`;
  const rows = await queries.query<RunRow>(
    `select ${columns} from ${runs} where ($1::text is null or job = $1) and ($2::text is null or status = $2) and ${isBefore}
     order by started_at desc, first_token desc, run_id desc limit $3`,
    [job === undefined ? null : toText(job), status ?? null, limit, before === undefined ? null : toText(before)],
  );
  return rows.map(toRecord);
}

export async function readFailures(
  queries: Queries,
  { failures }: Tables,
  runId: string,
  { error, after, limit = 100 }: FailuresQuery,
): Promise<FailuresPage> {
  const [seq, ordinal] = after === undefined ? [0, 0] : readPosition(after);
  // One more than a page: it tells whether there is another page.
  const rows = await queries.query<{ seq: number; ordinal: number; item: FailedItem }>(
    `select seq, ordinal, item from ${failures}
     where run_id = $1 and (seq, ordinal) > ($2, $3) and ($4::text is null or error_name = $4 or error_code = $4)
     order by seq, ordinal limit $5::int + 1`,
    [toText(runId), seq, ordinal, error === undefined ? null : toText(error), limit],
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const next = rows.length > limit && last !== undefined ? [last.seq, last.ordinal] : undefined;
  return { items: page.map(({ item }) => item), next };
}

function readPosition(after: Json): readonly [number, number] {
  const [seq, ordinal] = Array.isArray(after) ? (after as readonly Json[]) : [];
  if (isOrdinal(seq) && isOrdinal(ordinal)) return [seq, ordinal];
  throw badPage();
}

/** As the columns are. */
function isOrdinal(value: Json | undefined): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 31;
}

function toRecord(row: RunRow): RunRecord {
  return {
    runId: row.run_id,
    job: row.job,
    scope: row.scope,
    ...readTrigger(row.trigger),
    dryRun: row.dry_run,
    redriveOf: row.redrive_of ?? undefined,
    status: row.status,
    leaseHeld: row.held ?? undefined,
    attempt: row.attempt,
    attempts: readAttempts(row.attempts),
    holder: row.holder,
    startedAt: toIso(row.started_ms),
    updatedAt: toIso(row.updated_ms),
    finishedAt: row.finished_ms === null ? undefined : toIso(row.finished_ms),
    cancelledBy: row.cancelled_by ?? undefined,
    checkpoint: row.checkpoint ?? undefined,
    summary: row.summary ?? undefined,
  };
}

function toIso(ms: number): string {
  return new Date(ms).toISOString();
}
