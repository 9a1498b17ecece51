/** Tables and items as the files of a case: CreateTable's input, and lines of plain JSON, or typed where that would lose something. */
import type { AttributeValue, CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { RecordedTable, TypedItem } from './dynamodb-recorder.ts';

/** For a table of this name: the recorded one may have a prefix. */
export function tableDefinition(name: string, { description }: RecordedTable): CreateTableCommandInput {
  const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, LocalSecondaryIndexes } = description;
  const index = ({ IndexName, KeySchema: key, Projection }: NonNullable<typeof LocalSecondaryIndexes>[number]) => ({
    IndexName,
    KeySchema: key,
    Projection,
  });
  return {
    TableName: name,
    AttributeDefinitions,
    KeySchema,
    ...(LocalSecondaryIndexes?.length && { LocalSecondaryIndexes: LocalSecondaryIndexes.map(index) }),
    ...(GlobalSecondaryIndexes?.length && { GlobalSecondaryIndexes: GlobalSecondaryIndexes.map(index) }),
    // Throughput is the live table's business.
    BillingMode: 'PAY_PER_REQUEST',
  };
}

/** One line an item. */
export function itemLines({ items }: RecordedTable): readonly string[] {
  if (items.every((item) => Object.values(item).every(isPlain) && !looksTyped(item)))
    return items.map((item) => JSON.stringify(unmarshall(item)));
  return items.map((item) => JSON.stringify({ Item: mapValues(item, toExport) }));
}

function isPlain(value: AttributeValue): boolean {
  if (value.N !== undefined) {
    const number = Number(value.N);
    return String(number) === value.N && (!Number.isInteger(number) || Number.isSafeInteger(number));
  }
  if (value.L !== undefined) return value.L.every(isPlain);
  if (value.M !== undefined) return Object.values(value.M).every(isPlain);
  return value.S !== undefined || value.BOOL !== undefined || value.NULL !== undefined;
}

/** A plain item with one attribute `Item` would be read as a typed one. */
function looksTyped(item: TypedItem): boolean {
  return Object.keys(item).join() === 'Item';
}

/** Bytes are base64 in exports. */
function toExport(value: AttributeValue): unknown {
  if (value.B !== undefined) return { B: Buffer.from(value.B).toString('base64') };
  if (value.BS !== undefined) return { BS: value.BS.map((bytes) => Buffer.from(bytes).toString('base64')) };
  if (value.L !== undefined) return { L: value.L.map(toExport) };
  return value.M === undefined ? value : { M: mapValues(value.M, toExport) };
}

function mapValues(item: TypedItem, convert: (value: AttributeValue) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, convert(value)]));
}
