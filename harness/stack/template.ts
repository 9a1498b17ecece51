/**
 * Template databases: prepared once, copied by every fork.
 *
 * Guarantees: of processes that race, one prepares and the others wait for it; a template is whole or absent, also
 * after a crash in mid-prepare; nobody can connect to it any more. Does not guarantee: that a template of a kept
 * stack fits today's schema. Put a hash of what it is made of into its name.
 */
import pg from 'pg';
import { databaseUrl } from './forks.ts';
import { lockServer } from './server-lock.ts';
import type { Stack } from './stack.ts';

export interface PrepareTemplateOptions {
  /** Ends the wait for another process that is preparing the same template, and the preparation's own queries. @default never */
  readonly signal?: AbortSignal;
}

/**
 * Makes the template unless it is there.
 *
 * @param prepare fills the empty database behind the URL; its connections are cut when it returns
 * @throws what `prepare` throws; the template is then absent. StackError `STINT_STACK_UNREACHABLE`
 */
export async function prepareTemplate(
  stack: Pick<Stack, 'postgresUrl'>,
  name: string,
  prepare: (postgresUrl: string) => Promise<void>,
  { signal }: PrepareTemplateOptions = {},
): Promise<void> {
  await lockServer(stack, `stint template ${name}`, signal, (client) =>
    prepareLocked(client, name, () => prepare(databaseUrl(stack.postgresUrl, name))),
  );
}

async function prepareLocked(client: pg.Client, name: string, prepare: () => Promise<void>): Promise<void> {
  // `datistemplate` is set last: a database without it is one whose preparation was cut short.
  const ready = await client.query('select from pg_database where datname = $1 and datistemplate', [name]);
  if (ready.rowCount === 1) return;

  const database = pg.escapeIdentifier(name);
  await client.query(`drop database if exists ${database} with (force)`);
  await client.query(`create database ${database} template template0 strategy file_copy`);
  await prepare();
  await client.query(`alter database ${database} with allow_connections false`);
  await client.query('select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1', [name]);
  await client.query(`alter database ${database} with is_template true`);
}
