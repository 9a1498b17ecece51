/**
 * The SQL of a keyset source: the author's query, wrapped, with the key compared and ordered by the server itself.
 *
 * Keys travel as text and are cast back to their own type, so that nothing is lost between the server and JSON:
 * a bigint stays whole, a timestamptz keeps its microseconds, a numeric its digits.
 *
 * A shard is the rows whose key, in the form that the server sends it over the wire, hashes into it: a form that no setting
 * of a session changes (time zone, style of dates, digits of floats), unlike a key's text. Each row is in exactly one.
 */
import type { Shard } from '../shard.ts';

export interface Keyset {
  readonly sql: string;
  readonly values: readonly unknown[];
  readonly key: readonly string[];
  readonly descending: boolean;
  /** Undefined: all rows. */
  readonly shard: Shard | undefined;
}

/**
 * The server's names of the key columns' types, e.g. `bigint`: those that take a value of any length. `character` would
 * not, as it means `character(1)` in a cast.
 */
export type KeyTypes = readonly string[];

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Columns that carry a key as text beside the row; taken out before the row is handed on. */
export const keyTextColumn = (index: number) => `__stint_key_${index}`;

/** Finds the greatest key (in reading order) with its types: columns `raw_n`, `text_n`, `type_n`. */
export function greatestKey(keyset: Keyset): Statement {
  const columns = keyset.key.map((column, index) => {
    const name = `source.${quote(column)}`;
    return `${name} as raw_${index}, ${name}::text as text_${index}, format_type(pg_typeof(${name}), -1) as type_${index}`;
  });
  return {
    text: `select ${columns.join(', ')} from (${body(keyset)}) as source order by ${orderBy(keyset, !keyset.descending)} limit 1`,
    values: keyset.values,
  };
}

/** Finds a row whose key holds a null, if there is one. */
export function nullKey(keyset: Keyset): Statement {
  const isNull = keyset.key.map((column) => `source.${quote(column)} is null`);
  return {
    text: `select 1 from (${body(keyset)}) as source where ${isNull.join(' or ')} limit 1`,
    values: keyset.values,
  };
}

/** Reads the rows behind `after`, up to and with `until`, in order. `asText`: the keys that need a text column. */
export function rowsBetween(
  keyset: Keyset,
  types: KeyTypes,
  bounds: { after: readonly string[] | undefined; until: readonly string[] | undefined },
  asText: readonly number[],
): Statement {
  const values = [...keyset.values];
  const conditions: string[] = [];
  const compare = (operator: string, bound: readonly string[] | undefined) => {
    if (bound === undefined) return;
    conditions.push(`${keyRow(keyset)} ${operator} ${parameters(values, types, bound)}`);
  };
  compare(keyset.descending ? '<' : '>', bounds.after);
  compare(keyset.descending ? '>=' : '<=', bounds.until);
  const extra = asText.map((index) => `, source.${quote(keyset.key[index] ?? '')}::text as ${keyTextColumn(index)}`);
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
  return {
    text: `select source.*${extra.join('')} from (${body(keyset)}) as source${where} order by ${orderBy(keyset, keyset.descending)}`,
    values,
  };
}

/** Reads the rows with exactly this key: one, if the key is unique. */
export function rowsWithKey(
  keyset: Keyset,
  types: KeyTypes,
  key: readonly string[],
  asText: readonly number[],
): Statement {
  const values = [...keyset.values];
  const extra = asText.map((index) => `, source.${quote(keyset.key[index] ?? '')}::text as ${keyTextColumn(index)}`);
  return {
    text: `select source.*${extra.join('')} from (${body(keyset)}) as source where ${keyRow(keyset)} = ${parameters(values, types, key)} limit 2`,
    values,
  };
}

export function countRows(keyset: Keyset): Statement {
  return { text: `select count(*)::float8 as count from (${body(keyset)}) as source`, values: keyset.values };
}

/** Of all shards: how many rows hash into one the planner cannot know. */
export function explainRows(keyset: Keyset): Statement {
  return { text: `explain (format json) ${query(keyset)}`, values: keyset.values };
}

function query({ sql }: Keyset): string {
  // The line break ends a comment that the author's query may end with.
  return `${sql.trim().replace(/;$/, '')}\n`;
}

function body(keyset: Keyset): string {
  const { shard } = keyset;
  if (shard === undefined) return query(keyset);
  const hash = `sha256(record_send(row${keyRow(keyset)}))`;
  const number = `('x' || encode(substr(${hash}, 1, 4), 'hex'))::bit(32)::bigint`;
  return `select source.* from (${query(keyset)}) as source where ${number} % ${shard.count} = ${shard.index}`;
}

function keyRow({ key }: Keyset): string {
  return `(${key.map((column) => `source.${quote(column)}`).join(', ')})`;
}

function parameters(values: unknown[], types: KeyTypes, bound: readonly string[]): string {
  const casts = bound.map((text, index) => `$${values.push(text)}::text::${types[index]}`);
  return `(${casts.join(', ')})`;
}

function orderBy({ key }: Keyset, descending: boolean): string {
  return key.map((column) => `source.${quote(column)}${descending ? ' desc' : ''}`).join(', ');
}

function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
