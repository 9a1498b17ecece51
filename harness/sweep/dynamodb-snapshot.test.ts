import {
  type AttributeValue,
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, it } from 'mocha';
import { expect } from '../expect/index.ts';
import { testStack } from '../testing/test-stack.ts';
import { DynamodbSnapshot } from './dynamodb-snapshot.ts';

async function setup() {
  await using opened = new AsyncDisposableStack();
  const fork = opened.use(await testStack().fork());
  const { endpoint, region, accessKeyId, secretAccessKey } = fork.dynamodb;
  const client = new DynamoDBClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  opened.defer(() => client.destroy());
  const nameOf = (table: string) => `${fork.tablePrefix}${table}`;
  const createTable = (table: string) =>
    client.send(
      new CreateTableCommand({
        TableName: nameOf(table),
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [
          { AttributeName: 'id', KeyType: 'HASH' },
          { AttributeName: 'part', KeyType: 'RANGE' },
        ],
        AttributeDefinitions: [
          { AttributeName: 'id', AttributeType: 'S' },
          { AttributeName: 'part', AttributeType: 'B' },
        ],
      }),
    );
  await createTable('cities');
  await createTable('ledger');
  const TableName = nameOf('cities');
  const put = (id: string, part: number, values: Record<string, AttributeValue> = {}) =>
    client.send(
      new PutItemCommand({ TableName, Item: { id: { S: id }, part: { B: new Uint8Array([part]) }, ...values } }),
    );
  const items = async () => {
    const { Items = [] } = await client.send(new ScanCommand({ TableName }));
    return Items.map((item) => JSON.stringify(item)).sort();
  };
  const all = opened.move();
  return { client, fork, TableName, put, items, createTable, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

describe('sweep/dynamodb-snapshot', () => {
  it('puts back what was added, changed or deleted, in batches', async () => {
    await using world = await setup();
    for (let part = 0; part < 30; part += 1)
      await world.put('a', part, { tags: { SS: ['x', 'y'] }, none: { NULL: true } });
    const before = await world.items();
    using snapshot = await DynamodbSnapshot.take(world.fork);
    for (let part = 0; part < 28; part += 1) await world.put('a', part, { changed: { N: '1' } });
    for (let part = 0; part < 30; part += 1) await world.put('b', part);
    const Key = { id: { S: 'a' }, part: { B: new Uint8Array([29]) } };
    await world.client.send(new DeleteItemCommand({ TableName: world.TableName, Key }));
    expect(await snapshot.restore()).to.equal(true);
    expect(await world.items()).to.deep.equal(before);
  });

  it('says that it cannot when a table was made', async () => {
    await using world = await setup();
    using snapshot = await DynamodbSnapshot.take(world.fork);
    await world.createTable('another');
    expect(await snapshot.restore()).to.equal(false);
  });
});
