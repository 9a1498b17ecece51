/** `ctx.each` over a DynamoDB scan, against the bare paginator of the AWS SDK. */
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchWriteCommand, DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { defineJob, runJob } from '@stint/sdk';
import type { Stack } from '../stack/stack.ts';
import { measure, printRatios } from './ratio.ts';

const pageSize = 1_000;

const job = defineJob({
  name: 'bench-dynamodb',
  summary: 'Does nothing with each item.',
  limits: { concurrency: 16 },
  async run(ctx) {
    await ctx.each(ctx.dynamo.scan({ table: 'bench', maxPageSize: pageSize }), async () => {});
  },
});

export async function benchDynamodb(stack: Stack, { items, turns }: { items: number; turns: number }): Promise<void> {
  await using fork = await stack.fork();
  const { endpoint, region, accessKeyId, secretAccessKey } = fork.dynamodb;
  const credentials = { accessKeyId, secretAccessKey };
  const aws = new DynamoDBClient({ endpoint, region, credentials });
  const client = DynamoDBDocumentClient.from(aws);
  const table = `${fork.tablePrefix}bench`;
  await aws.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'N' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  for (let first = 0; first < items; first += 25) {
    const puts = Array.from({ length: Math.min(25, items - first) }, (_, index) => ({
      PutRequest: { Item: { id: first + index, name: `item ${first + index}`, amount: index, status: 'pending' } },
    }));
    await client.send(new BatchWriteCommand({ RequestItems: { [table]: puts } }));
  }

  const measured = await measure(
    [
      {
        name: 'ctx.each over ctx.dynamo.scan, pool of 16, memory ledger',
        run: async () => {
          const stores = { dynamodb: { endpoint, region, credentials, tablePrefix: fork.tablePrefix } };
          const summary = await runJob(job, { stores });
          if (summary.items.succeeded !== items)
            throw new Error(`expected ${items} items, got ${JSON.stringify(summary)}`);
          return items;
        },
      },
      {
        name: `bare paginateScan, Limit ${pageSize}, consistent`,
        // With a client of its own, as each run has.
        run: async () => {
          const own = DynamoDBDocumentClient.from(new DynamoDBClient({ endpoint, region, credentials }));
          let seen = 0;
          const pages = paginateScan({ client: own, pageSize }, { TableName: table, ConsistentRead: true });
          for await (const { Items = [] } of pages) for (const item of Items) if (item.id !== undefined) seen += 1;
          own.destroy();
          return seen;
        },
      },
    ],
    turns,
  );
  aws.destroy();
  printRatios(`A no-op handler over a scan of ${items.toLocaleString('en')} DynamoDB items (dynalite)`, measured);
}
