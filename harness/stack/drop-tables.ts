/**
 * Deletes every DynamoDB table whose name a predicate picks. Tables that vanish meanwhile are fine. As on AWS, a table
 * that was deleted may be listed for a moment yet; with `untilGone` it is waited for.
 * The AWS SDK is loaded only here, so that whoever never disposes a fork does not pay for it.
 */
import type { DynamoEndpoint } from './stack.ts';

export interface DropTablesOptions {
  /** Resolve only when none of them is there any more, so that they can be made anew. @default false */
  readonly untilGone?: boolean;
}

const patience = { maxWaitTime: 60, minDelay: 0.05, maxDelay: 1 };

export async function dropTables(
  endpoint: DynamoEndpoint,
  picks: (name: string) => boolean,
  { untilGone = false }: DropTablesOptions = {},
): Promise<void> {
  const { DeleteTableCommand, DynamoDBClient, paginateListTables, waitUntilTableNotExists } = await import(
    '@aws-sdk/client-dynamodb'
  );
  const { accessKeyId, secretAccessKey, ...address } = endpoint;
  const client = new DynamoDBClient({ ...address, credentials: { accessKeyId, secretAccessKey } });
  try {
    for await (const { TableNames = [] } of paginateListTables({ client }, {})) {
      for (const TableName of TableNames.filter(picks)) {
        await client.send(new DeleteTableCommand({ TableName })).catch(ignoreVanished);
        if (untilGone) await waitUntilTableNotExists({ client, ...patience }, { TableName });
      }
    }
  } finally {
    client.destroy();
  }
}

function ignoreVanished(error: unknown): void {
  if (!(error instanceof Error && error.name === 'ResourceNotFoundException')) throw error;
}
