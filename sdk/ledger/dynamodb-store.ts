/**
 * Items in DynamoDB: the ledger's own client, apart from the port that jobs use.
 *
 * Guarantees: a call is sent once, and ends within its time; reads are consistent; an error speaks Stint's words and holds
 * no record. Does not guarantee that a write whose answer was lost did not happen: the protocol expects that.
 */
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchWriteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Clock } from '../clock.ts';
import { LedgerError, StintError } from '../errors.ts';
import { toDynamoError } from '../ports/dynamodb-errors.ts';
import { Expression } from './dynamodb-expression.ts';
import { explainTable } from './dynamodb-table.ts';
import type { Change, Condition, Expected, Item, ItemKey, ItemsQuery, ItemsStore } from './items-store.ts';

export interface DynamoStoreConfig {
  readonly table: string;
  readonly region: string;
  /** `http://host:port` of a local DynamoDB. @default AWS's own for the region */
  readonly endpoint?: string | undefined;
  /** @default the AWS SDK's chain: environment, profile, the task's role */
  readonly credentials?:
    | { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }
    | undefined;
}

const connectTimeoutMs = 5_000;
const requestTimeoutMs = 10_000;
const sockets = 32;
const batchSize = 25;
const batchTries = 6;
const batchPauseMs = 50;
/** Of a partition's key. */
const mostKeyBytes = 2_048;

/** A client as the ledger uses it. */
export function openLedgerClient({ region, endpoint, credentials }: Omit<DynamoStoreConfig, 'table'>): DynamoDBClient {
  const agent = { keepAlive: true, maxSockets: sockets };
  return new DynamoDBClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    // Its own repetitions would make it take a write of its own for somebody else's.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: connectTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    },
  });
}

export class DynamoStore implements ItemsStore {
  readonly #table: string;
  readonly #where: string;
  readonly #clock: Clock;
  readonly #client: DynamoDBClient;
  readonly #document: DynamoDBDocumentClient;

  constructor(config: DynamoStoreConfig, clock: Clock) {
    this.#table = config.table;
    this.#where = hostOf(config);
    this.#clock = clock;
    this.#client = openLedgerClient(config);
    this.#document = DynamoDBDocumentClient.from(this.#client, { marshallOptions: { removeUndefinedValues: true } });
  }

  async get({ pk, sk }: ItemKey): Promise<Item | undefined> {
    // Asked for more than a key can be, it answers with an error, and nothing is there.
    if (Buffer.byteLength(pk) > mostKeyBytes) return undefined;
    const { Item: item } = await this.#call('GetItem', () =>
      this.#document.send(new GetCommand({ TableName: this.#table, Key: { pk, sk }, ConsistentRead: true })),
    );
    return item as Item | undefined;
  }

  put(item: Item, condition?: Condition): Promise<boolean> {
    const expression = new Expression();
    const input = {
      TableName: this.#table,
      Item: item,
      ...(condition === undefined ? {} : { ConditionExpression: expression.condition(condition) }),
      ...expression.placeholders,
    };
    return this.#write('PutItem', () => this.#document.send(new PutCommand(input)));
  }

  update({ pk, sk }: ItemKey, change: Change, condition: Expected): Promise<boolean> {
    const expression = new Expression();
    const input = {
      TableName: this.#table,
      Key: { pk, sk },
      UpdateExpression: expression.change(change),
      ConditionExpression: expression.condition(condition),
      ...expression.placeholders,
    };
    return this.#write('UpdateItem', () => this.#document.send(new UpdateCommand(input)));
  }

  async putAll(items: readonly Item[]): Promise<void> {
    for (let at = 0; at < items.length; at += batchSize) await this.#putBatch(items.slice(at, at + batchSize));
  }

  async query(pk: string, { after, limit, reverse = false }: ItemsQuery): Promise<readonly Item[]> {
    const items: Item[] = [];
    let start: Record<string, unknown> | undefined = after === undefined ? undefined : { pk, sk: after };
    do {
      const input = {
        TableName: this.#table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': pk },
        ScanIndexForward: !reverse,
        ConsistentRead: true,
        Limit: limit - items.length,
        ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      };
      const page = await this.#call('Query', () => this.#document.send(new QueryCommand(input)));
      items.push(...((page.Items ?? []) as Item[]));
      // A page ends at 1 MB, whatever was asked for.
      start = page.LastEvaluatedKey;
    } while (start !== undefined && items.length < limit);
    return items;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.destroy();
  }

  async #putBatch(items: readonly Item[]): Promise<void> {
    let requests = items.map((item) => ({ PutRequest: { Item: item as Record<string, unknown> } }));
    for (let attempt = 0; attempt < batchTries; attempt++) {
      if (attempt > 0) await this.#clock.sleep(batchPauseMs * 2 ** (attempt - 1));
      const { UnprocessedItems = {} } = await this.#call('BatchWriteItem', () =>
        this.#document.send(new BatchWriteCommand({ RequestItems: { [this.#table]: requests } })),
      );
      const undone = UnprocessedItems[this.#table] ?? [];
      if (undone.length === 0) return;
      requests = undone.flatMap(({ PutRequest }) =>
        PutRequest?.Item === undefined ? [] : [{ PutRequest: { Item: PutRequest.Item } }],
      );
    }
    throw new LedgerError(
      `expected DynamoDB to write ${items.length} items to ${this.#table}, but it left ${requests.length} of them undone ${batchTries} times; try again`,
    );
  }

  async #write(operation: string, send: () => Promise<unknown>): Promise<boolean> {
    try {
      await this.#call(operation, send);
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  async #call<TOutput>(operation: string, send: () => Promise<TOutput>): Promise<TOutput> {
    try {
      return await send();
    } catch (error) {
      const explained = toDynamoError(error, { where: this.#where, table: this.#table, operation });
      throw explained instanceof StintError && explained.code === 'STINT_DYNAMODB_NO_TABLE'
        ? explainTable(this.#table, this.#where, explained)
        : explained;
    }
  }
}

/** Host and port. @throws StintError when the endpoint is no URL */
export function hostOf({ region, endpoint }: DynamoStoreConfig): string {
  if (endpoint === undefined) return `dynamodb.${region}.amazonaws.com`;
  if (URL.canParse(endpoint)) return new URL(endpoint).host;
  throw new StintError(
    'STINT_DYNAMODB_CONFIG',
    'expected the endpoint of the ledger in DynamoDB to be an http or https URL; check AWS_ENDPOINT_URL',
  );
}
