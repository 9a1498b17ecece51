/**
 * All DynamoDB tables of a fork, as JSON: what a run has left there.
 *
 * Texts that are ISO 8601 times within the run are written as `<during the run>`. Sets are lists under `$set`, binary values
 * base64 under `$binary`; a number that JavaScript cannot hold is its text.
 */
import { DescribeTableCommand, DynamoDBClient, paginateListTables } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import type { Json } from '@stint/sdk';
import type { Fork } from '../stack/stack.ts';
import { parseExact } from './exact-json.ts';
import type { Moments } from './read-postgres.ts';
import { duringTheRun, type Row, sortRows, type Table, volatile } from './table.ts';

const isoTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** By their names, without the fork's prefix. */
export async function readDynamodbTables(fork: Fork, moments: Moments): Promise<Readonly<Record<string, Table>>> {
  const { endpoint, region, accessKeyId, secretAccessKey } = fork.dynamodb;
  const client = new DynamoDBClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  const tables: Record<string, Table> = {};
  try {
    for await (const { TableNames = [] } of paginateListTables({ client }, {})) {
      for (const name of TableNames.filter((each) => each.startsWith(fork.tablePrefix)))
        tables[name.slice(fork.tablePrefix.length)] = await readTable(client, name, fork.tablePrefix, moments);
    }
    return tables;
  } finally {
    client.destroy();
  }
}

async function readTable(client: DynamoDBClient, name: string, prefix: string, moments: Moments): Promise<Table> {
  const { Table: description } = await client.send(new DescribeTableCommand({ TableName: name }));
  const key = (description?.KeySchema ?? []).flatMap(({ AttributeName }) => AttributeName ?? []);
  const document = DynamoDBDocumentClient.from(client, {
    unmarshallOptions: { wrapNumbers: (text: string) => parseExact(text) },
  });
  const volatileColumns = new Set(moments.volatile[name.slice(prefix.length)] ?? []);
  const rows: Row[] = [];
  for await (const { Items = [] } of paginateScan({ client: document }, { TableName: name, ConsistentRead: true })) {
    for (const item of Items) {
      const entries = Object.entries(item).map(([column, value]) => [
        column,
        volatileColumns.has(column) ? volatile : toJson(value, moments),
      ]);
      rows.push(Object.fromEntries(entries));
    }
  }
  return { key, rows: sortRows(rows, key) };
}

function toJson(value: unknown, moments: Moments): Json {
  if (typeof value === 'string') return isDuring(value, moments) ? duringTheRun : value;
  if (value instanceof Uint8Array) return { $binary: Buffer.from(value).toString('base64') };
  if (value instanceof Set) return { $set: [...value].map((each) => toJson(each, moments)).sort() };
  if (Array.isArray(value)) return value.map((each) => toJson(each, moments));
  if (typeof value !== 'object' || value === null) return value as Json;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, toJson(each, moments)]));
}

function isDuring(text: string, { spans }: Moments): boolean {
  if (!isoTime.test(text)) return false;
  const at = Date.parse(text);
  return spans.some(({ from, until }) => at >= from.getTime() && at <= until.getTime());
}
