/**
 * Deletes every DynamoDB table whose name a predicate picks. Tables that vanish meanwhile are fine.
 * The AWS SDK is loaded only here, so that whoever never disposes a fork does not pay for it.
 */
import type { DynamoEndpoint } from './stack.ts';

export async function dropTables(endpoint: DynamoEndpoint, picks: (name: string) => boolean): Promise<void> {
  const { DeleteTableCommand, DynamoDBClient, paginateListTables } = await import('@aws-sdk/client-dynamodb');
  const { accessKeyId, secretAccessKey, ...address } = endpoint;
  const client = new DynamoDBClient({ ...address, credentials: { accessKeyId, secretAccessKey } });
  try {
    for await (const { TableNames = [] } of paginateListTables({ client }, {})) {
      for (const TableName of TableNames.filter(picks)) {
        await client.send(new DeleteTableCommand({ TableName })).catch(ignoreVanished);
      }
    }
  } finally {
    client.destroy();
  }
}

function ignoreVanished(error: unknown): void {
  if (!(error instanceof Error && error.name === 'ResourceNotFoundException')) throw error;
}
