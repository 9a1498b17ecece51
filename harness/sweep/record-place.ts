/** Where the record of an item is: found by the query or table that its source reads, so that somebody else can change it. */
import type { Source } from '@stint/sdk';
import type { Row } from '../replay/table.ts';
import type { WorldOutcome } from './world-outcome.ts';

/** What a source reads, as the job asked for it. */
export type Reading =
  | { readonly store: 'postgres'; readonly sql: string; readonly key: readonly string[] }
  | { readonly store: 'dynamodb'; readonly table: string };

export interface RecordPlace {
  readonly store: 'postgres' | 'dynamodb';
  readonly table: string;
  /** Columns and values that tell it apart. */
  readonly key: Row;
}

/** A record that was found, or why it was not. */
export type Found = RecordPlace | { readonly notFound: string };

export function findRecord(
  source: Source<unknown> | undefined,
  reading: Reading | undefined,
  value: unknown,
  { tables }: WorldOutcome,
): Found {
  if (source === undefined || reading === undefined) return { notFound: 'it comes from no store' };
  if (reading.store === 'dynamodb') {
    const names = tables.dynamodb[reading.table]?.key ?? [];
    const item = Object(value) as Record<string, Row[string]>;
    const key = Object.fromEntries(names.map((name) => [name, item[name] ?? null]));
    return { store: 'dynamodb', table: reading.table, key };
  }
  const texts = source.positionOf(value);
  if (!Array.isArray(texts)) return { notFound: 'its position is no key' };
  const at = (row: Row) =>
    reading.key.every((column, index) => column in row && String(row[column]) === String(texts[index]));
  // What stands first in the query is what it is about.
  const named = Object.keys(tables.postgres)
    .map((table) => ({ table, place: placeIn(reading.sql, table) }))
    .filter(({ place }) => place !== -1)
    .toSorted((one, other) => one.place - other.place);
  for (const { table } of named) {
    const row = tables.postgres[table]?.rows.find(at);
    if (row === undefined) continue;
    const key = Object.fromEntries(reading.key.map((column) => [column, row[column] ?? null]));
    return { store: 'postgres', table, key };
  }
  return { notFound: 'its row is in no table of the query under the names of its key' };
}

/** Where the query names it; -1: nowhere. */
function placeIn(sql: string, table: string): number {
  const name = table.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return sql.search(new RegExp(`(from|join)\\s+"?${name}"?\\b`, 'i'));
}

/** Whether the row is the one. */
export function isAt(row: Row, { key }: RecordPlace): boolean {
  return Object.entries(key).every(([column, value]) => String(row[column]) === String(value));
}
