/**
 * `ctx.dynamo`: items of DynamoDB tables as plain JavaScript values, and sources that read them.
 *
 * Guarantees: a call is sent once and ends with its item (signal, time); reads are consistent unless asked otherwise;
 * in a dry run no write is sent; no number is rounded: integers beyond 2^53 are bigints, both ways. `undefined` is
 * left out of what is written. Messages of errors name tables, never what is in them.
 * Does not guarantee that a write whose answer was lost did not happen. When such a write had a condition, its second
 * attempt may find the condition broken by the first: `applied` is then false although it was applied.
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Clock } from '../clock.ts';
import type { RetryContext } from '../pace/retry.ts';
import type { Random } from '../random.ts';
import { DynamoSource, type DynamoSourceContext } from '../sources/dynamodb.ts';
import { type QueryOptions, resolveQuery, resolveScan, type ScanOptions } from '../sources/dynamodb-reading.ts';
import type { Source } from '../sources/source.ts';
import { type BatchRead, type BatchWrites, type BatchWritten, batchGet, batchWrite } from './dynamodb-batch.ts';
import { DynamoClient, type DynamoClientOptions } from './dynamodb-client.ts';
import { type Condition, type DynamoKey, toAttributes, toCondition, toPlaceholders } from './dynamodb-expressions.ts';
import { KeySchemas } from './dynamodb-key-schema.ts';
import {
  type TransactionOptions,
  type TransactionResult,
  type TransactionWrite,
  transactWrite,
} from './dynamodb-transaction.ts';

export type { QueryOptions, ScanOptions } from '../sources/dynamodb-reading.ts';
export type { BatchRead, BatchWrites, BatchWritten } from './dynamodb-batch.ts';
export type { DynamoConfig } from './dynamodb-client.ts';
export type { Condition, DynamoKey } from './dynamodb-expressions.ts';
export type { TransactionOptions, TransactionResult, TransactionWrite } from './dynamodb-transaction.ts';

/** An item whose shape the author did not declare. */
export type DynamoItem = Record<string, unknown>;

export interface GetOptions {
  /** Whether to see every write that ended before; costs twice as much as without. @default true */
  readonly consistent?: boolean;
  /** A projection expression: the attributes to read. @default all */
  readonly projection?: string;
  /** For `#name` in the projection. @default none */
  readonly names?: Readonly<Record<string, string>>;
}

/** What became of a write. */
export interface Written {
  /** False: it had a condition, which did not hold, and nothing was written. Without a condition always true. */
  readonly applied: boolean;
}

export interface UpdateInput extends Condition {
  readonly table: string;
  readonly key: DynamoKey;
  /** An update expression, e.g. `SET #status = :paid`. An item that does not exist is made, unless a condition forbids. */
  readonly update: string;
  /** The item to give back: as it was before or is after the update. @default 'none' */
  readonly returns?: 'none' | 'before' | 'after';
}

export interface Updated<TItem> extends Written {
  /** The item that `returns` asked for; undefined when there is none or nothing was applied. */
  readonly item: TItem | undefined;
}

/** Types of items are the author's word, not checked. Table names are written without the stage's prefix. */
export interface Dynamo {
  /** Reads one item; undefined: there is none. */
  get<TItem extends object = DynamoItem>(
    table: string,
    key: DynamoKey,
    options?: GetOptions,
  ): Promise<TItem | undefined>;
  /** Writes a whole item in place of the one with its key. A condition that does not hold is no error: see `applied`. */
  put(table: string, item: object, condition?: Condition): Promise<Written>;
  /** Changes attributes of one item. A condition that does not hold is no error: see `applied`. */
  update<TItem extends object = DynamoItem>(input: UpdateInput): Promise<Updated<TItem>>;
  /** Deletes one item, if it is there. A condition that does not hold is no error: see `applied`. */
  delete(table: string, key: DynamoKey, condition?: Condition): Promise<Written>;
  /** Reads up to 100 items. What comes back `unprocessed` has to be asked for again. */
  batchGet<TItem extends object = DynamoItem, TKey extends DynamoKey = DynamoKey>(
    table: string,
    keys: readonly TKey[],
    options?: Pick<GetOptions, 'consistent'>,
  ): Promise<BatchRead<TItem, TKey>>;
  /** Puts and deletes up to 25 items in all. What comes back unprocessed was not done: `item.retry(…)` it. */
  batchWrite<TItem extends object = DynamoItem, TKey extends DynamoKey = DynamoKey>(
    table: string,
    writes: BatchWrites<TItem, TKey>,
  ): Promise<BatchWritten<TItem, TKey>>;
  /** Does up to 100 writes all or none. A condition that does not hold is no error: see `applied`. */
  transactWrite(writes: readonly TransactionWrite[], options?: TransactionOptions): Promise<TransactionResult>;
  /** A source of all items of a table or index, in no meaningful order; see `sources/dynamodb.ts`. */
  scan<TItem extends object = DynamoItem>(options: ScanOptions): Source<TItem>;
  /** A source of the items of one partition in the order of its sort key; see `sources/dynamodb.ts`. */
  query<TItem extends object = DynamoItem>(options: QueryOptions): Source<TItem>;
}

