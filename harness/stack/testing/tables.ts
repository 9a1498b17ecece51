/** DynamoDB as a test sees it: tables with one string key. */
import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  ListTablesCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import type { DynamoEndpoint } from '../stack.ts';

export interface Tables extends Disposable {
  create(name: string): Promise<void>;
  /** Puts up to 25 items. */
  put(name: string, ids: readonly string[]): Promise<void>;
  count(name: string): Promise<number>;
  names(): Promise<string[]>;
  delete(name: string): Promise<void>;
}

export function openTables({ endpoint, region, ...credentials }: DynamoEndpoint): Tables {
  const client = new DynamoDBClient({ endpoint, region, credentials, maxAttempts: 1 });
  return {
    async create(TableName) {
      await client.send(
        new CreateTableCommand({
          TableName,
          BillingMode: 'PAY_PER_REQUEST',
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        }),
      );
    },
    async put(name, ids) {
      const puts = ids.map((id) => ({ PutRequest: { Item: { id: { S: id } } } }));
      await client.send(new BatchWriteItemCommand({ RequestItems: { [name]: puts } }));
    },
    count: async (TableName) => (await client.send(new ScanCommand({ TableName, Select: 'COUNT' }))).Count ?? 0,
    names: async () => (await client.send(new ListTablesCommand({}))).TableNames ?? [],
    async delete(TableName) {
      await client.send(new DeleteTableCommand({ TableName }));
      // As on AWS, the answer comes before the table is gone.
      while ((await this.names()).includes(TableName));
    },
    [Symbol.dispose]: () => client.destroy(),
  };
}
