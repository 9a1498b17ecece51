/** All items of a fork's DynamoDB table, in no order. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import type { Fork } from '../../stack/stack.ts';

export async function readTable<TItem>({ dynamodb, tablePrefix }: Fork, table: string): Promise<readonly TItem[]> {
  const { endpoint, region, accessKeyId, secretAccessKey } = dynamodb;
  const client = new DynamoDBClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  try {
    const items: TItem[] = [];
    const pages = paginateScan(
      { client: DynamoDBDocumentClient.from(client) },
      { TableName: `${tablePrefix}${table}`, ConsistentRead: true },
    );
    for await (const { Items = [] } of pages) items.push(...(Items as TItem[]));
    return items;
  } finally {
    client.destroy();
  }
}
