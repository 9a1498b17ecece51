/** The calls of a DynamoDB source: a page of a scan or query, and one item by its key. */
import {
  QueryCommand,
  type QueryCommandInput,
  type QueryCommandOutput,
  ScanCommand,
  type ScanCommandOutput,
} from '@aws-sdk/lib-dynamodb';
import type { Clock } from '../clock.ts';
import type { Effects } from '../effects.ts';
import { type RetryContext, retrying } from '../pace/retry.ts';
import type { AwsSender, DynamoClient } from '../ports/dynamodb-client.ts';
import { type Attributes, type DynamoKey, toPlaceholders } from '../ports/dynamodb-expressions.ts';
import type { KeySchemas } from '../ports/dynamodb-key-schema.ts';
import type { Random } from '../random.ts';
import { type Facts, toFacts } from './dynamodb-facts.ts';
import { ReadUnits } from './dynamodb-read-units.ts';
import type { Reading } from './dynamodb-reading.ts';

export interface DynamoSourceContext {
  readonly client: DynamoClient;
  readonly schemas: KeySchemas;
  readonly effects: Effects;
  readonly clock: Clock;
  readonly random: Random;
  readonly onRetry: RetryContext['onRetry'];
}

export interface PageRequest {
  /** Of the source's own. */
  readonly segment: number;
  /** Exclusive; undefined: from the segment's start. */
  readonly start: Attributes | undefined;
  /** How many items to look at; the filter leaves out some of them. */
  readonly limit: number;
}

export interface FoundItems {
  readonly items: readonly Attributes[];
  /** Where to go on; undefined: that was the end. */
  readonly last: Attributes | undefined;
  /** Monotonic ms at which they were asked for. */
  readonly readMs: number;
}

// A page that fails is read again: an outage or a throttling of some ten seconds is lived through.
const readPolicy = { attempts: 10, baseMs: 100, maxMs: 5_000, maxRetryAfterMs: 0 };

export class DynamoReader {
  readonly #reading: Reading;
  readonly #context: DynamoSourceContext;
  readonly #retry: RetryContext;
  readonly #units: ReadUnits | undefined;
  #facts: Facts | undefined;
  #looking: Promise<Facts> | undefined;

  constructor(reading: Reading, context: DynamoSourceContext) {
    const { maxReadUnitsPerSecond } = reading;
    this.#reading = reading;
    this.#context = context;
    this.#retry = { ...context, policy: readPolicy };
    this.#units = maxReadUnitsPerSecond === undefined ? undefined : new ReadUnits(maxReadUnitsPerSecond, context);
  }

  /** Known once the table was looked at. */
  get facts(): Facts {
    if (this.#facts === undefined) throw new RangeError('the source was not read from yet');
    return this.#facts;
  }

  /** Once for all segments. @throws SourceError when the source cannot be read as it was asked to */
  async lookAtTable(signal: AbortSignal): Promise<Facts> {
    if (this.#facts !== undefined) return this.#facts;
    this.#looking ??= this.#look(signal).finally(() => {
      this.#looking = undefined;
    });
    this.#facts = await this.#looking;
    return this.#facts;
  }

  /** About how many items the table or index has. */
  async count(signal: AbortSignal): Promise<number | undefined> {
    const { table, index } = this.#reading;
    const counts = await retrying(this.#retry, signal, () => this.#context.schemas.count(table, signal));
    return index === undefined ? counts.table : counts.indexes.get(index);
  }

  /** Reads a page, again and again if it has to be. */
  page({ segment, start, limit }: PageRequest, signal: AbortSignal): Promise<FoundItems> {
    const {
      operation,
      segments,
      shard = { index: 0, count: 1 },
      index,
      keyCondition,
      descending,
      filter,
      placeholders,
    } = this.#reading;
    const input = {
      ...this.#commonInput(),
      Limit: limit,
      ConsistentRead: this.facts.consistent,
      ...(index === undefined ? {} : { IndexName: index }),
      ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      ...(filter === undefined ? {} : { FilterExpression: filter }),
      ...toPlaceholders(placeholders),
    };
    const total = segments * shard.count;
    const range = total === 1 ? {} : { Segment: shard.index * segments + segment, TotalSegments: total };
    const send = ({ document, options }: AwsSender): Promise<QueryCommandOutput | ScanCommandOutput> =>
      operation === 'Scan'
        ? document.send(new ScanCommand({ ...input, ...range }), options)
        : document.send(
            new QueryCommand({ ...input, KeyConditionExpression: keyCondition, ScanIndexForward: !descending }),
            options,
          );
    return retrying(this.#retry, signal, () => this.#metered(operation, signal, send));
  }

  /** Reads the item with this key from the table, consistently; undefined when it is gone or no longer matches. */
  async one(key: DynamoKey, signal: AbortSignal): Promise<Attributes | undefined> {
    const { keyCondition, filter, names, values } = this.facts.match(key);
    const input: QueryCommandInput = {
      ...this.#commonInput(),
      ConsistentRead: true,
      KeyConditionExpression: keyCondition,
      ...(filter === undefined ? {} : { FilterExpression: filter }),
      ...toPlaceholders({ names, values }),
    };
    const { items } = await this.#metered('Query', signal, ({ document, options }) =>
      document.send(new QueryCommand(input), options),
    );
    return items[0];
  }

  async #look(signal: AbortSignal): Promise<Facts> {
    const { table } = this.#reading;
    return toFacts(this.#reading, await retrying(this.#retry, signal, () => this.#context.schemas.of(table, signal)));
  }

  #commonInput(): Pick<QueryCommandInput, 'TableName' | 'ProjectionExpression' | 'ReturnConsumedCapacity'> {
    const { table, projection } = this.#reading;
    return {
      TableName: this.#context.client.nameOf(table),
      ...(projection === undefined ? {} : { ProjectionExpression: projection }),
      ...(this.#units === undefined ? {} : { ReturnConsumedCapacity: 'TOTAL' }),
    };
  }

  async #metered(
    operation: 'Scan' | 'Query',
    signal: AbortSignal,
    send: (aws: AwsSender) => Promise<QueryCommandOutput | ScanCommandOutput>,
  ): Promise<FoundItems> {
    const { client, clock } = this.#context;
    const read = async () => {
      let readMs = 0;
      const output = await client.perform(
        { operation, table: this.#reading.table, signal, input: () => this.#commonInput() },
        (aws) => {
          readMs = clock.monotonicMs();
          return send(aws);
        },
      );
      const result = { items: output.Items ?? [], last: output.LastEvaluatedKey, readMs };
      return { result, units: output.ConsumedCapacity?.CapacityUnits ?? 0 };
    };
    return this.#units === undefined ? (await read()).result : this.#units.spend(signal, read);
  }
}
