import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { type Effect, Effects } from '../effects.ts';
import { Call, currentCall } from '../loop/call.ts';
import { seededRandom } from '../random.ts';
import {
  awsError,
  createTable,
  DynamoStand,
  fill,
  openPort,
  type PortOptions,
  SkippingClock,
} from '../testing/dynamo-stand.ts';
import { DynamoPort } from './dynamodb.ts';

describe('ctx.dynamo', () => {
  let stand: DynamoStand;
  before(async () => {
    stand = await DynamoStand.start();
  });
  after(() => stand.stop());

  async function setup(options: PortOptions = {}, key: readonly string[] = ['id:S']) {
    const prefix = stand.reset();
    await createTable(stand, `${prefix}things`, key);
    stand.seen.length = 0;
    return { port: openPort(stand, prefix, options), prefix };
  }

  async function failure(promise: Promise<unknown>): Promise<Error & { code?: string }> {
    return promise.then(
      () => expect.fail('expected an error'),
      (error: Error) => error,
    );
  }

  it('gives back what was put, numbers beyond 2^53, bytes and sets included', async () => {
    const { port } = await setup();
    const item = {
      id: 'a',
      big: 12345678901234567890123n,
      largestSafe: Number.MAX_SAFE_INTEGER,
      fraction: 0.1 + 0.2,
      tiny: 1e-120,
      bytes: new Uint8Array([0, 1, 255]),
      tags: new Set(['x', 'y']),
      nested: { list: [1, null, true] },
    };
    await port.put('things', { ...item, left: undefined });
    const read = await port.get<typeof item>('things', { id: 'a' });
    expect({ ...read, bytes: [...(read?.bytes ?? [])] }).to.deep.equal({ ...item, bytes: [0, 1, 255] });
  });

  it('keeps every digit of a decimal that no double holds, when it is read and written again', async () => {
    const { port } = await setup();
    stand.fault = ({ input }) => {
      // Puts what another program could have put.
      const { Item } = input as { Item?: Record<string, unknown> };
      if (Item?.price !== undefined) expect(Item.price).to.deep.equal({ N: '1.23456789012345678901' });
      return (answer) =>
        answer.Item === undefined ? answer : { Item: { id: { S: 'a' }, price: { N: '1.23456789012345678901' } } };
    };
    await port.put('things', { id: 'a' });
    const read = await port.get<{ id: string; price: number }>('things', { id: 'a' });
    expect(String(read?.price)).to.equal('1.23456789012345678901');
    await port.put('things', { ...read });
  });

  it('gives undefined for an item that is not there', async () => {
    const { port } = await setup();
    expect(await port.get('things', { id: 'none' })).to.equal(undefined);
  });

  it('reads consistently unless asked otherwise', async () => {
    const { port } = await setup();
    await port.get('things', { id: 'a' });
    await port.get('things', { id: 'a' }, { consistent: false });
    await port.batchGet('things', [{ id: 'a' }]);
    const [one, two, three] = stand.seen.map(({ input }) => input);
    expect([one?.ConsistentRead, two?.ConsistentRead]).to.deep.equal([true, false]);
    expect(JSON.stringify(three)).to.contain('"ConsistentRead":true');
  });

  it('says that a write was not applied when its condition does not hold', async () => {
    const { port } = await setup();
    const isNew = { condition: 'attribute_not_exists(#id)', names: { '#id': 'id' } };
    expect(await port.put('things', { id: 'a', status: 'new' }, isNew)).to.deep.equal({ applied: true });
    expect(await port.put('things', { id: 'a', status: 'other' }, isNew)).to.deep.equal({ applied: false });
    const settle = {
      table: 'things',
      key: { id: 'a' },
      update: 'SET #s = :to',
      condition: '#s = :from',
      names: { '#s': 'status' },
      values: { ':from': 'new', ':to': 'paid' },
      returns: 'after',
    } as const;
    expect(await port.update(settle)).to.deep.equal({ applied: true, item: { id: 'a', status: 'paid' } });
    expect(await port.update(settle)).to.deep.equal({ applied: false, item: undefined });
    expect(await port.delete('things', { id: 'a' }, { condition: 'attribute_not_exists(id)' })).to.deep.equal({
      applied: false,
    });
    expect(await port.delete('things', { id: 'a' })).to.deep.equal({ applied: true });
  });

  it('makes every call an effect with the table as the job names it', async () => {
    const effects: Effect[] = [];
    const { port } = await setup({
      middleware: [
        (effect, next) => {
          effects.push(effect);
          return next();
        },
      ],
    });
    await port.get('things', { id: 'a' });
    await port.batchWrite('things', { put: [{ id: 'b' }] });
    expect(effects).to.deep.equal([
      { kind: 'dynamodb', operation: 'GetItem', target: 'things', write: false },
      { kind: 'dynamodb', operation: 'BatchWriteItem', target: 'things', write: true },
    ]);
  });

  it('sends no write in a dry run, and reads as always', async () => {
    const { port } = await setup({ dryRun: true });
    const key = { id: 'a' };
    const refused = [
      port.put('things', key),
      port.update({ table: 'things', key, update: 'SET a = :a', values: { ':a': 1 } }),
      port.delete('things', key),
      port.batchWrite('things', { put: [key] }),
      port.transactWrite([{ put: { table: 'things', item: key } }]),
    ];
    const messages = (await Promise.all(refused.map(failure))).map(({ message }) => message);
    expect(messages[0]).to.equal('dry run: would write dynamodb PutItem things');
    expect(messages.every((message) => message.startsWith('dry run: would write dynamodb '))).to.equal(true);
    expect(stand.seen).to.deep.equal([]);
    expect(await port.get('things', key)).to.equal(undefined);
  });

  it('gives back the very objects that were left undone when a batch is processed in part', async () => {
    const { port, prefix } = await setup({}, ['tenant:S', 'number:N']);
    const put = [1, 2, 3].map((number) => ({ tenant: 'a/b', number, note: `n${number}` }));
    const gone = [
      { tenant: 'a', number: 9007199254740993n },
      { tenant: 'a', number: 5 },
    ];
    stand.fault = ({ operation }) =>
      operation !== 'BatchWriteItem'
        ? undefined
        : () => ({
            UnprocessedItems: {
              [`${prefix}things`]: [
                { PutRequest: { Item: { number: { N: '3' }, tenant: { S: 'a/b' }, note: { S: 'n3' } } } },
                { DeleteRequest: { Key: { number: { N: '9007199254740993' }, tenant: { S: 'a' } } } },
              ],
            },
          });
    const left = await port.batchWrite('things', { put, delete: gone });
    expect(left.unprocessedPut).to.have.lengthOf(1);
    expect(left.unprocessedPut[0]).to.equal(put[2]);
    expect(left.unprocessedDelete[0]).to.equal(gone[0]);
    await port.batchWrite('things', { put });
    expect(stand.seen.filter(({ operation }) => operation === 'DescribeTable')).to.have.lengthOf(1);
  });

  it('gives back all of a batch when what was left undone cannot be told', async () => {
    const { port, prefix } = await setup();
    const put = [{ id: 'a' }, { id: 'b' }];
    stand.fault = ({ operation }) =>
      operation === 'BatchWriteItem'
        ? () => ({ UnprocessedItems: { [`${prefix}things`]: [{ PutRequest: { Item: { id: { S: 'unknown' } } } }] } })
        : undefined;
    expect((await port.batchWrite('things', { put })).unprocessedPut).to.deep.equal(put);
  });

  it('reads many items and gives back the keys that were not looked up', async () => {
    const { port, prefix } = await setup();
    await fill(port, 'things', [{ id: 'a' }, { id: 'b' }]);
    const keys = [{ id: 'a' }, { id: 'none' }, { id: 'b' }];
    stand.fault = () => (answer) => ({
      ...answer,
      UnprocessedKeys: { [`${prefix}things`]: { Keys: [{ id: { S: 'b' } }] } },
    });
    const { items, unprocessed } = await port.batchGet('things', keys);
    expect(items.map(({ id }) => id).sort()).to.deep.equal(['a', 'b']);
    expect(unprocessed).to.have.lengthOf(1);
    expect(unprocessed[0]).to.equal(keys[2]);
  });

  it('refuses a batch that is too big, and sends nothing for an empty one', async () => {
    const { port } = await setup();
    const many = Array.from({ length: 26 }, (_, at) => ({ id: `${at}` }));
    const error = await failure(port.batchWrite('things', { put: many.slice(0, 20), delete: many.slice(20) }));
    expect(error.code).to.equal('STINT_DYNAMODB_BATCH_TOO_BIG');
    expect(error.message).to.contain('at most 25 writes in a batch of DynamoDB, got 26');
    expect(
      (
        await failure(
          port.batchGet(
            'things',
            Array.from({ length: 101 }, (_, at) => ({ id: `${at}` })),
          ),
        )
      ).message,
    ).to.contain('got 101');
    expect(await port.batchWrite('things', {})).to.deep.equal({ unprocessedPut: [], unprocessedDelete: [] });
    expect(stand.seen).to.deep.equal([]);
  });

  it('applies a transaction or says which conditions did not hold', async () => {
    const { port, prefix } = await setup();
    const key = { id: 'a' };
    const writes = [
      { put: { table: 'things', item: key, condition: 'attribute_not_exists(id)' } },
      { update: { table: 'things', key, update: 'SET a = :a', values: { ':a': 1 } } },
      { delete: { table: 'things', key } },
      { check: { table: 'things', key, condition: 'attribute_exists(id)' } },
    ];
    const cancelled = (codes: readonly string[]) => ({
      status: 400,
      body: {
        __type: 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
        CancellationReasons: codes.map((Code) => ({ Code })),
      },
    });
    const answers = [
      { status: 200, body: {} },
      cancelled(['None', 'None', 'None', 'ConditionalCheckFailed']),
      cancelled(['TransactionConflict', 'None']),
    ];
    stand.fault = (_seen, number) => answers[number];
    expect(await port.transactWrite(writes, { token: 'x'.repeat(43) })).to.deep.equal({ applied: true, failed: [] });
    expect(await port.transactWrite(writes)).to.deep.equal({ applied: false, failed: [3] });
    expect((await failure(port.transactWrite(writes))).name).to.equal('TransactionCanceledException');
    const input = stand.seen[0]?.input;
    expect(input?.ClientRequestToken).to.have.lengthOf(36);
    expect(JSON.stringify(input?.TransactItems)).to.contain(`"TableName":"${prefix}things"`);
  });

  it('applies all of a transaction of the store or nothing of it, and once for one token', async function () {
    if (!(await stand.can('TransactWriteItems'))) {
      console.log('transactions of the store: not run (dynalite has none)');
      return this.skip();
    }
    const { port } = await setup();
    const add = (id: string) => ({
      update: { table: 'things', key: { id }, update: 'ADD n :one', values: { ':one': 1 } },
    });
    const absent = { check: { table: 'things', key: { id: 'c' }, condition: 'attribute_not_exists(id)' } };
    const token = 'x'.repeat(43);
    expect(await port.transactWrite([add('a'), add('b'), absent], { token })).to.include({ applied: true });
    expect(await port.transactWrite([add('a'), add('b'), absent], { token })).to.include({ applied: true });
    await port.put('things', { id: 'c' });
    expect(await port.transactWrite([add('a'), absent])).to.deep.equal({ applied: false, failed: [1] });
    const { items } = await port.batchGet('things', [{ id: 'a' }, { id: 'b' }]);
    expect(items).to.have.deep.members([
      { id: 'a', n: 1 },
      { id: 'b', n: 1 },
    ]);
  });

  it('sends a call once, however it fails, and leaves the retry to the loop', async () => {
    const { port } = await setup();
    stand.fault = () => awsError('ProvisionedThroughputExceededException');
    expect((await failure(port.get('things', { id: 'a' }))).name).to.equal('ProvisionedThroughputExceededException');
    expect(stand.seen).to.have.lengthOf(1);
  });

  it('says that the connection was lost when it is reset or the answer is cut short', async () => {
    const { port } = await setup();
    for (const fault of ['reset', 'cut', { status: 200, body: '{"Item":{"id":{"S":"sec' }] as const) {
      stand.fault = () => fault;
      const error = await failure(port.get('things', { id: 'a' }));
      expect(error.code).to.equal('STINT_STORE_LOST');
      expect(`${error.message}${String(error.cause)}`).not.to.contain('sec');
    }
  });

  it('ends with the reason of the signal of the item, or of the run outside of items', async () => {
    const run = new AbortController();
    const { port } = await setup({ signal: run.signal });
    stand.fault = () => 'hold';
    const call = new Call();
    const itemReason = new Error('the item ran out of time');
    stand.onHold = () => call.abort(itemReason);
    expect(await failure(currentCall.run(call, () => port.get('things', { id: 'a' })))).to.equal(itemReason);
    const runReason = new Error('the run was stopped');
    stand.onHold = () => run.abort(runReason);
    expect(await failure(port.get('things', { id: 'a' }))).to.equal(runReason);
    expect(await failure(port.get('things', { id: 'a' }))).to.equal(runReason);
    expect(stand.seen).to.have.lengthOf(2);
  });

  it('names the table when it does not exist', async () => {
    const { port, prefix } = await setup();
    const error = await failure(port.get('nothing', { id: 'a' }));
    expect(error.code).to.equal('STINT_DYNAMODB_NO_TABLE');
    expect(error.message).to.contain(`the table ${prefix}nothing`);
  });

  it('keeps values out of the message when DynamoDB refuses a request or a value cannot be sent', async () => {
    const { port } = await setup();
    stand.fault = () =>
      awsError(
        'ValidationException',
        400,
        'Input collection [secret, secret] contains duplicates: Value \'secret\' at "secret"; near: "#a = :b"',
      );
    const refused = await failure(port.get('things', { id: 'a' }));
    expect(refused.code).to.equal('STINT_DYNAMODB_VALIDATION');
    expect(refused.message).to.contain('GetItem').and.to.contain('"#a = :b"');
    const unsendable = [new Date('2026-01-02'), 2 ** 60, Number.NaN, new URL('http://secret/')];
    const errors = await Promise.all(unsendable.map((value) => failure(port.put('things', { id: 'a', value }))));
    expect(errors.map(({ code }) => code)).to.deep.equal(errors.map(() => 'STINT_DYNAMODB_VALUE'));
    expect(errors[1]?.message).to.contain('bigint');
    for (const { message, cause } of [refused, ...errors]) {
      expect(message).not.to.match(/secret|2026|1152921504606846976/);
      expect(cause).to.equal(undefined);
    }
  });

  it('says what is wrong when the endpoint, the region or the credentials are', async () => {
    const open = (config: object) =>
      new DynamoPort({
        config: { ...stand.config, ...config },
        effects: new Effects(),
        clock: new SkippingClock(),
        random: seededRandom(1),
        dryRun: false,
        signal: new AbortController().signal,
        concurrency: 1,
      });
    const nobody = await DynamoStand.start();
    const { endpoint } = nobody;
    await nobody.stop();
    const refused = await failure(open({ endpoint }).get('things', { id: 'a' }));
    expect(refused.code).to.equal('STINT_STORE_UNREACHABLE');
    expect(refused.message).to.contain(
      `DynamoDB at ${new URL(endpoint).host} (ECONNREFUSED); check AWS_ENDPOINT_URL / AWS_REGION`,
    );
    const unknown = await failure(open({ endpoint: 'http://nowhere.invalid:1' }).get('things', { id: 'a' }));
    expect(unknown.message).to.match(/nowhere\.invalid:1 \((ENOTFOUND|EAI_AGAIN)\)/);
    expect(() => open({ region: 'eu central' })).to.throw('AWS_REGION');
    expect(() => open({ endpoint: 'localhost:8000' })).to.throw('AWS_ENDPOINT_URL');
    stand.fault = () => awsError('UnrecognizedClientException');
    const turnedAway = await failure(open({}).get('things', { id: 'a' }));
    expect(turnedAway.message).to.contain('(UnrecognizedClientException); check the credentials and AWS_REGION');
    const without = await withoutCredentials(() =>
      failure(open({ credentials: undefined }).get('things', { id: 'a' })),
    );
    expect(without.message).to.contain('(no credentials); set AWS_ACCESS_KEY_ID');
  });
});

/** Takes from the environment all that the AWS SDK finds credentials by. */
async function withoutCredentials<TResult>(fn: () => Promise<TResult>): Promise<TResult> {
  const saved = { ...process.env };
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, {
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_CONFIG_FILE: '/dev/null',
  });
  try {
    return await fn();
  } finally {
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
    Object.assign(process.env, saved);
  }
}
