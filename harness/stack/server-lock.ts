/**
 * Does something on a PostgreSQL server while no other process does the same: an advisory lock of the server, held by a
 * session, and so gone when its process is.
 */
import pg from 'pg';
import { unreachable } from './forks.ts';
import type { Stack } from './stack.ts';

/**
 * @param fn gets a connection to the maintenance database
 * @param signal ends the wait for another process, and what `fn` asks of its connection
 * @throws what `fn` throws; StackError `STINT_STACK_UNREACHABLE`
 */
export async function lockServer<TResult>(
  { postgresUrl }: Pick<Stack, 'postgresUrl'>,
  lock: string,
  signal: AbortSignal | undefined,
  fn: (client: pg.Client) => Promise<TResult>,
): Promise<TResult> {
  signal?.throwIfAborted();
  const client = new pg.Client({ connectionString: postgresUrl, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  const cut = (): void => {
    client.connection.stream.destroy();
  };
  signal?.addEventListener('abort', cut);
  try {
    await client.connect().catch((error: unknown) => {
      throw unreachable(error);
    });
    signal?.throwIfAborted();
    await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [lock]);
    return await fn(client);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', cut);
    await client.end().catch(() => undefined);
  }
}
