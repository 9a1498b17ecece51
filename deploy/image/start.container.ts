import { CreateTableCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { connect } from '../../harness/stack/testing/connect.ts';
import { startContainer } from '../../harness/testing/container.ts';
import { asTask } from '../../harness/testing/own-image.ts';
import { testStack } from '../../harness/testing/test-stack.ts';
import { deriveImage } from './testing/derive-image.ts';

const times = 3;

async function setUp() {
  await using opened = new AsyncDisposableStack();
  const image = opened.use(await deriveImage());
  const fork = opened.use(await testStack().fork());
  const { endpoint, region, accessKeyId, secretAccessKey } = fork.dynamodb;
  const client = await connect(fork.postgresUrl);
  opened.defer(() => client.end());
  await client.query(`create table work (id text primary key)`);
  await client.query(`insert into work values ('1')`);
  const dynamodb = new DynamoDBClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  opened.defer(() => dynamodb.destroy());
  const TableName = `${fork.tablePrefix}work`;
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  await dynamodb.send(new PutItemCommand({ TableName, Item: { id: { S: '1' } } }));
  const env = {
    DATABASE_URL: fork.postgresUrl,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    STINT_TABLE_PREFIX: fork.tablePrefix,
  };
  const all = opened.move();
  return {
    /** When its first item was there, in ms after the start of the process. */
    async firstItemMs(command: readonly string[], more = {}): Promise<number> {
      await using container = startContainer({ image: image.name, command, env: { ...env, ...more }, options: asTask });
      const { code, stdout, stderr } = await container.ended;
      expect(code, stdout + stderr).to.equal(0);
      const lines = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { msg: string; afterMs: number });
      return lines.find(({ msg }) => msg === 'first item')?.afterMs ?? Number.NaN;
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

const median = (values: readonly number[]) => values.toSorted((one, other) => one - other)[values.length >> 1] ?? 0;

describe('the start of a task', () => {
  it('is measured from process to first item, beside a script that opens the same two clients', async () => {
    await using world = await setUp();
    const ways = {
      task: () => world.firstItemMs(['task.js', 'first-item']),
      'task, not compiled before': () => world.firstItemMs(['task.js', 'first-item'], uncompiled),
      'task, with metrics and traces': () => world.firstItemMs(['task.js', 'first-item'], traced),
      'bare script': () => world.firstItemMs(['plain/bare.js'], uncompiled),
      'bare script, bundled and compiled as the task': () => world.firstItemMs(['bare.js']),
    };
    const taken = new Map(Object.keys(ways).map((name) => [name, [] as number[]]));
    // The ledger's tables are made by the first.
    await ways.task();
    for (let round = 0; round < times; round++)
      for (const [name, measure] of Object.entries(ways)) taken.get(name)?.push(await measure());
    const msOf = new Map([...taken].map(([name, values]) => [name, median(values)]));
    const bareMs = msOf.get('bare script') ?? Number.NaN;
    for (const [name, ms] of msOf)
      console.log(`      ${name}: ${ms.toFixed(0)} ms, ${(ms / bareMs).toFixed(2)} of it bare`);
    for (const values of taken.values()) expect(values).to.have.length(times);
  });
}).timeout(180_000);

const uncompiled = { NODE_COMPILE_CACHE: '' };
// Nothing is there: what loading takes is the same.
const traced = { DD_TRACE_ENABLED: 'true', DD_TRACE_AGENT_URL: 'http://127.0.0.1:9' };
