/** Who did what, in PostgreSQL. How long it is kept is told by the server's clock, whatever an entry says of its time. */
import type { Json } from '../sources/source.ts';
import { type AuditEntry, type AuditQuery, isAuditId, pageOfAudits, toKeptEntry } from './audit.ts';
import type { Queries } from './postgres-connection.ts';
import { type Tables, toText } from './postgres-tables.ts';
import { msInterval } from './postgres-writes.ts';

interface AuditRow extends Pick<AuditEntry, 'id' | 'at' | 'by' | 'action'> {
  readonly job: string | null;
  readonly run_id: string | null;
  readonly detail: Json;
}

/** @throws StintError when its id is no ULID */
export async function keepAudit(queries: Queries, { audit }: Tables, entry: AuditEntry): Promise<void> {
  const { id, at, by, action, job, runId, detail } = toKeptEntry(entry);
  await queries.query(
    `insert into ${audit} (id, at, by, action, job, run_id, detail) values ($1, $2, $3, $4, $5, $6, $7::json)
     on conflict (id) do nothing`,
    [
      ...[id, at, by, action, job, runId].map((text) => (text === undefined ? null : toText(text))),
      JSON.stringify(detail),
    ],
  );
}

export async function readAudit(
  queries: Queries,
  { audit }: Tables,
  { before, limit = pageOfAudits }: AuditQuery,
): Promise<readonly AuditEntry[]> {
  if (before !== undefined && !isAuditId(before)) return [];
  const rows = await queries.query<AuditRow>(
    `select id, at, by, action, job, run_id, detail from ${audit} where $1::text is null or id < $1
     order by id desc limit $2`,
    [before ?? null, limit],
  );
  return rows.map(({ run_id, job, ...entry }) => ({ ...entry, job: job ?? undefined, runId: run_id ?? undefined }));
}

/** Removes what is kept no longer. */
export async function pruneAudit(queries: Queries, { audit }: Tables, retentionMs: number): Promise<void> {
  await queries.query(`delete from ${audit} where kept_at < clock_timestamp() - ${msInterval('$1')}`, [retentionMs]);
}
