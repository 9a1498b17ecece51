/**
 * Rows as they were when the recording began, read whole from one snapshot: what the run changes meanwhile is not in them.
 *
 * Text is PostgreSQL's own JSON, so that every digit stays.
 */
import pg from 'pg';
import { parseExact } from '../replay/exact-json.ts';
import type { TableFacts } from './postgres-tables.ts';
import type { WriteTarget } from './write-target.ts';

/** Rows of one table by their keys. */
export type RowsByKey = Map<string, RecordedRow>;

export interface RecordedRow {
  readonly text: string;
  readonly value: Readonly<Record<string, unknown>>;
}

const rowsAtOnce = 1_000;

/**
 * Reads rows whose `columns` hold one of `values`, each an object by column.
 * @returns those that were not there yet
 */
export async function takeRows(
  client: pg.Client,
  table: TableFacts,
  columns: readonly string[],
  values: readonly Readonly<Record<string, unknown>>[],
  into: RowsByKey,
): Promise<readonly RecordedRow[]> {
  const taken: RecordedRow[] = [];
  const quoted = columns.map((column) => pg.escapeIdentifier(column)).join(', ');
  const text = `${selectRows(table)}
     where (${quoted}) in (select ${quoted} from json_populate_recordset(null::${table.qualified}, $1))`;
  for (let start = 0; start < values.length; start += rowsAtOnce) {
    const some = values.slice(start, start + rowsAtOnce);
    taken.push(...keepRows(table, (await client.query<ReadRow>(text, [JSON.stringify(some)])).rows, into));
  }
  return taken;
}

/** Reads the rows that a statement was about to write. @returns whether it could be told which those are */
export async function takeTarget(
  client: pg.Client,
  table: TableFacts,
  { relation, condition }: WriteTarget,
  values: readonly unknown[],
  into: RowsByKey,
): Promise<boolean> {
  // A statement that fails would end the snapshot with its transaction.
  await client.query('savepoint target');
  try {
    const text = `${selectRows(table)}
     where (t.tableoid, t.ctid) in (select tableoid, ctid from ${relation} where ${condition}\n)`;
    keepRows(table, (await client.query<ReadRow>(text, [...values])).rows, into);
    return true;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    await client.query('rollback to savepoint target');
    return false;
  }
}

interface ReadRow {
  readonly key: string;
  readonly text: string;
}

function selectRows(table: TableFacts): string {
  const all = table.columns.map((column) => `t.${pg.escapeIdentifier(column)}`).join(', ');
  const key = [...table.key.values()].map((column) => `t.${pg.escapeIdentifier(column)}::text`).join(', ');
  return `
    select array[${key}]::text[]::text as key, (select row_to_json(r)::text from (select ${all}) r) as text
      from ${table.qualified} t`;
}

/** @returns those that were not there yet */
function keepRows(table: TableFacts, rows: readonly ReadRow[], into: RowsByKey): readonly RecordedRow[] {
  const taken: RecordedRow[] = [];
  for (const row of rows) {
    const id = table.key.size === 0 ? row.text : row.key;
    if (into.has(id)) continue;
    const recorded = { text: row.text, value: parseExact(row.text) as RecordedRow['value'] };
    into.set(id, recorded);
    taken.push(recorded);
  }
  return taken;
}
