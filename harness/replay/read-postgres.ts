/**
 * All tables of a database, as JSON: what a run has left there.
 *
 * Timestamps that lie within the run, by the server's clock or by the run's own, are written as `<during the run>`, and
 * columns that the case calls volatile as `<volatile>`: they are others each time. PostgreSQL's own JSON keeps every digit.
 */
import pg from 'pg';
import { parseExact } from './exact-json.ts';
import { duringTheRun, type Row, sortRows, type Table, volatile } from './table.ts';

export interface Moments {
  /** From when to when: by the store's clock, and by the run's if that is another. */
  readonly spans: readonly Span[];
  /** Columns by table. */
  readonly volatile: Readonly<Record<string, readonly string[]>>;
}

export interface Span {
  readonly from: Date;
  readonly until: Date;
}

interface Column {
  readonly table: string;
  readonly qualified: string;
  readonly column: string;
  readonly type: string;
  readonly in_key: boolean;
}

const columnsOfTables = `
  select case n.nspname when 'public' then c.relname else n.nspname || '.' || c.relname end as table,
         format('%I.%I', n.nspname, c.relname) as qualified, a.attname as column, t.typname as type,
         coalesce(a.attnum = any (i.indkey), false) as in_key
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
    left join pg_index i on i.indrelid = c.oid and i.indisprimary
   where c.relkind in ('r', 'p') and not c.relispartition
     and n.nspname not like 'pg\\_%' and n.nspname not in ('information_schema', 'stint')
   order by 1, a.attnum`;
const timestamps: ReadonlySet<string> = new Set(['timestamptz', 'timestamp']);

/** By their names, those outside of `public` with their schema's. */
export async function readPostgresTables(
  client: pg.Client,
  moments: Moments,
): Promise<Readonly<Record<string, Table>>> {
  const { rows: columns } = await client.query<Column>(columnsOfTables);
  const tables: Record<string, Table> = {};
  for (const [table, of] of Map.groupBy(columns, (column) => column.table)) {
    tables[table] = await readTable(client, of, moments, moments.volatile[table] ?? []);
  }
  return tables;
}

/** The server's time, by which `now()` goes. */
export async function serverTime(client: pg.Client): Promise<Date> {
  const { rows } = await client.query<{ now: Date }>('select clock_timestamp() as now');
  return rows[0]?.now ?? new Date();
}

async function readTable(
  client: pg.Client,
  columns: readonly Column[],
  { spans }: Moments,
  volatileColumns: readonly string[],
): Promise<Table> {
  const [first] = columns;
  const key = columns.filter(({ in_key }) => in_key).map(({ column }) => column);
  const values: string[] = [];
  const parameter = (value: string) => `$${values.push(value)}`;
  const replaced = columns.flatMap(({ column, type }) => {
    const name = `t.${pg.escapeIdentifier(column)}`;
    const put = (text: string) => `jsonb_build_object(${parameter(column)}::text, ${parameter(text)}::text)`;
    if (volatileColumns.includes(column)) return put(volatile);
    if (!timestamps.has(type)) return [];
    // A timestamp without a zone is one of the session's, which is UTC.
    const within = spans.map(
      ({ from, until }) =>
        `${name} between ${parameter(from.toISOString())}::timestamptz and ${parameter(until.toISOString())}::timestamptz`,
    );
    return within.length === 0 ? [] : `case when ${within.join(' or ')} then ${put(duringTheRun)} else '{}' end`;
  });
  await client.query(`set time zone 'UTC'`);
  const { rows } = await client.query<{ row: string }>({
    text: `select (${['to_jsonb(t)', ...replaced].join(' || ')})::text as row from ${first?.qualified} t`,
    values,
  });
  return {
    key,
    columns: columns.map(({ column }) => column),
    rows: sortRows(
      rows.map(({ row }) => parseExact(row) as Row),
      key,
    ),
  };
}
