import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { classifyError } from '../pace/classify.ts';
import { awsError, createTable, DynamoStand, fill, openPort, toIndex } from '../testing/dynamo-stand.ts';
import type { Source } from './source.ts';

interface Payment {
  readonly tenant: string;
  readonly number: number;
  readonly status: string;
  readonly dueAt: number;
}

describe('sources/dynamodb refresh', () => {
  let stand: DynamoStand;
  before(async () => {
    stand = await DynamoStand.start();
  });
  after(() => stand.stop());

  const { signal } = new AbortController();
  const key = { tenant: 't-1', number: 2 };

  async function setup() {
    const prefix = stand.reset();
    const indexes = {
      GlobalSecondaryIndexes: [toIndex('by-status', ['status', 'dueAt']), toIndex('by-number', ['number', 'tenant'])],
    };
    await createTable(stand, `${prefix}payments`, ['tenant:S', 'number:N'], ['status:S', 'dueAt:N'], indexes);
    const port = openPort(stand, prefix);
    await fill(
      port,
      'payments',
      [1, 2, 3].map((number) => ({ tenant: 't-1', number, status: 'pending', dueAt: number * 10, note: 'n' })),
    );
    const change = (update: string, values: object) =>
      port.update({ table: 'payments', key, update, names: { '#s': 'status' }, values: { ...values } });
    return { port, settle: () => change('SET #s = :s', { ':s': 'settled' }), change };
  }

  async function readSecond(source: Source<Payment>) {
    for await (const { items, cursorOf } of source.segments[0]!.pages(undefined, { signal, pageSize: () => 100 })) {
      const index = items.findIndex(({ number }) => number === 2);
      const item = items[index];
      if (item !== undefined) return { item, cursorOf: (value: Payment) => cursorOf(value, index) };
    }
    return expect.fail('expected to find the item');
  }

  it('reads the item as it is now, consistently, with the projection of the source', async () => {
    const { port, settle } = await setup();
    const source = port.scan<Payment>({
      table: 'payments',
      projection: 'tenant, #n, #s',
      names: { '#n': 'number', '#s': 'status' },
    });
    const { item } = await readSecond(source);
    await settle();
    expect(await source.refresh?.(item, signal)).to.deep.equal({ tenant: 't-1', number: 2, status: 'settled' });
    expect(stand.seen.at(-1)?.input.ConsistentRead).to.equal(true);
  });

  it('gives undefined when the item is gone', async () => {
    const { port } = await setup();
    const source = port.query<Payment>({
      table: 'payments',
      keyCondition: 'tenant = :t AND #n > :n',
      names: { '#n': 'number' },
      values: { ':t': 't-1', ':n': 0 },
    });
    const { item } = await readSecond(source);
    expect(await source.refresh?.(item, signal)).to.include({ status: 'pending' });
    await port.delete('payments', key);
    expect(await source.refresh?.(item, signal)).to.equal(undefined);
  });

  it('gives undefined when the item no longer matches the filter, though that names the key as well', async () => {
    const { port, settle } = await setup();
    const source = port.scan<Payment>({
      table: 'payments',
      filter: '(begins_with(tenant, :t) OR contains(#n, :t)) AND #n BETWEEN :one AND :three AND #s = :pending',
      names: { '#n': 'number', '#s': 'status' },
      values: { ':t': 't-', ':one': 1, ':three': 3, ':pending': 'pending' },
    });
    const { item } = await readSecond(source);
    expect(await source.refresh?.(item, signal)).to.include({ number: 2 });
    await settle();
    expect(await source.refresh?.(item, signal)).to.equal(undefined);
  });

  it('gives undefined when the item has left its partition or its range of an index', async () => {
    const { port, settle, change } = await setup();
    const source = port.query<Payment>({
      table: 'payments',
      index: 'by-status',
      keyCondition: '#s = :pending AND dueAt BETWEEN :from AND :to',
      names: { '#s': 'status' },
      values: { ':pending': 'pending', ':from': 0, ':to': 100 },
    });
    const { item } = await readSecond(source);
    await change('SET dueAt = :d, #s = :s', { ':d': 500, ':s': 'pending' });
    expect(await source.refresh?.(item, signal)).to.equal(undefined);
    await change('SET dueAt = :d, #s = :s', { ':d': 50, ':s': 'pending' });
    expect(await source.refresh?.(item, signal)).to.include({ dueAt: 50 });
    await settle();
    expect(await source.refresh?.(item, signal)).to.equal(undefined);
  });

  it('gives undefined when the item has left an index that is scanned', async () => {
    const { port } = await setup();
    const source = port.scan<Payment>({ table: 'payments', index: 'by-status' });
    const { item } = await readSecond(source);
    await port.update({ table: 'payments', key, update: 'REMOVE dueAt' });
    expect(await source.refresh?.(item, signal)).to.equal(undefined);
  });

  it('asks again by an index whose key is the table’s turned round', async () => {
    const { port } = await setup();
    const source = port.query<Payment>({
      table: 'payments',
      index: 'by-number',
      keyCondition: '#n = :n AND begins_with(tenant, :t)',
      filter: 'dueAt < :most',
      names: { '#n': 'number' },
      values: { ':n': 2, ':t': 't', ':most': 100 },
    });
    const { item } = await readSecond(source);
    expect(await source.refresh?.(item, signal)).to.include({ number: 2, tenant: 't-1' });
  });

  it('keeps the place of an item of an index that has moved when it is read again', async () => {
    const { port, change } = await setup();
    const source = port.query<Payment>({
      table: 'payments',
      index: 'by-status',
      keyCondition: '#s = :p',
      names: { '#s': 'status' },
      values: { ':p': 'pending' },
    });
    const { item, cursorOf } = await readSecond(source);
    const cursor = cursorOf(item);
    await change('SET dueAt = :d, #s = :s', { ':d': 5, ':s': 'pending' });
    const once = (await source.refresh?.(item, signal)) as Payment;
    const twice = (await source.refresh?.(once, signal)) as Payment;
    expect(once.dueAt).to.equal(5);
    expect(cursorOf(once)).to.deep.equal(cursor);
    expect(cursorOf(twice)).to.deep.equal(cursor);
  });

  it('finds an item by its position as it is now, from a source that was not read from yet', async () => {
    const { port, settle } = await setup();
    const query = {
      table: 'payments',
      index: 'by-status',
      keyCondition: '#s = :p',
      filter: 'note = :n',
      names: { '#s': 'status' },
      values: { ':p': 'pending', ':n': 'n' },
    };
    const first = port.query<Payment>(query);
    const { item, cursorOf } = await readSecond(first);
    const position = JSON.parse(JSON.stringify(first.positionOf(item)));
    expect(position).to.deep.equal(cursorOf(item));
    const source = port.query<Payment>(query);
    await port.update({ table: 'payments', key, update: 'SET dueAt = :d', values: { ':d': 21 } });
    const found = (await source.find(position, signal)) as Payment;
    expect(found).to.include({ number: 2, dueAt: 21 });
    expect(source.keyOf(found)).to.equal(first.keyOf(item));
    expect(source.positionOf(found), 'where it stood').to.deep.equal(position);
    expect(stand.seen.at(-1)?.input.ConsistentRead).to.equal(true);
    await settle();
    expect(await port.query<Payment>(query).find(position, signal)).to.equal(undefined);
    await port.delete('payments', key);
    expect(await port.scan<Payment>({ table: 'payments' }).find(position, signal)).to.equal(undefined);
  });

  it('finds items by keys that JSON has no word for', async () => {
    const prefix = stand.reset();
    await createTable(stand, `${prefix}odd`, ['id:B', 'n:N']);
    const port = openPort(stand, prefix);
    await fill(port, 'odd', [{ id: new Uint8Array([0, 255]), n: 2n ** 70n, note: 'n' }]);
    const first = port.scan<{ note: string }>({ table: 'odd' });
    for await (const { items } of first.segments[0]!.pages(undefined, { signal, pageSize: () => 9 })) {
      const position = JSON.parse(JSON.stringify(first.positionOf(items[0]!)));
      expect(await port.scan({ table: 'odd' }).find(position, signal)).to.include({ note: 'n' });
    }
  });

  it('rejects when the store cannot be asked, and refuses a position of another key', async () => {
    const { port } = await setup();
    const source = port.scan<Payment>({ table: 'payments' });
    for (const position of [null, 7, 'a', {}, { tenant: 't-1' }]) {
      const error = await source.find(position, signal).catch((thrown: Error) => thrown);
      expect(error).to.have.property('code', 'STINT_SOURCE_POSITION');
    }
    stand.fault = ({ operation }) => (operation === 'Query' ? awsError('InternalServerError', 500) : undefined);
    const error = await source.find(key, signal).catch((thrown: Error) => thrown);
    expect(classifyError(error).class).to.equal('transient');
  });

  it('refuses a filter that asks for the size of the key before anything is read', async () => {
    const { port } = await setup();
    const source = port.scan<Payment>({ table: 'payments', filter: 'size(tenant) > :n', values: { ':n': 1 } });
    const error = await readSecond(source).catch((thrown: Error) => thrown);
    expect(error).to.have.property('code', 'STINT_SOURCE_FILTER');
  });
});
