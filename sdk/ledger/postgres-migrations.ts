/**
 * The tables of a ledger in PostgreSQL, and how a database comes to have them.
 *
 * Guarantees: each migration is applied once, in order, all that are missing in one transaction; processes that start at
 * the same moment wait for the first of them. A database that is up to date costs one small query and no privilege to
 * create anything. Never goes back: a database that a newer Stint has changed is refused.
 */
import pg from 'pg';
import { StintError } from '../errors.ts';
import type { PostgresConnection, Queries } from './postgres-connection.ts';

export interface Migration {
  readonly version: number;
  readonly name: string;
  /** Statements, parted by semicolons. Names without a schema are those of the ledger's schema. */
  readonly sql: string;
}

/** Only ever added to: what was released is never changed. */
export const migrations: readonly Migration[] = [
  {
    version: 1,
    name: 'runs, scheduled times and failures',
    // Columns that a beat or a checkpoint changes are in no index, and pages are left with room: such an update then
    // touches one page (HOT). Documents are json, not jsonb: jsonb cannot hold \u0000, and a key or cursor can.
    sql: `
      create table jobs (
        job text primary key,
        last_token bigint not null
      );
      comment on table jobs is 'Locked while a claim is decided; hands out fencing tokens. Never cleared: they only grow.';

      create table runs (
        run_id text primary key,
        job text not null,
        identity text not null,
        first_token bigint not null,
        lease_key text not null,
        scope json not null,
        trigger json not null,
        dry_run boolean not null,
        redrive_of text,
        definition text not null,
        status text not null,
        crashed boolean not null default false,
        recovered boolean not null default false,
        attempt integer not null default 1,
        token bigint,
        claim_id text not null,
        holder text not null,
        ttl_ms double precision not null,
        lease_until timestamptz,
        checkpoint json,
        checkpoint_seq integer not null default 0,
        summary json,
        cancelled_by text,
        started_at timestamptz not null default clock_timestamp(),
        updated_at timestamptz not null default clock_timestamp(),
        finished_at timestamptz
      ) with (fillfactor = 70);
      create unique index runs_lease on runs (lease_key) where status = 'running';
      create index runs_claim on runs (claim_id) where status = 'running';
      create index runs_identity on runs (identity, first_token);
      create index runs_job on runs (job, started_at);
      create index runs_started on runs (started_at);
      comment on column runs.token is 'Null: the holder was fenced. Kept after its finish, so that a repeated one is known.';
      comment on column runs.crashed is 'Interrupted because another took its expired lease.';

      create table scheduled (
        job text not null,
        scheduled_time text not null,
        run_id text not null references runs on delete cascade,
        primary key (job, scheduled_time)
      );
      create index scheduled_run on scheduled (run_id);

      create table failures (
        run_id text not null references runs on delete cascade,
        seq integer not null,
        ordinal integer not null,
        error_name text not null,
        error_code text not null,
        item json not null,
        primary key (run_id, seq, ordinal)
      );
    `,
  },
  {
    version: 2,
    name: 'attempts of runs',
    sql: `alter table runs add column attempts jsonb not null default '[]'`,
  },
  {
    version: 3,
    name: 'who did what',
    // Ids are compared by their bytes, whatever the database's language: their order is that of time.
    sql: `
      create table audit (
        id text collate "C" primary key,
        at text not null,
        by text not null,
        action text not null,
        job text,
        run_id text,
        detail json not null,
        kept_at timestamptz not null default clock_timestamp()
      );
      create index audit_kept on audit (kept_at);
      comment on column audit.run_id is 'No reference: who did what may be kept for longer than the run.';
    `,
  },
  {
    version: 4,
    name: 'how runs went over their time',
    sql: `
      create table series (
        run_id text not null references runs on delete cascade,
        attempt integer not null,
        points json not null,
        primary key (run_id, attempt)
      );
    `,
  },
];

// No such table, no such schema.
const absent = new Set(['42P01', '3F000']);

/** @throws StintError `STINT_LEDGER_NEWER`, `STINT_LEDGER_DENIED` */
export async function migrate(
  connection: PostgresConnection,
  schema: string,
  list: readonly Migration[] = migrations,
): Promise<void> {
  const known = Math.max(...list.map(({ version }) => version));
  if (isUpToDate(await readVersion(connection, schema), known, schema)) return;
  await connection.transaction('migration', (queries) => applyMissing(queries, schema, list, known));
}

async function readVersion(connection: PostgresConnection, schema: string): Promise<number> {
  try {
    return versionIn(
      await connection.query(
        'migration',
        `select max(version) as version from ${pg.escapeIdentifier(schema)}.migrations`,
      ),
    );
  } catch (error) {
    if (error instanceof pg.DatabaseError && absent.has(error.code ?? '')) return 0;
    throw error;
  }
}

async function applyMissing(
  queries: Queries,
  schema: string,
  list: readonly Migration[],
  known: number,
): Promise<void> {
  await queries.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`stint ledger ${schema}`]);
  // "create schema if not exists" asks for the privilege even where it exists: an owner may have made it for us.
  const found = await queries.query('select from pg_namespace where nspname = $1', [schema]);
  if (found.length === 0) await queries.query(`create schema ${pg.escapeIdentifier(schema)}`);
  await queries.query(`set local search_path to ${pg.escapeIdentifier(schema)}`);
  await queries.query(
    `create table if not exists migrations (
       version integer primary key, name text not null, applied_at timestamptz not null default clock_timestamp()
     )`,
  );
  const version = versionIn(await queries.query('select max(version) as version from migrations'));
  if (isUpToDate(version, known, schema)) return;
  for (const migration of list.filter((each) => each.version > version)) {
    await queries.query(migration.sql);
    await queries.query('insert into migrations (version, name) values ($1, $2)', [migration.version, migration.name]);
  }
}

function versionIn(rows: readonly { readonly version: number | null }[]): number {
  return rows[0]?.version ?? 0;
}

function isUpToDate(version: number, known: number, schema: string): boolean {
  if (version > known) {
    throw new StintError(
      'STINT_LEDGER_NEWER',
      `expected the ledger's schema "${schema}" to have version ${known} or less, got ${version}: a newer Stint has ` +
        'changed it; deploy that version, or set STINT_LEDGER to another ledger',
    );
  }
  return version === known;
}
