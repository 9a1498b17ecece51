/**
 * Writes and reads of many items in one request.
 *
 * DynamoDB may leave a part of them undone. Guarantees: what was left undone is given back as the very objects the caller
 * passed; where that cannot be told, all of that kind, for doing a put or delete twice is harmless and losing one is not.
 */
import { BatchGetCommand, type BatchGetCommandOutput, BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import { StintError } from '../errors.ts';
import type { DynamoClient } from './dynamodb-client.ts';
import { type DynamoKey, toAttributes } from './dynamodb-expressions.ts';
import { type KeyAttributes, type KeySchemas, keyText } from './dynamodb-key-schema.ts';

const mostWrites = 25;
const mostReads = 100;

export interface BatchWrites<TItem extends object, TKey extends DynamoKey> {
  /** Whole items; each replaces the one with its key. @default none */
  readonly put?: readonly TItem[];
  /** Keys of items. @default none */
  readonly delete?: readonly TKey[];
}

export interface BatchWritten<TItem, TKey> {
  /** What DynamoDB did not do: the same objects that were passed. */
  readonly unprocessedPut: readonly TItem[];
  readonly unprocessedDelete: readonly TKey[];
}

export interface BatchRead<TItem, TKey> {
  /** In no order; items that do not exist are not among them. */
  readonly items: readonly TItem[];
  /** Keys that DynamoDB did not look up: the same objects that were passed. */
  readonly unprocessed: readonly TKey[];
}

export async function batchWrite<TItem extends object, TKey extends DynamoKey>(
  client: DynamoClient,
  schemas: KeySchemas,
  table: string,
  { put = [], delete: keys = [] }: BatchWrites<TItem, TKey>,
): Promise<BatchWritten<TItem, TKey>> {
  checkSize('writes', put.length + keys.length, mostWrites);
  if (put.length + keys.length === 0) return { unprocessedPut: [], unprocessedDelete: [] };
  const name = client.nameOf(table);
  const requests = [
    ...put.map((item) => ({ PutRequest: { Item: toAttributes(item) } })),
    ...keys.map((key) => ({ DeleteRequest: { Key: toAttributes(key) } })),
  ];
  const { UnprocessedItems = {} } = await client.perform(
    { operation: 'BatchWriteItem', table, input: () => ({ RequestItems: { [name]: requests } }) },
    ({ document, options }) => document.send(new BatchWriteCommand({ RequestItems: { [name]: requests } }), options),
  );
  const undone = UnprocessedItems[name] ?? [];
  if (undone.length === 0) return { unprocessedPut: [], unprocessedDelete: [] };
  const { key } = await schemas.of(table);
  return {
    unprocessedPut: pick(
      put,
      undone.flatMap(({ PutRequest }) => PutRequest?.Item ?? []),
      key,
    ),
    unprocessedDelete: pick(
      keys,
      undone.flatMap(({ DeleteRequest }) => DeleteRequest?.Key ?? []),
      key,
    ),
  };
}

export async function batchGet<TItem, TKey extends DynamoKey>(
  client: DynamoClient,
  table: string,
  keys: readonly TKey[],
  consistent: boolean,
): Promise<BatchRead<TItem, TKey>> {
  checkSize('reads', keys.length, mostReads);
  const [first] = keys;
  if (first === undefined) return { items: [], unprocessed: [] };
  const name = client.nameOf(table);
  const request = { Keys: keys.map(toAttributes), ConsistentRead: consistent };
  const output: BatchGetCommandOutput = await client.perform(
    { operation: 'BatchGetItem', table, input: () => ({ RequestItems: { [name]: request } }) },
    ({ document, options }) => document.send(new BatchGetCommand({ RequestItems: { [name]: request } }), options),
  );
  return {
    items: (output.Responses?.[name] ?? []) as TItem[],
    unprocessed: pick(keys, output.UnprocessedKeys?.[name]?.Keys ?? [], Object.keys(first)),
  };
}

/** Those of `passed` that have the keys of `undone`. */
function pick<TValue extends object>(
  passed: readonly TValue[],
  undone: readonly object[],
  key: KeyAttributes,
): readonly TValue[] {
  const wanted = new Set(undone.map((item) => keyText(item, key)));
  const found = passed.filter((item) => wanted.has(keyText(item, key)));
  return found.length === wanted.size ? found : passed;
}

function checkSize(what: string, size: number, most: number): void {
  if (size <= most) return;
  throw new StintError(
    'STINT_DYNAMODB_BATCH_TOO_BIG',
    `expected at most ${most} ${what} in a batch of DynamoDB, got ${size}; use groups of ${most}, e.g. ctx.eachBatch(…, { size: ${most} })`,
  );
}
