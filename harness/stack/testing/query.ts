/** One query on a connection of its own. */
import type pg from 'pg';
import { connect } from './connect.ts';

export async function query<TRow extends pg.QueryResultRow>(url: string, sql: string): Promise<TRow[]> {
  const client = await connect(url);
  try {
    return (await client.query<TRow>(sql)).rows;
  } finally {
    await client.end();
  }
}
