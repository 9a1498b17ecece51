/** Ends sessions of a database. */
import type pg from 'pg';

/** Ends those of the client's database that `which` (a condition on `pg_stat_activity`) picks, but its own, and waits until they are gone. */
export async function endSessions(client: pg.Client, which = 'true'): Promise<void> {
  const meant = `datname = current_database() and pid <> pg_backend_pid() and ${which}`;
  const { rows } = await client.query<{ pid: number }>(
    `select pid, pg_terminate_backend(pid) from pg_stat_activity where ${meant}`,
  );
  const pids = rows.map(({ pid }) => pid);
  // Asked again and again: the server's own wait looks once in 100 ms.
  const left = 'select from pg_stat_activity where pid = any ($1)';
  while (pids.length > 0 && (await client.query(left, [pids])).rowCount !== 0);
}
