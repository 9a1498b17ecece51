/**
 * `expect(harness.db).table('payments').to.equalRows([…])`: what is in a table, in Postgres or DynamoDB.
 *
 * Rows are compared in no order, and by the columns that the expected ones name; each expected row takes one that is there.
 * Numbers and their text are the same (a bigint comes as text), a Date is its ISO 8601 text. Nothing is rounded.
 */

/** Tables of a case, as they are now. */
export interface Database {
  /** All rows of a Postgres table, in no order. */
  rows(table: string): Promise<readonly Row[]>;
  /** All items of a DynamoDB table, in no order. */
  items(table: string): Promise<readonly Row[]>;
}

export type Row = Readonly<Record<string, unknown>>;

const shownRows = 10;

/** How the table differs, as text; undefined: it does not. */
export function findRowDifference(table: string, expected: readonly Row[], got: readonly Row[]): string | undefined {
  const left = [...got];
  const missing: Row[] = [];
  for (const row of expected) {
    const at = left.findIndex((candidate) => fits(row, candidate));
    if (at === -1) missing.push(row);
    else left.splice(at, 1);
  }
  if (missing.length === 0 && left.length === 0) return undefined;
  const columns = new Set(expected.flatMap((row) => Object.keys(row)));
  const extra = left.map((row) => (columns.size === 0 ? row : pick(row, columns)));
  return [
    `expected table ${table} to have ${expected.length} such rows, got ${got.length}`,
    ...list('- missing', missing),
    ...list('+ not expected', extra),
  ].join('\n');
}

function fits(expected: Row, row: Row): boolean {
  return Object.entries(expected).every(([column, value]) => canonical(value) === canonical(row[column]));
}

// What reads the same is the same: 5 and '5', but not 5 and '5.0'.
function canonical(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return `=${value}`;
  if (typeof value === 'number' || typeof value === 'bigint') return `=${value}`;
  if (value instanceof Date) return `=${value.toISOString()}`;
  if (value instanceof Set) return JSON.stringify([...value].map(canonical).sort());
  if (Array.isArray(value)) return JSON.stringify(value.map(canonical));
  if (typeof value === 'object') {
    const entries = Object.entries(value).map(([name, each]) => [name, canonical(each)] as const);
    return JSON.stringify(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
  }
  return String(value);
}

function pick(row: Row, columns: ReadonlySet<string>): Row {
  return Object.fromEntries(Object.entries(row).filter(([column]) => columns.has(column)));
}

function list(what: string, rows: readonly Row[]): readonly string[] {
  const lines = rows.slice(0, shownRows).map((row) => `  ${what}  ${JSON.stringify(row, replacer)}`);
  return rows.length > shownRows ? [...lines, `  … and ${rows.length - shownRows} more ${what.slice(2)}`] : lines;
}

function replacer(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Set ? [...value] : value;
}
