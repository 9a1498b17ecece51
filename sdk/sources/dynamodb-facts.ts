/** Looks at a source's table before anything is read: its key, its index, and whether what was asked for can be had. */
import { SourceError } from '../errors.ts';
import type { DynamoKey } from '../ports/dynamodb-expressions.ts';
import type { KeyAttributes, TableSchema } from '../ports/dynamodb-key-schema.ts';
import { type Match, matchByKey } from './dynamodb-match.ts';
import type { Reading } from './dynamodb-reading.ts';

export interface Facts {
  readonly key: KeyAttributes;
  /** The key's attributes and, for an index, the index's: what a page can start behind. */
  readonly position: KeyAttributes;
  readonly consistent: boolean;
  /** How to ask for one item. */
  readonly match: (item: DynamoKey) => Match;
}

/** @throws SourceError when the table has no such index, or the source cannot be read as it was asked to */
export function toFacts(reading: Reading, { key, indexes }: TableSchema): Facts {
  const { table, index: name } = reading;
  const match = matchByKey(reading, key);
  if (name === undefined) return { key, position: key, consistent: reading.consistent ?? true, match };
  const index = indexes.get(name);
  if (index === undefined) {
    const known = [...indexes.keys()].join(', ') || 'none';
    throw new SourceError(
      'STINT_SOURCE_NO_INDEX',
      `expected the table ${table} to have the index ${name}; it has ${known}`,
    );
  }
  if (index.global && reading.consistent) {
    throw new SourceError(
      'STINT_SOURCE_CONSISTENT',
      `expected \`consistent\` to be false for the global index ${name} of ${table}: DynamoDB reads those no other way; leave it out`,
    );
  }
  return {
    key,
    position: [...new Set([...key, ...index.key])],
    consistent: reading.consistent ?? !index.global,
    match,
  };
}
