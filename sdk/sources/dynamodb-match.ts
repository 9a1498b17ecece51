/**
 * Asks for one item by its key, and whether it still matches: a Query, since a GetItem can have no filter. It costs the same.
 *
 * A filter of a Query may not name attributes of the key. They never change in an item, so their values are put in their
 * place. Likewise a key condition on an index: read at the table, it is a filter like any other.
 */
import { SourceError } from '../errors.ts';
import type { DynamoKey } from '../ports/dynamodb-expressions.ts';
import type { KeyAttributes } from '../ports/dynamodb-key-schema.ts';
import type { Reading } from './dynamodb-reading.ts';

/** What a Query for one item needs; the filter is undefined when whatever has the key matches. */
export interface Match {
  readonly keyCondition: string;
  readonly filter: string | undefined;
  readonly names: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, unknown>>;
}

// Names that are not part of a path behind a dot, and not values.
const attributeName = /(?<![\w#:]|\.\s*)(#\w+|[A-Za-z_]\w*)/g;
const wantsPath = /\b(attribute_exists|attribute_not_exists|attribute_type|size)\s*\(\s*:stint_key/;

/**
 * How to ask for the item with a key.
 * @throws SourceError when the filter asks of the key what can be asked of an attribute's path only
 */
export function matchByKey(reading: Reading, key: KeyAttributes): (item: DynamoKey) => Match {
  const { names = {}, values = {} } = reading.placeholders;
  const filter = conditionOf(reading)?.replace(attributeName, (name) => {
    const at = key.indexOf(names[name] ?? name);
    return at === -1 ? name : `:stint_key_${at}`;
  });
  const asked = wantsPath.exec(filter ?? '')?.[1];
  if (asked !== undefined) {
    throw new SourceError(
      'STINT_SOURCE_FILTER',
      `expected a filter that does not use ${asked} on the key (${key.join(', ')}); leave that out, and skip such items in the handler`,
    );
  }
  // DynamoDB refuses names and values that no expression uses.
  const used = new Set(`${filter ?? ''} ${reading.projection ?? ''}`.match(/[#:]\w+/g));
  const usedNames = Object.entries(names).filter(([name]) => used.has(name));
  const usedValues = Object.entries(values).filter(([name]) => used.has(name));
  return (item) => ({
    keyCondition: key.map((_name, at) => `#stint_key_${at} = :stint_key_${at}`).join(' AND '),
    filter,
    names: Object.fromEntries([...usedNames, ...key.map((name, at) => [`#stint_key_${at}`, name])]),
    values: Object.fromEntries([...usedValues, ...key.map((name, at) => [`:stint_key_${at}`, item[name]])]),
  });
}

function conditionOf({ index, keyCondition, filter }: Reading): string | undefined {
  const parts = [index === undefined ? undefined : keyCondition, filter].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.map((part) => `(${part})`).join(' AND ');
}
