/**
 * What a run's holder writes to a ledger in PostgreSQL, and who ends runs: all conditional on the run's own row.
 *
 * Why a fenced write is safe beside a claim that takes the run over: both change the same row of `runs`, so one waits for
 * the other's commit. Under READ COMMITTED the one that waited evaluates its condition again, on the row as it is then
 * (EvalPlanQual), and all of its condition is about that row: token, status, seq. A write that comes too late finds another
 * token and changes nothing; a claim that comes too late finds a lease that was renewed. That is also why a write whose
 * client gave up, and which the server gets to minutes later, does no harm: a newer checkpoint has a greater seq.
 * (Under a stricter default of the server the one that waited fails instead, and is repeated.)
 * What stands beside the condition, failures to be inserted, hangs on the rows that the update returned.
 *
 * Time is the server's `clock_timestamp()`. After a failover it is another machine's: a lease may then end earlier or
 * later by how far their clocks are apart, and fencing is what remains.
 */
import { LeaseLostError, UnknownRunError } from '../errors.ts';
import { reasonOf } from './attempts.ts';
import type { End, FailedItem, Lease, Save } from './ledger.ts';
import { attemptsEnded } from './postgres-attempts.ts';
import type { Queries } from './postgres-connection.ts';
import { keepSeries } from './postgres-series.ts';
import { type Tables, toText } from './postgres-tables.ts';

/** An SQL interval of so many ms, a parameter. */
export const msInterval = (parameter: string) => `${parameter}::float8 * interval '1 millisecond'`;

export async function keepLease(
  queries: Queries,
  { runs }: Tables,
  { runId, fencingToken, ttlMs }: Lease,
): Promise<{ readonly cancelledBy: string | undefined }> {
  const [kept] = await queries.query<{ cancelled_by: string | null }>(
    `update ${runs} set lease_until = clock_timestamp() + ${msInterval('$3')}, updated_at = clock_timestamp()
     where run_id = $1 and token = $2 and status = 'running' returning cancelled_by`,
    [toText(runId), fencingToken, ttlMs],
  );
  if (kept === undefined) throw leaseLost(runId);
  return { cancelledBy: kept.cancelled_by ?? undefined };
}

/** One round trip when it is taken: it is called once a second or 1,000 items. */
export async function saveCheckpoint(
  queries: Queries,
  tables: Tables,
  { runId, fencingToken }: Lease,
  { checkpoint, failures }: Save,
): Promise<void> {
  const update = `update ${tables.runs} set checkpoint = $4::json, checkpoint_seq = $3, updated_at = clock_timestamp()
    where run_id = $1 and token = $2 and status = 'running' and checkpoint_seq < $3 returning run_id`;
  const values = [toText(runId), fencingToken, checkpoint.seq, JSON.stringify(checkpoint)];
  // Nearly always nothing has failed: a statement that does not mention failures takes less to plan.
  const taken = await (failures.length === 0
    ? queries.query(update, values)
    : queries.query(
        `with saved as (${update}), kept as (
           insert into ${tables.failures} (run_id, seq, ordinal, error_name, error_code, item)
           select saved.run_id, $3, failure.ordinal, failure.name, failure.code, failure.item::json
           from saved, unnest($5::text[], $6::text[], $7::text[]) with ordinality as failure (name, code, item, ordinal)
         )
         select from saved`,
        [...values, ...columnsOf(failures)],
      ));
  if (taken.length > 0) return;
  // Asked by a statement of its own: the one above sees the row as it was before it waited for anybody.
  const row = await readFence(queries, tables, runId);
  const isOurs = row?.token === fencingToken;
  if (!isOurs || row.seq < checkpoint.seq) throw leaseLost(runId);
}

/** In a transaction of the caller's. */
export async function endAttempt(queries: Queries, tables: Tables, lease: Lease, end: End): Promise<void> {
  await saveCheckpoint(queries, tables, lease, end);
  const status = end.resumable ? 'interrupted' : end.summary.status;
  const reason = reasonOf(end.summary);
  const ended = await queries.query(
    `update ${tables.runs} set status = $3, summary = $4::json, lease_until = null, updated_at = clock_timestamp(),
       finished_at = case when $5 then null else clock_timestamp() end, attempts = ${attemptsEnded('$6', '$7')}
     where run_id = $1 and token = $2 and status = 'running' returning 1`,
    [
      ...[toText(lease.runId), lease.fencingToken, status, JSON.stringify(end.summary), end.resumable],
      ...[end.summary.status, reason === undefined ? null : toText(reason)],
    ],
  );
  if (ended.length > 0) {
    if (end.series !== undefined) await keepSeries(queries, tables, lease.runId, end.series);
    return;
  }
  // A finish leaves its token behind: it is this one, whose answer was lost.
  const row = await readFence(queries, tables, lease.runId);
  if (row?.token !== lease.fencingToken) throw leaseLost(lease.runId);
}

/** Ends a run that nobody works on, or asks for the end of one that somebody does. */
export async function cancelRun(queries: Queries, { runs }: Tables, runId: string, by: string): Promise<void> {
  // One moment for the whole row: the lease must not run out between one column and the next.
  const isHeld = `(status = 'running' and lease_until > statement_timestamp())`;
  const asked = await queries.query(
    `update ${runs} set
       cancelled_by = coalesce(cancelled_by, $2), updated_at = clock_timestamp(),
       status = case when ${isHeld} then status else 'cancelled' end,
       finished_at = case when ${isHeld} then null else clock_timestamp() end,
       lease_until = case when ${isHeld} then lease_until end,
       token = case when status = 'interrupted' or ${isHeld} then token end
     where run_id = $1 and status in ('running', 'interrupted') returning 1`,
    [toText(runId), toText(by)],
  );
  if (asked.length > 0) return;
  const found = await queries.query(`select from ${runs} where run_id = $1`, [toText(runId)]);
  if (found.length === 0) throw new UnknownRunError(runId);
}

/** Removes some of the runs that are kept no longer; tells whether there may be more. */
export async function pruneRuns(queries: Queries, { runs }: Tables, retentionMs: number): Promise<boolean> {
  const batch = 100;
  // By started_at, which never changes and has an index, and then by what counts. `skip locked`: who holds a row is alive.
  const removed = await queries.query(
    `delete from ${runs} where run_id in (
       select run_id from ${runs}
       where started_at < clock_timestamp() - ${msInterval('$1')} and updated_at < clock_timestamp() - ${msInterval('$1')}
         and (lease_until is null or lease_until <= clock_timestamp())
       order by started_at limit ${batch} for update skip locked
     ) returning 1`,
    [retentionMs],
  );
  return removed.length >= batch;
}

async function readFence(
  queries: Queries,
  { runs }: Tables,
  runId: string,
): Promise<{ readonly token: number; readonly seq: number } | undefined> {
  const [row] = await queries.query<{ token: string | null; seq: number }>(
    `select token, checkpoint_seq as seq from ${runs} where run_id = $1`,
    [toText(runId)],
  );
  return row === undefined || row.token === null ? undefined : { token: Number(row.token), seq: row.seq };
}

function columnsOf(failures: readonly FailedItem[]): string[][] {
  return [
    failures.map(({ error }) => toText(error.name)),
    failures.map(({ error }) => toText(error.code)),
    failures.map((item) => JSON.stringify(item)),
  ];
}

function leaseLost(runId: string): LeaseLostError {
  return new LeaseLostError(
    `expected to hold the lease of run ${runId}, but another attempt has it, or the run is over; nothing was written`,
  );
}
