/** What a table's keys are: asked once a table, and remembered. */
import { DescribeTableCommand, type KeySchemaElement, type TableDescription } from '@aws-sdk/client-dynamodb';
import type { DynamoClient } from './dynamodb-client.ts';

/** Attribute names, partition key first. */
export type KeyAttributes = readonly string[];

export interface IndexSchema {
  readonly key: KeyAttributes;
  /** Global indexes have no consistent reads. */
  readonly global: boolean;
}

export interface TableSchema {
  readonly key: KeyAttributes;
  readonly indexes: ReadonlyMap<string, IndexSchema>;
}

export interface ItemCounts {
  /** Up to six hours old. */
  readonly table: number | undefined;
  readonly indexes: ReadonlyMap<string, number | undefined>;
}

export class KeySchemas {
  readonly #client: DynamoClient;
  readonly #known = new Map<string, TableSchema>();

  constructor(client: DynamoClient) {
    this.#client = client;
  }

  async of(table: string, signal?: AbortSignal): Promise<TableSchema> {
    const known = this.#known.get(table);
    if (known !== undefined) return known;
    const description = await this.#describe(table, signal);
    const toIndex =
      (global: boolean) =>
      ({ IndexName, KeySchema }: { IndexName?: string | undefined; KeySchema?: KeySchemaElement[] | undefined }) =>
        [IndexName ?? '', { key: toNames(KeySchema), global }] as const;
    const schema: TableSchema = {
      key: toNames(description.KeySchema),
      indexes: new Map([
        ...(description.GlobalSecondaryIndexes ?? []).map(toIndex(true)),
        ...(description.LocalSecondaryIndexes ?? []).map(toIndex(false)),
      ]),
    };
    this.#known.set(table, schema);
    return schema;
  }

  /** About how many items there are now; asked anew each time. */
  async count(table: string, signal?: AbortSignal): Promise<ItemCounts> {
    const { ItemCount, GlobalSecondaryIndexes = [], LocalSecondaryIndexes = [] } = await this.#describe(table, signal);
    const indexes = [...GlobalSecondaryIndexes, ...LocalSecondaryIndexes];
    return { table: ItemCount, indexes: new Map(indexes.map((index) => [index.IndexName ?? '', index.ItemCount])) };
  }

  async #describe(table: string, signal: AbortSignal | undefined): Promise<TableDescription> {
    const call = { operation: 'DescribeTable', table, ...(signal === undefined ? {} : { signal }) } as const;
    const { Table = {} } = await this.#client.perform(call, ({ plain, options }) =>
      plain.send(new DescribeTableCommand({ TableName: this.#client.nameOf(table) }), options),
    );
    return Table;
  }
}

/** The key of an item as one text: the same for the same key, another for another. */
export function keyText(item: object, key: KeyAttributes): string {
  const values = item as Readonly<Record<string, unknown>>;
  if (key.length === 1) return valueText(values[key[0] ?? '']);
  return key.map((name) => valueText(values[name]).replaceAll('%', '%25').replaceAll('/', '%2F')).join('/');
}

// An attribute of a key has one type in all items of its table, so the types need no marks.
function valueText(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : String(value);
}

function toNames(schema: readonly KeySchemaElement[] = []): KeyAttributes {
  const partitionFirst = schema.toSorted((a, b) => Number(b.KeyType === 'HASH') - Number(a.KeyType === 'HASH'));
  return partitionFirst.map(({ AttributeName }) => AttributeName ?? '');
}
