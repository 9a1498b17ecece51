/** What a start takes without Stint: a row from PostgreSQL, and its item from DynamoDB. */

import { env } from 'node:process';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import pg from 'pg';

const { DATABASE_URL = '', STINT_TABLE_PREFIX = '' } = env;
const client = new pg.Client({ connectionString: DATABASE_URL });
await client.connect();
const { rows } = await client.query<{ id: string }>('select id from work order by id limit 1');
const dynamodb = new DynamoDBClient({});
await dynamodb.send(
  new GetItemCommand({ TableName: `${STINT_TABLE_PREFIX}work`, Key: { id: { S: rows[0]?.id ?? '' } } }),
);
process.stdout.write(`${JSON.stringify({ msg: 'first item', afterMs: performance.now() })}\n`);
dynamodb.destroy();
await client.end();
