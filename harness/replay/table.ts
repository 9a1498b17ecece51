/** A table as it was read, and how two readings of it differ. */
import type { Json } from '@stint/sdk';
import { type Difference, diffJson } from './diff-json.ts';
import { canonicalJson } from './exact-json.ts';

export type Row = Readonly<Record<string, Json>>;

export interface Table {
  /** Columns that tell its rows apart; none, or one of them volatile: the whole row does. */
  readonly key: readonly string[];
  /** In the order of the key. */
  readonly rows: readonly Row[];
  /** @default those that any row has: rows of the table need not be alike */
  readonly columns?: readonly string[];
}

export interface TableDifference {
  readonly key: readonly string[];
  readonly missing: readonly Row[];
  readonly extra: readonly Row[];
  readonly changed: readonly { readonly key: Row; readonly differences: readonly Difference[] }[];
}

/** Stands for a moment of the run itself. */
export const duringTheRun = '<during the run>';
/** Stands for a value that the case says is another each time. */
export const volatile = '<volatile>';

/** Undefined: they are the same. */
export function diffTables(expected: Table, got: Table): TableDifference | undefined {
  const key = isSteady(got) && isSteady(expected) ? got.key : [];
  const left = byIdentity(got.rows, key);
  const missing: Row[] = [];
  const changed: TableDifference['changed'][number][] = [];
  for (const [id, row] of byIdentity(expected.rows, key)) {
    const found = left.get(id);
    left.delete(id);
    if (found === undefined) {
      missing.push(row);
      continue;
    }
    const differences = diffJson(row, found);
    if (differences.length > 0) changed.push({ key: keyOf(row, key), differences });
  }
  const extra = [...left.values()];
  return missing.length + extra.length + changed.length === 0 ? undefined : { key, missing, extra, changed };
}

/** Sorts rows by their keys, for a file that changes as little as the table does. */
export function sortRows(rows: readonly Row[], key: readonly string[]): readonly Row[] {
  const keyed = rows.map((row) => [sortKey(row, key), row] as const);
  return keyed.sort(([one], [other]) => compareKeys(one, other)).map(([, row]) => row);
}

/** Whether its key tells the same rows apart each time: not where it is another one in each run. */
function isSteady({ key, rows }: Table): boolean {
  return !key.some((column) => rows.some((row) => row[column] === volatile || row[column] === duringTheRun));
}

function keyOf(row: Row, key: readonly string[]): Row {
  return Object.fromEntries(key.map((column) => [column, row[column] ?? null]));
}

// Rows that are alike, where there is no key, are told apart by their number.
function byIdentity(rows: readonly Row[], key: readonly string[]): Map<string, Row> {
  const alike = new Map<string, number>();
  const identified = new Map<string, Row>();
  for (const row of rows) {
    const id = canonicalJson(key.length === 0 ? row : keyOf(row, key));
    const before = alike.get(id) ?? 0;
    alike.set(id, before + 1);
    identified.set(`${id} ${before}`, row);
  }
  return identified;
}

function sortKey(row: Row, key: readonly string[]): readonly Json[] {
  return key.length === 0 ? [canonicalJson(row)] : key.map((column) => row[column] ?? null);
}

function compareKeys(one: readonly Json[], other: readonly Json[]): number {
  for (const [index, value] of one.entries()) {
    const against = other[index] ?? null;
    if (typeof value === 'number' && typeof against === 'number' && value !== against) return value - against;
    const [text, otherText] = [canonicalJson(value), canonicalJson(against)];
    if (text !== otherText) return text < otherText ? -1 : 1;
  }
  return 0;
}
