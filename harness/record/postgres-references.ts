/**
 * Follows foreign keys from rows that are known: always to the rows that they refer to, which have to be there; and to those
 * that refer to them where nothing else tells which rows of a table were read.
 */
import type pg from 'pg';
import { type RecordedRow, type RowsByKey, takeRows } from './postgres-rows.ts';
import type { Reference, TableFacts } from './postgres-tables.ts';

export interface KnownRows {
  readonly tables: readonly TableFacts[];
  readonly references: readonly Reference[];
  /** By table; gets what is found. */
  readonly rows: ReadonlyMap<number, RowsByKey>;
  /** Tables whose rows were read by their keys. */
  readonly known: ReadonlySet<number>;
}

/** @returns the tables that a foreign key leads to, whether it led to a row or not */
export async function closeOverReferences(
  client: pg.Client,
  { tables, references, rows, known }: KnownRows,
): Promise<ReadonlySet<number>> {
  const reached = new Set<number>();
  const byOid = new Map(tables.map((table) => [table.oid, table]));
  const queue = [...rows].map(([oid, of]) => [oid, [...of.values()]] as const);
  const follow = async (
    to: number,
    fresh: readonly RecordedRow[],
    from: readonly string[],
    columns: readonly string[],
  ) => {
    const table = byOid.get(to);
    const into = rows.get(to);
    if (table === undefined || into === undefined) return;
    reached.add(to);
    const taken = await takeRows(client, table, columns, valuesOf(fresh, from, columns), into);
    if (taken.length > 0) queue.push([to, taken]);
  };
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [oid, fresh] = next;
    if (fresh.length === 0) continue;
    for (const { child, parent, childColumns, parentColumns } of references) {
      if (child === oid) await follow(parent, fresh, childColumns, parentColumns);
      if (parent === oid && !known.has(child)) await follow(child, fresh, parentColumns, childColumns);
    }
  }
  return reached;
}

function valuesOf(
  rows: readonly RecordedRow[],
  from: readonly string[],
  to: readonly string[],
): readonly Readonly<Record<string, unknown>>[] {
  const values = rows.map(({ value }) => Object.fromEntries(to.map((name, at) => [name, value[from[at] ?? '']])));
  // A reference with a null refers to nothing.
  return values.filter((value) => Object.values(value).every((each) => each !== null && each !== undefined));
}
