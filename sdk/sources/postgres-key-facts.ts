/** Looks at the key of a source's query before anything is read: types, nulls, and how far the run goes. */
import { DatabaseError } from 'pg';
import { SourceError } from '../errors.ts';
import type { Queries } from '../ports/postgres.ts';
import { greatestKey, type Keyset, nullKey } from './postgres-keyset.ts';
import type { KeyFacts } from './postgres-reader.ts';

const undefinedColumn = '42703';
const noOrdering = '42883';

/**
 * Undefined: there are no rows.
 * @throws SourceError when a key column is not selected, has no order, or holds a null
 */
export async function lookAtKey(queries: Queries, keyset: Keyset): Promise<KeyFacts | undefined> {
  const columns = keyset.key.join(', ');
  const greatest = greatestKey(keyset);
  const { rows } = await queries.query(greatest.text, greatest.values).catch((error: unknown) => {
    throw explain(error, columns);
  });
  const [row] = rows;
  if (row === undefined) return undefined;
  const nulls = nullKey(keyset);
  if ((await queries.query(nulls.text, nulls.values)).rowCount > 0) {
    throw new SourceError(
      'STINT_SOURCE_KEY_NULL',
      `expected the key (${columns}) never to be null, but a row has one; leave such rows out in the query, or choose another key`,
    );
  }
  const indexes = keyset.key.map((_column, index) => index);
  return {
    types: indexes.map((index) => String(row[`type_${index}`])),
    asText: indexes.filter((index) => !isExact(row[`raw_${index}`], String(row[`type_${index}`]))),
    greatest: indexes.map((index) => String(row[`text_${index}`])),
  };
}

// Strings are the server's own text. Numbers and booleans print as the server reads them. All else (dates have lost
// their microseconds) needs the text beside it.
function isExact(value: unknown, type: string): boolean {
  if (typeof value === 'number') return Number.isFinite(value) || type === 'double precision';
  return typeof value === 'string' || typeof value === 'boolean';
}

function explain(error: unknown, columns: string): unknown {
  if (!(error instanceof DatabaseError)) return error;
  if (error.code === undefinedColumn && /column source\./.test(error.message)) {
    return new SourceError(
      'STINT_SOURCE_KEY_MISSING',
      `expected the key (${columns}) to be selected by the source's query, but a column of it is not; add it to the select list`,
      { cause: error },
    );
  }
  if (error.code === noOrdering) {
    return new SourceError(
      'STINT_SOURCE_KEY_NO_ORDER',
      `expected the key (${columns}) to have an order; choose other columns`,
      { cause: error },
    );
  }
  return error;
}
