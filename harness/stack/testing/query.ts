/** One query on a connection of its own. */
import pg from 'pg';

export async function query<TRow extends pg.QueryResultRow>(url: string, sql: string): Promise<TRow[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<TRow>(sql)).rows;
  } finally {
    await client.end();
  }
}
