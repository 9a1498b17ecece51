/**
 * What a statement has to do with tables, by PostgreSQL's own word: which it reads or writes, and which columns of its
 * result are columns of a table.
 *
 * Tables are those that the server locks to plan the statement, so none is missed that the planner then leaves out. Origins
 * are those that the server names in its description of the result, through subqueries too. Nothing is executed.
 */
import type pg from 'pg';

export interface StatementFacts {
  /** By oid. */
  readonly tables: readonly TouchedTable[];
  readonly origins: readonly Origin[];
}

export interface TouchedTable {
  readonly oid: number;
  readonly written: boolean;
}

/** A column of the result that is a column of a table. */
export interface Origin {
  /** Name in the result. */
  readonly name: string;
  readonly table: number;
  /** Number of the column in the table. */
  readonly column: number;
}

const locked = `
  select c.oid::int as oid, bool_or(l.mode = 'RowExclusiveLock') as written
    from pg_locks l join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace
   where l.pid = pg_backend_pid() and l.locktype = 'relation' and c.relkind in ('r', 'p', 'v', 'm', 'f')
     and not c.relispartition
     and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'stint')
   group by c.oid`;

const explainable = /^[\s(]*(?:select|with|values|table|insert|update|delete|merge)\b/i;

/** Undefined: it has nothing to do with tables (`begin`, `set` …). */
export async function lookAtStatement(
  client: pg.Client,
  sql: string,
  values: readonly unknown[],
): Promise<StatementFacts | undefined> {
  if (!explainable.test(sql)) return undefined;
  await client.query('begin');
  try {
    await client.query(`explain ${sql}`, [...values]);
    const { rows } = await client.query<TouchedTable>(locked);
    return { tables: rows, origins: await originsOf(client, sql, values) };
  } finally {
    await client.query('rollback');
  }
}

async function originsOf(client: pg.Client, sql: string, values: readonly unknown[]): Promise<readonly Origin[]> {
  if (!/^[\s(]*(?:select|with|values|table)\b/i.test(sql)) return [];
  const text = `select * from (${sql.trim().replace(/;$/, '')}\n) as statement limit 0`;
  try {
    const { fields } = await client.query(text, [...values]);
    return fields
      .filter(({ tableID }) => tableID !== 0)
      .map(({ name, tableID, columnID }) => ({ name, table: tableID, column: columnID }));
  } catch {
    // A statement that changes something within a `with` cannot stand in a subquery.
    return [];
  }
}
