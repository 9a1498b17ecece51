/**
 * Keeps which items a run reads or is about to write, as they were before it wrote them.
 *
 * Guarantees: items of results and targets of writes are read whole and typed, consistently, before the job's handler sees the
 * result or the write is sent; the first version that was seen counts. There are no snapshots in DynamoDB: what others
 * change between the job's read and ours is in the case as they left it.
 */
import {
  type AttributeValue,
  BatchGetItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoConfig, EffectMiddleware } from '@stint/sdk';
import { keysIn, type PlainItem } from './dynamodb-keys.ts';

export type TypedItem = Record<string, AttributeValue>;

export interface RecordedTable {
  readonly description: TableDescription;
  readonly items: readonly TypedItem[];
}

export interface DynamodbRecording {
  /** By name, without prefix. */
  readonly tables: Readonly<Record<string, RecordedTable>>;
  readonly warnings: readonly string[];
}

interface Seen {
  readonly description: TableDescription;
  readonly key: readonly string[];
  /** By key; undefined: there was none. */
  readonly items: Map<string, TypedItem | undefined>;
}

const keysAtOnce = 100;

export class DynamodbRecorder implements Disposable {
  readonly #client: DynamoDBClient;
  readonly #prefix: string;
  readonly #tables = new Map<string, Promise<Seen>>();
  readonly #warnings = new Set<string>();

  constructor({ tablePrefix = '', ...config }: DynamoConfig) {
    this.#client = new DynamoDBClient(config);
    this.#prefix = tablePrefix;
  }

  readonly middleware: EffectMiddleware = async (effect, next, detail) => {
    const made = effect.kind === 'dynamodb' ? detail?.() : undefined;
    if (made?.store !== 'dynamodb') return next();
    const named = keysIn(made.input, effect.target, this.#prefix);
    for (const [table, keys] of named) await this.#look(table, keys);
    const result = (await next()) as { readonly Items?: readonly PlainItem[] };
    // A scan and a query name no keys: their results do.
    if (named.size === 0) await this.#look(effect.target, result.Items ?? []);
    return result;
  };

  async finish(): Promise<DynamodbRecording> {
    const tables: Record<string, RecordedTable> = {};
    for (const [table, seen] of this.#tables) {
      const { description, items } = await seen;
      tables[table] = { description, items: [...items.values()].filter((item) => item !== undefined) };
    }
    return { tables, warnings: [...this.#warnings] };
  }

  [Symbol.dispose](): void {
    this.#client.destroy();
  }

  async #look(table: string, items: readonly PlainItem[]): Promise<void> {
    const seen = await this.#tableOf(table);
    const wanted = new Map<string, TypedItem>();
    for (const item of items) {
      const key = Object.fromEntries(seen.key.map((name) => [name, item[name]]));
      if (Object.values(key).some((value) => value === undefined)) {
        this.#warnings.add(
          `items of ${table} were read without their key (${seen.key.join(', ')}), and are not in the case; read the key too`,
        );
        continue;
      }
      const typed = marshall(key);
      const id = JSON.stringify(typed);
      if (!seen.items.has(id)) wanted.set(id, typed);
    }
    const entries = [...wanted];
    for (let start = 0; start < entries.length; start += keysAtOnce)
      await this.#read(table, seen, entries.slice(start, start + keysAtOnce));
  }

  async #read(table: string, { key, items }: Seen, entries: readonly (readonly [string, TypedItem])[]): Promise<void> {
    const name = `${this.#prefix}${table}`;
    const found = new Map<string, TypedItem>();
    let keys: TypedItem[] = entries.map(([, typed]) => typed);
    while (keys.length > 0) {
      const output = await this.#client.send(
        new BatchGetItemCommand({ RequestItems: { [name]: { Keys: keys, ConsistentRead: true } } }),
      );
      for (const item of output.Responses?.[name] ?? [])
        found.set(JSON.stringify(Object.fromEntries(key.map((each) => [each, item[each]]))), item);
      keys = output.UnprocessedKeys?.[name]?.Keys ?? [];
    }
    // What another call has seen meanwhile was seen first.
    for (const [id] of entries) if (!items.has(id)) items.set(id, found.get(id));
  }

  #tableOf(table: string): Promise<Seen> {
    const known = this.#tables.get(table);
    if (known !== undefined) return known;
    const seen = this.#client
      .send(new DescribeTableCommand({ TableName: `${this.#prefix}${table}` }))
      .then(({ Table: description = {} }) => ({
        description,
        key: (description.KeySchema ?? []).flatMap(({ AttributeName }) => AttributeName ?? []),
        items: new Map<string, TypedItem | undefined>(),
      }));
    this.#tables.set(table, seen);
    return seen;
  }
}
