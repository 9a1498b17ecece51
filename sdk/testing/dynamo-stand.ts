/**
 * For tests only: the DynamoDB of the suite's stack behind a proxy that does harm on demand, and a clock that does not wait.
 *
 * Guarantees: tables of a stand begin with a prefix of its own, and are dropped when it stops. What the store cannot do is
 * found by asking it (`can`). Does not speak TLS, and the proxy's address is what requests are signed for: no stand on AWS.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  DynamoDBServiceException,
  TransactWriteItemsCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import type { Fork } from '../../harness/stack/stack.ts';
import { testStack } from '../../harness/testing/test-stack.ts';
import type { Clock } from '../clock.ts';
import { type EffectMiddleware, Effects } from '../effects.ts';
import { DynamoPort, type DynamoPortOptions } from '../ports/dynamodb.ts';
import { seededRandom } from '../random.ts';

/** What is done to a request in place of serving it. */
export type Fault =
  | 'reset'
  /** Served, but the answer is cut off in the middle. */
  | 'cut'
  /** Served, but the answer never comes. */
  | 'hold'
  /** Not served: answered with this. */
  | { readonly status: number; readonly body: unknown }
  /** Served, and the answer changed. */
  | ((answer: Record<string, unknown>) => unknown);

export interface SeenRequest {
  readonly operation: string;
  readonly input: Record<string, unknown>;
}

export class DynamoStand {
  readonly seen: SeenRequest[] = [];
  /** Asked at each request, with its number from 0. */
  fault: (seen: SeenRequest, number: number) => Fault | undefined = () => undefined;
  /** Told when a request is held. */
  onHold: () => void = () => {};
  readonly #store: Fork;
  readonly #proxy: Server;
  #tables = 0;

  private constructor(store: Fork, proxy: Server) {
    this.#store = store;
    this.#proxy = proxy;
  }

