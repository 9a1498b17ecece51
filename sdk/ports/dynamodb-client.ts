/**
 * The one way to DynamoDB: every call of the AWS SDK is made here, through the door of effects.
 *
 * Guarantees: a call is sent once (no retries of the AWS SDK's own, which nobody would see or count); it ends when its
 * signal fires, with the signal's reason; in a dry run no write is sent; errors speak Stint's words and hold no record.
 * Does not guarantee that a write whose answer was lost, or which was aborted, did not happen.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Effects } from '../effects.ts';
import { DryRunWrite, StintError } from '../errors.ts';
import { currentCall } from '../loop/call.ts';
import { toDynamoError } from './dynamodb-errors.ts';
import { readNumber } from './dynamodb-numbers.ts';

export interface DynamoConfig {
  readonly region: string;
  /** `http://host:port` of a local DynamoDB. @default AWS's own for the region */
  readonly endpoint?: string;
  /** @default the AWS SDK's chain: environment, profile, the task's role */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** Put before every table's name, so that a stage or a test has tables of its own. @default none */
  readonly tablePrefix?: string;
}

export interface DynamoClientOptions {
  readonly config: DynamoConfig;
  readonly effects: Effects;
  readonly dryRun: boolean;
  /** Ends calls that are not made on behalf of an item. */
  readonly signal: AbortSignal;
  readonly concurrency: number;
}

export type DynamoOperation =
  | 'GetItem'
  | 'BatchGetItem'
  | 'Query'
  | 'Scan'
  | 'DescribeTable'
  | 'PutItem'
  | 'UpdateItem'
  | 'DeleteItem'
  | 'BatchWriteItem'
  | 'TransactWriteItems';

export interface DynamoCall {
  readonly operation: DynamoOperation;
  /** Without prefix; several are joined by commas. */
  readonly table: string;
  /** Ends the call. @default the signal of the item in work, else the run's */
  readonly signal?: AbortSignal;
  /** What is sent, in plain values, for recorders. @default not for them */
  readonly input?: () => object;
}

/** The AWS SDK's clients, and the options that each `send` is to be given. */
export interface AwsSender {
  readonly plain: DynamoDBClient;
  readonly document: DynamoDBDocumentClient;
  readonly options: { readonly abortSignal: AbortSignal };
}

const connectTimeoutMs = 5_000;
const requestTimeoutMs = 30_000;
const fewestSockets = 64;
const writing: ReadonlySet<DynamoOperation> = new Set([
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'BatchWriteItem',
  'TransactWriteItems',
]);

export class DynamoClient implements Disposable {
  readonly #options: DynamoClientOptions;
  readonly #plain: DynamoDBClient;
  readonly #document: DynamoDBDocumentClient;
  readonly #where: string;

  /** @throws StintError when region or endpoint cannot be right */
  constructor(options: DynamoClientOptions) {
    const { region, endpoint, credentials } = options.config;
    this.#options = options;
    this.#where = findHost(region, endpoint);
    const maxSockets = Math.max(fewestSockets, 2 * options.concurrency);
    this.#plain = new DynamoDBClient({
      region,
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(credentials === undefined ? {} : { credentials }),
      maxAttempts: 1,
      requestHandler: {
        connectionTimeout: connectTimeoutMs,
        requestTimeout: requestTimeoutMs,
        throwOnRequestTimeout: true,
        httpAgent: { keepAlive: true, maxSockets },
        httpsAgent: { keepAlive: true, maxSockets },
      },
    });
    this.#document = DynamoDBDocumentClient.from(this.#plain, {
      marshallOptions: { removeUndefinedValues: true },
      unmarshallOptions: { wrapNumbers: readNumber },
    });
  }

  /** The table's name as DynamoDB knows it. */
  nameOf(table: string): string {
    return `${this.#options.config.tablePrefix ?? ''}${table}`;
  }

  /** Makes one call. @throws DryRunWrite when it is a write and this is a dry run */
  async perform<TOutput>(
    { operation, table, signal, input }: DynamoCall,
    send: (aws: AwsSender) => Promise<TOutput>,
  ): Promise<TOutput> {
    const { effects, dryRun } = this.#options;
    const ending = signal ?? currentCall.getStore()?.signal ?? this.#options.signal;
    const write = writing.has(operation);
    ending.throwIfAborted();
    try {
      return await effects.perform(
        { kind: 'dynamodb', operation, target: table, write },
        () => {
          if (write && dryRun) throw new DryRunWrite(`dynamodb ${operation} ${table}`);
          ending.throwIfAborted();
          return send({ plain: this.#plain, document: this.#document, options: { abortSignal: ending } });
        },
        input && (() => ({ store: 'dynamodb', input: input() })),
      );
    } catch (error) {
      ending.throwIfAborted();
      throw toDynamoError(error, { where: this.#where, table: this.nameOf(table), operation });
    }
  }

  [Symbol.dispose](): void {
    this.#plain.destroy();
  }
}

function findHost(region: string, endpoint: string | undefined): string {
  if (!/^[a-z0-9-]+$/.test(region)) {
    throw new StintError(
      'STINT_DYNAMODB_CONFIG',
      `expected an AWS region like eu-central-1, got "${region}"; check AWS_REGION`,
    );
  }
  if (endpoint === undefined) return `dynamodb.${region}.amazonaws.com`;
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    throw new StintError(
      'STINT_DYNAMODB_CONFIG',
      'expected the endpoint of DynamoDB to be an http or https URL; check AWS_ENDPOINT_URL',
    );
  }
  return new URL(endpoint).host;
}
