/**
 * `expect(harness.db).table('payments').to.equalRows([…])`: what is in a table, in Postgres or DynamoDB.
 *
 * Rows are compared in no order, and by the columns that the expected ones name, which must be the same for all of them.
 * A number and a text that is that number are the same (bigint and numeric come as text), and so are a Date and the ISO 8601
 * text of its moment. Nothing else is converted, and nothing is rounded. In DynamoDB a missing attribute is null.
 */

/** Tables of a case, as they are now. */
export interface Database {
  /** All rows of a Postgres table, in no order. */
  rows(table: string): Promise<readonly Row[]>;
  /** All items of a DynamoDB table, in no order. */
  items(table: string): Promise<readonly Row[]>;
}

export type Row = Readonly<Record<string, unknown>>;

export interface RowsOptions {
  /** Whether each row has all columns, so that one that is not there is misspelt. @default false */
  readonly hasAllColumns?: boolean;
}

const shownRows = 10;

/**
 * How the table differs, as text; undefined: it does not.
 * @throws TypeError when the expected rows name different columns, or one that the table has not
 */
export function findRowDifference(
  table: string,
  expected: readonly Row[],
  got: readonly Row[],
  { hasAllColumns = false }: RowsOptions = {},
): string | undefined {
  const columns = Object.keys(expected[0] ?? {});
  checkColumns(table, columns, expected, hasAllColumns ? got[0] : undefined);
  const shown = got.map((row) => (columns.length === 0 ? row : pick(row, columns)));
  const extra = new Map(shown.map((row, index) => [index, row]));
  const places = Map.groupBy(extra.keys(), (index) => textOf(shown[index] ?? {}));
  const missing = expected.filter((row) => {
    const place = places.get(textOf(row))?.pop();
    if (place !== undefined) extra.delete(place);
    return place === undefined;
  });
  if (missing.length === 0 && extra.size === 0) return undefined;
  const { changed, ...others } = pair(columns, missing, [...extra.values()]);
  return [
    `expected table ${table} to have ${expected.length} such rows, got ${got.length}`,
    ...list(changed, 'changed'),
    ...list(
      others.missing.map((row) => `- missing  ${toText(row)}`),
      'missing',
    ),
    ...list(
      others.extra.map((row) => `+ not expected  ${toText(row)}`),
      'not expected',
    ),
  ].join('\n');
}

function checkColumns(
  table: string,
  columns: readonly string[],
  expected: readonly Row[],
  sample: Row | undefined,
): void {
  const other = expected.find((row) => Object.keys(row).sort().join() !== columns.toSorted().join());
  if (other !== undefined) {
    throw new TypeError(
      `expected all rows to name the same columns (${columns.join(', ')}), got one with ${Object.keys(other).join(', ')}; name them all`,
    );
  }
  const unknown = sample && columns.find((column) => !(column in sample));
  if (unknown === undefined) return;
  throw new TypeError(
    `expected columns of the table ${table} (${Object.keys(sample ?? {}).join(', ')}), got "${unknown}"; correct the name`,
  );
}

/** Rows that have the first column in common are one row that has changed. */
function pair([key, ...columns]: readonly string[], missing: readonly Row[], extra: readonly Row[]) {
  const left = new Set(extra);
  const changed: string[] = [];
  const unpaired = missing.filter((row) => {
    const found =
      key === undefined ? undefined : [...left].find((each) => canonical(each[key]) === canonical(row[key]));
    if (found === undefined || key === undefined) return true;
    left.delete(found);
    const differing = columns.filter((column) => canonical(row[column]) !== canonical(found[column]));
    const told = differing.map((column) => `${column}: expected ${toText(row[column])}, got ${toText(found[column])}`);
    changed.push(`~ ${key} ${toText(row[key])}  ${told.join('; ')}`);
    return false;
  });
  return { changed, missing: unpaired, extra: [...left] };
}

function pick(row: Row, columns: readonly string[]): Row {
  return Object.fromEntries(columns.map((column) => [column, row[column]]));
}

function textOf(row: Row): string {
  return canonical(row);
}

const isoTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:?\d{2})$/;
const decimal = /^-?\d+(\.\d+)?$/;

// What means the same is the same text: 5, '5' and '5.0'; a Date and its moment.
function canonical(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'number' || typeof value === 'bigint') return `=${value}`;
  if (typeof value === 'string') return canonicalText(value);
  if (value instanceof Date) return `@${value.getTime()}`;
  if (value instanceof Set) return JSON.stringify([...value].map(canonical).sort());
  if (Array.isArray(value)) return JSON.stringify(value.map(canonical));
  if (typeof value === 'object') {
    const entries = Object.entries(value).map(([name, each]) => [name, canonical(each)] as const);
    return JSON.stringify(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
  }
  return String(value);
}

function canonicalText(text: string): string {
  if (decimal.test(text)) return `=${text.includes('.') ? text.replace(/\.?0+$/, '') : text}`;
  return isoTime.test(text) ? `@${Date.parse(text)}` : `"${text}`;
}

function list(lines: readonly string[], what: string): readonly string[] {
  const shown = lines.slice(0, shownRows).map((line) => `  ${line}`);
  return lines.length > shownRows ? [...shown, `  … and ${lines.length - shownRows} more ${what}`] : shown;
}

function toText(value: unknown): string {
  return JSON.stringify(value ?? null, (_name, each: unknown) => {
    if (typeof each === 'bigint' || (typeof each === 'number' && !Number.isFinite(each))) return String(each);
    return each instanceof Set ? [...each] : each;
  });
}
