/**
 * Databases of a kept stack that have a name of their own, and so are found again by the next start.
 *
 * Guarantees: a database is filled once, and is whole or absent, also after a crash while it was filled: it gets its name
 * when all is in it. Of processes that race, one fills it and the others wait for it.
 * Does not guarantee that what it was filled with is still what one would fill it with today.
 */
import pg from 'pg';
import { databaseUrl } from './forks.ts';
import { lockServer } from './server-lock.ts';
import type { Stack } from './stack.ts';

export interface KeepDatabaseOptions {
  /** Ends the wait for another process that fills the same database, and our own queries. @default never */
  readonly signal?: AbortSignal;
}

/**
 * Makes the database unless it is there, and resolves with its URL.
 *
 * @param fill fills the empty database behind the URL, and whatever else belongs to it; that must bear being begun twice
 * @throws what `fill` throws; the database is then absent. StackError `STINT_STACK_UNREACHABLE`
 */
export async function keepDatabase(
  stack: Pick<Stack, 'postgresUrl'>,
  name: string,
  fill: (postgresUrl: string) => Promise<void>,
  { signal }: KeepDatabaseOptions = {},
): Promise<string> {
  await lockServer(stack, `stint database ${name}`, signal, async (client) => {
    const found = await client.query('select from pg_database where datname = $1', [name]);
    if (found.rowCount === 0) await make(client, name, (draft) => fill(databaseUrl(stack.postgresUrl, draft)));
  });
  return databaseUrl(stack.postgresUrl, name);
}

async function make(client: pg.Client, name: string, fill: (draft: string) => Promise<void>): Promise<void> {
  const draft = `${name}_draft`;
  const [database, drafted] = [name, draft].map((each) => pg.escapeIdentifier(each));
  await client.query(`drop database if exists ${drafted} with (force)`);
  await client.query(`create database ${drafted} template template0 strategy file_copy`);
  await fill(draft);
  // Connections that were closed just now may not have ended yet, and nobody may be connected while it is renamed.
  await client.query('select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1', [draft]);
  await client.query(`alter database ${drafted} rename to ${database}`);
}