  static async start(): Promise<DynamoStand> {
    const store = await testStack().fork({ name: 'dynamo' });
    const proxy = createServer((incoming, outgoing) => void stand.#serve(incoming, outgoing));
    const stand = new DynamoStand(store, proxy);
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    return stand;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#proxy.address() as AddressInfo).port}`;
  }

  /** What a client needs. A store may keep the tables of each key and region apart: those of the stack are dropped. */
  get config() {
    const { region, accessKeyId, secretAccessKey } = this.#store.dynamodb;
    return { endpoint: this.endpoint, region, credentials: { accessKeyId, secretAccessKey } };
  }

  /** Whether the store knows the operation at all: dynalite has neither. */
  async can(operation: 'TransactWriteItems' | 'UpdateTimeToLive'): Promise<boolean> {
    const client = new DynamoDBClient({ ...this.config, endpoint: this.#store.dynamodb.endpoint });
    try {
      // Neither can be done: a store that knows the operation says why.
      const TimeToLiveSpecification = { AttributeName: 'at', Enabled: true };
      if (operation === 'TransactWriteItems') await client.send(new TransactWriteItemsCommand({ TransactItems: [] }));
      else await client.send(new UpdateTimeToLiveCommand({ TableName: '?', TimeToLiveSpecification }));
      return true;
    } catch (error) {
      if (error instanceof DynamoDBServiceException) return error.name !== 'UnknownOperationException';
      throw error;
    } finally {
      client.destroy();
    }
  }

  /** Forgets what was seen and does no more harm; each call gives a prefix that no table has yet. */
  reset(): string {
    this.seen.length = 0;
    this.fault = () => undefined;
    this.#tables += 1;
    return `${this.#store.tablePrefix}${this.#tables}-`;
  }

  async stop(): Promise<void> {
    this.#proxy.closeAllConnections();
    await new Promise((resolve) => this.#proxy.close(resolve));
    await this.#store[Symbol.asyncDispose]();
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await readAll(incoming);
    const operation = String(incoming.headers['x-amz-target']).split('.')[1] ?? '';
    const seen = { operation, input: JSON.parse(body) as Record<string, unknown> };
    const fault = this.fault(seen, this.seen.push(seen) - 1);
    if (fault === 'reset') {
      incoming.socket.resetAndDestroy();
    } else if (fault === 'hold') {
      this.onHold();
    } else if (typeof fault === 'object') {
      outgoing.writeHead(fault.status, { 'content-type': 'application/x-amz-json-1.0' });
      outgoing.end(typeof fault.body === 'string' ? fault.body : JSON.stringify(fault.body));
    } else {
      const { status, text } = await this.#forward(incoming, body);
      if (fault === 'cut') {
        outgoing.writeHead(status, { 'content-length': text.length });
        outgoing.write(text.slice(0, text.length / 2), () => incoming.socket.resetAndDestroy());
      } else {
        outgoing.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
        outgoing.end(typeof fault === 'function' ? JSON.stringify(fault(JSON.parse(text))) : text);
      }
    }
  }

  async #forward({ headers }: IncomingMessage, body: string): Promise<{ status: number; text: string }> {
    const forwarded = request(this.#store.dynamodb.endpoint, { method: 'POST', headers, agent: false });
    forwarded.end(body);
    const [answer] = (await once(forwarded, 'response')) as [IncomingMessage];
    return { status: answer.statusCode ?? 0, text: await readAll(answer) };
  }
}

/** An error as DynamoDB answers it. */
export function awsError(name: string, status = 400, message = 'no'): Fault {
  return { status, body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message } };
}

/** Sleeps take no time, but the clock goes on by them. */
export class SkippingClock implements Clock {
  nowMs = 1_000;
  readonly slept: number[] = [];

  now(): number {
    return this.nowMs;
  }

  monotonicMs(): number {
    return this.nowMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.slept.push(ms);
    this.nowMs += ms;
  }

  setTimer(): never {
    throw new Error('no timers in these tests');
  }
}

export interface PortOptions extends Partial<Omit<DynamoPortOptions, 'effects'>> {
  readonly middleware?: readonly EffectMiddleware[];
}

export function openPort(
  stand: DynamoStand,
  tablePrefix: string,
  { middleware = [], ...options }: PortOptions = {},
): DynamoPort {
  return new DynamoPort({
    config: { ...stand.config, tablePrefix },
    effects: new Effects(middleware),
    clock: new SkippingClock(),
    random: seededRandom(1),
    dryRun: false,
    signal: new AbortController().signal,
    concurrency: 8,
    ...options,
  });
}

type TableInput = Pick<CreateTableCommandInput, 'GlobalSecondaryIndexes' | 'LocalSecondaryIndexes'>;

/** Makes a table. `key`: attribute names, each with its type behind a colon, the partition's first; `extra` likewise, for indexes. */
export async function createTable(
  stand: DynamoStand,
  name: string,
  key: readonly string[],
  extra: readonly string[] = [],
  indexes: TableInput = {},
): Promise<void> {
  const client = new DynamoDBClient(stand.config);
  const split = (entry: string) => entry.split(':') as [string, 'S' | 'N' | 'B'];
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: toKeySchema(key.map((entry) => split(entry)[0])),
      AttributeDefinitions: [...key, ...extra]
        .map(split)
        .map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
      ...indexes,
    }),
  );
  client.destroy();
}

export function toIndex(IndexName: string, key: readonly string[]) {
  return { IndexName, KeySchema: toKeySchema(key), Projection: { ProjectionType: 'ALL' } } as const;
}

function toKeySchema(names: readonly string[]): CreateTableCommandInput['KeySchema'] {
  return names.map((AttributeName, at) => ({ AttributeName, KeyType: at === 0 ? 'HASH' : 'RANGE' }) as const);
}

/** Fills a table through the port, 25 at a time. */
export async function fill(port: DynamoPort, table: string, items: readonly object[]): Promise<void> {
  for (let at = 0; at < items.length; at += 25) await port.batchWrite(table, { put: items.slice(at, at + 25) });
}

async function readAll(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
