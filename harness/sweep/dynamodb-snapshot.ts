/**
 * The DynamoDB tables of a fork as they are now, and the way back to that: what was written since is deleted, what was changed or
 * deleted is written again.
 *
 * Guarantees: after `restore` resolves with true, all items are as they were. It resolves with false when tables were made or deleted: make
 * another fork then.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  type AttributeValue,
  BatchWriteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  paginateListTables,
  paginateScan,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import type { Fork } from '../stack/stack.ts';

type Item = Record<string, AttributeValue>;

interface SavedTable {
  readonly key: readonly string[];
  readonly items: ReadonlyMap<string, Item>;
}

/** The most that BatchWriteItem takes. */
const itemsPerBatch = 25;

export class DynamodbSnapshot implements Disposable {
  readonly #client: DynamoDBClient;
  readonly #prefix: string;
  readonly #tables: ReadonlyMap<string, SavedTable>;

  private constructor(client: DynamoDBClient, prefix: string, tables: ReadonlyMap<string, SavedTable>) {
    this.#client = client;
    this.#prefix = prefix;
    this.#tables = tables;
  }

  static async take({ dynamodb, tablePrefix }: Fork): Promise<DynamodbSnapshot> {
    const { endpoint, region, accessKeyId, secretAccessKey } = dynamodb;
    const client = new DynamoDBClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
    const tables = new Map<string, SavedTable>();
    for (const name of await namesOf(client, tablePrefix)) {
      const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
      const key = (Table?.KeySchema ?? []).flatMap(({ AttributeName }) => AttributeName ?? []);
      tables.set(name, { key, items: await readItems(client, name, key) });
    }
    return new DynamodbSnapshot(client, tablePrefix, tables);
  }

  /** Puts everything back; false: it cannot. */
  async restore(): Promise<boolean> {
    // Jobs cannot make tables through their context: a fork that has none still has none.
    if (this.#tables.size === 0) return true;
    const names = await namesOf(this.#client, this.#prefix);
    if (!isDeepStrictEqual(names, [...this.#tables.keys()])) return false;
    await Promise.all([...this.#tables].map(([name, table]) => this.#restoreTable(name, table)));
    return true;
  }

  [Symbol.dispose](): void {
    this.#client.destroy();
  }

  async #restoreTable(name: string, { key, items: wanted }: SavedTable): Promise<void> {
    const found = await readItems(this.#client, name, key);
    const tooMany = [...found].filter(([id]) => !wanted.has(id)).map(([, item]) => item);
    const missing = [...wanted].filter(([id, item]) => !isDeepStrictEqual(found.get(id), item)).map(([, item]) => item);
    await this.#write(name, [
      ...tooMany.map((item) => ({ DeleteRequest: { Key: keyOf(item, key) } })),
      ...missing.map((Item) => ({ PutRequest: { Item } })),
    ]);
  }

  async #write(name: string, requests: readonly WriteRequest[]): Promise<void> {
    let left = [...requests];
    while (left.length > 0) {
      const RequestItems = { [name]: left.slice(0, itemsPerBatch) };
      const { UnprocessedItems } = await this.#client.send(new BatchWriteItemCommand({ RequestItems }));
      left = [...left.slice(itemsPerBatch), ...(UnprocessedItems?.[name] ?? [])];
    }
  }
}

/** In alphabetical order. */
async function namesOf(client: DynamoDBClient, prefix: string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { TableNames = [] } of paginateListTables({ client }, {}))
    names.push(...TableNames.filter((each) => each.startsWith(prefix)));
  return names.sort();
}

async function readItems(
  client: DynamoDBClient,
  TableName: string,
  key: readonly string[],
): Promise<ReadonlyMap<string, Item>> {
  const items = new Map<string, Item>();
  for await (const { Items = [] } of paginateScan({ client }, { TableName, ConsistentRead: true }))
    for (const item of Items) items.set(JSON.stringify(Object.values(keyOf(item, key))), item);
  return items;
}

function keyOf(item: Item, key: readonly string[]): Item {
  return Object.fromEntries(key.flatMap((name) => (item[name] === undefined ? [] : [[name, item[name]]])));
}
