/**
 * A connection of a test's own to PostgreSQL. Whoever opens it ends it.
 *
 * When a test runs out of time, its stores may go while the connection is open. Without a listener that would end the process,
 * and all tests in it.
 */
import pg from 'pg';

export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