export interface DynamoPortOptions extends DynamoClientOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Told when a source reads a page again after an error. @default nobody */
  readonly onRetry?: RetryContext['onRetry'];
}

const returnValues = { none: 'NONE', before: 'ALL_OLD', after: 'ALL_NEW' } as const;

export class DynamoPort implements Dynamo, AsyncDisposable {
  readonly #client: DynamoClient;
  readonly #schemas: KeySchemas;
  readonly #sources: DynamoSourceContext;

  /** @throws StintError when region or endpoint cannot be right */
  constructor(options: DynamoPortOptions) {
    const { effects, clock, random, onRetry } = options;
    this.#client = new DynamoClient(options);
    this.#schemas = new KeySchemas(this.#client);
    this.#sources = { client: this.#client, schemas: this.#schemas, effects, clock, random, onRetry };
  }

  async get<TItem extends object = DynamoItem>(
    table: string,
    key: DynamoKey,
    options: GetOptions = {},
  ): Promise<TItem | undefined> {
    const { consistent = true, projection, names } = options;
    const command = new GetCommand({
      TableName: this.#client.nameOf(table),
      Key: toAttributes(key),
      ConsistentRead: consistent,
      ...(projection === undefined ? {} : { ProjectionExpression: projection }),
      ...toPlaceholders(names === undefined ? {} : { names }),
    });
    const { Item } = await this.#client.perform({ operation: 'GetItem', table, input: () => command.input }, (aws) =>
      aws.document.send(command, aws.options),
    );
    return Item as TItem | undefined;
  }

  async put(table: string, item: object, condition: Condition = {}): Promise<Written> {
    const command = new PutCommand({
      TableName: this.#client.nameOf(table),
      Item: toAttributes(item),
      ...toCondition(condition),
    });
    const output = await ifConditionHolds(
      this.#client.perform({ operation: 'PutItem', table, input: () => command.input }, (aws) =>
        aws.document.send(command, aws.options),
      ),
    );
    return { applied: output !== undefined };
  }

  async update<TItem extends object = DynamoItem>(input: UpdateInput): Promise<Updated<TItem>> {
    const { table, key, update, returns = 'none' } = input;
    const command = new UpdateCommand({
      TableName: this.#client.nameOf(table),
      Key: toAttributes(key),
      UpdateExpression: update,
      ReturnValues: returnValues[returns],
      ...toCondition(input),
    });
    const output = await ifConditionHolds(
      this.#client.perform({ operation: 'UpdateItem', table, input: () => command.input }, (aws) =>
        aws.document.send(command, aws.options),
      ),
    );
    return { applied: output !== undefined, item: output?.Attributes as TItem | undefined };
  }

  async delete(table: string, key: DynamoKey, condition: Condition = {}): Promise<Written> {
    const command = new DeleteCommand({
      TableName: this.#client.nameOf(table),
      Key: toAttributes(key),
      ...toCondition(condition),
    });
    const output = await ifConditionHolds(
      this.#client.perform({ operation: 'DeleteItem', table, input: () => command.input }, (aws) =>
        aws.document.send(command, aws.options),
      ),
    );
    return { applied: output !== undefined };
  }

  batchGet<TItem extends object = DynamoItem, TKey extends DynamoKey = DynamoKey>(
    table: string,
    keys: readonly TKey[],
    { consistent = true }: Pick<GetOptions, 'consistent'> = {},
  ): Promise<BatchRead<TItem, TKey>> {
    return batchGet(this.#client, table, keys, consistent);
  }

  batchWrite<TItem extends object = DynamoItem, TKey extends DynamoKey = DynamoKey>(
    table: string,
    writes: BatchWrites<TItem, TKey>,
  ): Promise<BatchWritten<TItem, TKey>> {
    return batchWrite(this.#client, this.#schemas, table, writes);
  }

  transactWrite(writes: readonly TransactionWrite[], options: TransactionOptions = {}): Promise<TransactionResult> {
    return transactWrite(this.#client, writes, options);
  }

  scan<TItem extends object = DynamoItem>(options: ScanOptions): Source<TItem> {
    return new DynamoSource<TItem>(resolveScan(options), this.#sources);
  }

  query<TItem extends object = DynamoItem>(options: QueryOptions): Source<TItem> {
    return new DynamoSource<TItem>(resolveQuery(options), this.#sources);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client[Symbol.dispose]();
  }
}

/** Undefined: the condition of the write did not hold. */
async function ifConditionHolds<TOutput>(write: Promise<TOutput>): Promise<TOutput | undefined> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}
