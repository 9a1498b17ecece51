import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import type { StintError } from '../errors.ts';
import {
  awsError,
  createTable,
  DynamoStand,
  type Fault,
  fill,
  openPort,
  type PortOptions,
  SkippingClock,
  toIndex,
} from '../testing/dynamo-stand.ts';
import type { Cursor, Json, Source } from './source.ts';

interface Thing {
  readonly id: string;
  readonly at: number;
}

describe('sources/dynamodb', () => {
  let stand: DynamoStand;
  before(async () => {
    stand = await DynamoStand.start();
  });
  after(() => stand.stop());

  async function setup({
    items = [] as readonly object[],
    key = ['id:S'],
    extra = [] as readonly string[],
    indexes = {},
    options = {} as PortOptions,
  } = {}) {
    const prefix = stand.reset();
    await createTable(stand, `${prefix}things`, key, extra, indexes);
    const port = openPort(stand, prefix, options);
    await fill(port, 'things', items);
    stand.seen.length = 0;
    return { port };
  }

  const things = (count: number): Thing[] => Array.from({ length: count }, (_, at) => ({ id: `id-${at}`, at }));
  const events = (count: number) =>
    Array.from({ length: count }, (_, at) => ({
      tenant: at % 3 === 0 ? 'b' : 'a',
      at,
      kind: at % 5 === 0 ? 'odd' : 'usual',
    }));

  /** Reads a segment to its end: each item with its cursor. */
  async function readSegment<TItem>(source: Source<TItem>, segment: number, after?: Cursor, pageSize = 50) {
    const read: { item: TItem; cursor: Cursor }[] = [];
    for await (const { items, cursorOf } of source.segments[segment]!.pages(after, {
      signal: new AbortController().signal,
      pageSize: () => pageSize,
    })) {
      expect(items.length).to.be.within(1, pageSize);
      for (const [index, item] of items.entries()) read.push({ item, cursor: cursorOf(item, index) });
    }
    return read;
  }

  async function readAll<TItem>(source: Source<TItem>, pageSize?: number): Promise<TItem[]> {
    const segments = await Promise.all(
      source.segments.map((_, segment) => readSegment(source, segment, undefined, pageSize)),
    );
    return segments.flat().map(({ item }) => item);
  }

  const throughJson = (cursor: Cursor): Cursor => JSON.parse(JSON.stringify(cursor)) as Json;

  async function resumesBehindEachItem<TItem>(source: Source<TItem>): Promise<void> {
    for (const segment of source.segments.keys()) {
      const all = await readSegment(source, segment, undefined, 7);
      for (const [index, { cursor }] of all.entries()) {
        const rest = await readSegment(source, segment, throughJson(cursor), 20);
        expect(rest.map(({ item }) => item)).to.deep.equal(all.slice(index + 1).map(({ item }) => item));
      }
    }
  }

  async function failure(promise: Promise<unknown>): Promise<StintError> {
    return promise.then(
      () => expect.fail('expected an error'),
      (error: StintError) => error,
    );
  }

  for (const segments of [1, 4]) {
    it(`yields each of thousands of items once in a scan of ${segments} segments`, async () => {
      const items = things(3_000);
      const { port } = await setup({ items });
      const source = port.scan<Thing>({ table: 'things', segments });
      const read = await readAll(source, 170);
      expect(source.segments).to.have.lengthOf(segments);
      expect(read.map(({ at }) => at).sort((a, b) => a - b)).to.deep.equal(items.map(({ at }) => at));
      expect(stand.seen.filter(({ operation }) => operation === 'DescribeTable')).to.have.lengthOf(1);
      expect(
        stand.seen.every(({ operation, input }) => operation !== 'Scan' || input.ConsistentRead === true),
      ).to.equal(true);
    });
  }

  for (const descending of [false, true]) {
    it(`yields each item of a partition in order when a query is ${descending ? 'descending' : 'ascending'}`, async () => {
      const items = events(2_000);
      const { port } = await setup({ items, key: ['tenant:S', 'at:N'] });
      const read = await readAll(
        port.query<Thing>({ table: 'things', keyCondition: 'tenant = :t', values: { ':t': 'a' }, descending }),
        300,
      );
      const expected = items.filter(({ tenant }) => tenant === 'a').map(({ at }) => at);
      expect(read.map(({ at }) => at)).to.deep.equal(descending ? expected.reverse() : expected);
    });
  }

  const keys: { name: string; key: string[]; item: (at: number) => object }[] = [
    { name: 'text', key: ['id:S'], item: (at) => ({ id: `${at}/%` }) },
    {
      name: 'numbers, some beyond 2^53',
      key: ['id:N'],
      item: (at) => ({ id: at % 2 === 0 ? 10n ** 25n + BigInt(at) : at / 8 }),
    },
    { name: 'bytes', key: ['id:B'], item: (at) => ({ id: new Uint8Array([at, 255, 0]) }) },
    {
      name: 'text and a number',
      key: ['id:S', 'at:N'],
      item: (at) => ({ id: `t-${at % 3}`, at: BigInt(at) + 2n ** 60n }),
    },
    { name: 'text and bytes', key: ['id:S', 'at:B'], item: (at) => ({ id: `t-${at % 3}`, at: new Uint8Array([at]) }) },
  ];
  for (const { name, key, item } of keys) {
    it(`resumes behind every item when the key is ${name}`, async () => {
      const { port } = await setup({ items: Array.from({ length: 40 }, (_, at) => item(at)), key });
      const source = port.scan({ table: 'things', segments: 2 });
      await resumesBehindEachItem(source);
      expect(new Set((await readAll(source)).map((read) => source.keyOf(read))).size).to.equal(40);
    });
  }

  it('resumes behind every item of a query and of an index, when sort keys are alike too', async () => {
    const items = Array.from({ length: 40 }, (_, at) => ({ id: `id-${at}`, status: 'open', rank: at % 4 }));
    const indexes = { GlobalSecondaryIndexes: [toIndex('by-status', ['status', 'rank'])] };
    const { port } = await setup({ items, extra: ['status:S', 'rank:N'], indexes });
    const query = {
      table: 'things',
      index: 'by-status',
      keyCondition: '#s = :s',
      names: { '#s': 'status' },
      values: { ':s': 'open' },
    };
    await resumesBehindEachItem(port.query(query));
    await resumesBehindEachItem(port.query({ ...query, descending: true }));
    await resumesBehindEachItem(port.scan({ table: 'things', index: 'by-status' }));
    expect(stand.seen.some(({ input }) => input.ConsistentRead === true)).to.equal(false);
  });

  it('refuses a consistent read of a global index, and an index that is not there', async () => {
    const { port } = await setup({
      extra: ['status:S'],
      indexes: { GlobalSecondaryIndexes: [toIndex('by-status', ['status'])] },
    });
    const consistent = await failure(readAll(port.scan({ table: 'things', index: 'by-status', consistent: true })));
    expect(consistent.code).to.equal('STINT_SOURCE_CONSISTENT');
    expect((await failure(readAll(port.scan({ table: 'things', index: 'by-stat' })))).message).to.contain(
      'it has by-status',
    );
  });

  it('reads a local index consistently', async () => {
    const indexes = { LocalSecondaryIndexes: [toIndex('by-kind', ['tenant', 'kind'])] };
    const { port } = await setup({ items: events(30), key: ['tenant:S', 'at:N'], extra: ['kind:S'], indexes });
    const source = port.query({
      table: 'things',
      index: 'by-kind',
      keyCondition: 'tenant = :t',
      values: { ':t': 'a' },
    });
    await resumesBehindEachItem(source);
    expect(stand.seen.every(({ operation, input }) => operation !== 'Query' || input.ConsistentRead === true)).to.equal(
      true,
    );
  });

  it('yields nothing for an empty table', async () => {
    const { port } = await setup();
    expect(await readAll(port.scan({ table: 'things', segments: 3 }))).to.deep.equal([]);
    expect(
      await readAll(port.query({ table: 'things', keyCondition: 'id = :id', values: { ':id': 'a' } })),
    ).to.deep.equal([]);
  });

  it('passes over pages that the filter leaves empty, looking through more at once, and never yields too big a page', async () => {
    const items = things(4_000);
    const { port } = await setup({ items });
    // Nothing for long, then items in a row: `hash` is where an item stands in the scan.
    const order = (await readAll(port.scan<Thing>({ table: 'things' }), 1_000)).map(({ at }) => at);
    const wanted = new Set(order.slice(2_500, 2_700));
    await fill(
      port,
      'things',
      items.map((item) => ({ ...item, wanted: wanted.has(item.at) })),
    );
    stand.seen.length = 0;
    const source = port.scan<Thing>({ table: 'things', filter: 'wanted = :yes', values: { ':yes': true } });
    const read = await readSegment(source, 0, undefined, 10);
    expect(read.map(({ item }) => item.at)).to.deep.equal(order.slice(2_500, 2_700));
    expect(stand.seen.length).to.be.below(50);
    expect(await source.total(new AbortController().signal)).to.equal(undefined);
    await resumesBehindEachItem(
      port.scan<Thing>({ table: 'things', filter: '#at < :most', names: { '#at': 'at' }, values: { ':most': 30 } }),
    );
  });

  it('asks DynamoDB for a page of the wanted size', async () => {
    const { port } = await setup({ items: things(30) });
    const sizes = [3, 5, 10_000];
    const pages = port.scan({ table: 'things', maxPageSize: 12 }).segments[0]!.pages(undefined, {
      signal: new AbortController().signal,
      pageSize: () => sizes.shift() ?? 4,
    });
    const lengths: number[] = [];
    for await (const { items } of pages) lengths.push(items.length);
    expect(lengths).to.deep.equal([3, 5, 12, 4, 4, 2]);
  });

  const faults: [string, Fault][] = [
    ['the connection is reset', 'reset'],
    ['the answer is cut off', 'cut'],
    ['DynamoDB throttles', awsError('ProvisionedThroughputExceededException')],
    ['DynamoDB fails with 500', awsError('InternalServerError', 500)],
    ['DynamoDB fails with 500 under an unknown name', awsError('InternalFailure', 500)],
    ['DynamoDB fails with 503 and no JSON', { status: 503, body: '<html>' }],
  ];
  for (const [name, fault] of faults) {
    it(`yields each item once when ${name} in mid-scan`, async () => {
      const clock = new SkippingClock();
      const { port } = await setup({ items: things(400), options: { clock } });
      // Each request fails twice.
      const failed = new Map<string, number>();
      stand.fault = ({ input }) => {
        const times = (failed.get(JSON.stringify(input)) ?? 0) + 1;
        failed.set(JSON.stringify(input), times);
        return times <= 2 ? fault : undefined;
      };
      const read = await readAll(port.scan<Thing>({ table: 'things', segments: 2 }), 30);
      expect(read.map(({ at }) => at).sort((a, b) => a - b)).to.deep.equal(things(400).map(({ at }) => at));
      expect(failed.size).to.be.above(10);
      expect(clock.slept).to.have.lengthOf(2 * failed.size);
    });
  }

  it('gives up when DynamoDB goes on failing, or refuses for good', async () => {
    const { port } = await setup({ items: things(1) });
    stand.fault = ({ operation }) => (operation === 'Scan' ? awsError('InternalServerError', 500) : undefined);
    expect((await failure(readAll(port.scan({ table: 'things' })))).name).to.equal('InternalServerError');
    expect(stand.seen).to.have.lengthOf(11);
    stand.fault = () => undefined;
    expect((await failure(readAll(port.scan({ table: 'things', filter: 'a = = b' })))).code).to.equal(
      'STINT_DYNAMODB_VALIDATION',
    );
    expect((await failure(readAll(port.scan({ table: 'nothing' })))).code).to.equal('STINT_DYNAMODB_NO_TABLE');
  });

  it('ends with the signal’s reason when it fires in mid-read, and reads no more when the reader breaks off', async () => {
    const { port } = await setup({ items: things(100) });
    const source = port.scan({ table: 'things' });
    for await (const { items } of source.segments[0]!.pages(undefined, {
      signal: new AbortController().signal,
      pageSize: () => 10,
    })) {
      expect(items).to.have.lengthOf(10);
      break;
    }
    expect(stand.seen.map(({ operation }) => operation)).to.deep.equal(['DescribeTable', 'Scan']);
    const controller = new AbortController();
    const reason = new Error('enough');
    stand.fault = () => 'hold';
    stand.onHold = () => controller.abort(reason);
    const pages = source.segments[0]!.pages(undefined, { signal: controller.signal, pageSize: () => 10 })[
      Symbol.asyncIterator
    ]();
    expect(await failure(pages.next())).to.equal(reason);
  });

  it('holds all segments together to the read units a second that were asked for', async () => {
    const clock = new SkippingClock();
    const { port } = await setup({
      items: things(1_000).map((item) => ({ ...item, text: 'x'.repeat(900) })),
      options: { clock },
    });
    const startMs = clock.nowMs;
    let units = 0;
    stand.fault = ({ operation }) =>
      operation !== 'Scan'
        ? undefined
        : (answer) => {
            units += (answer.ConsumedCapacity as { CapacityUnits: number }).CapacityUnits;
            return answer;
          };
    const read = await readAll(port.scan<Thing>({ table: 'things', segments: 4, maxReadUnitsPerSecond: 50 }), 40);
    expect(read).to.have.lengthOf(1_000);
    const seconds = (clock.nowMs - startMs) / 1_000;
    // The reads under way at the end are not paid yet: at most one a segment, of some 10 units.
    expect(units).to.be.above(100);
    expect(units).to.be.at.most(50 * seconds + 4 * 12);
    expect(units).to.be.above(50 * seconds * 0.5);
  });

  it('refuses items without their key when the projection leaves it out', async () => {
    const { port } = await setup({ items: things(2) });
    const error = await failure(readAll(port.scan({ table: 'things', projection: '#at', names: { '#at': 'at' } })));
    expect(error.code).to.equal('STINT_SOURCE_KEY_MISSING');
    expect(error.message).to.contain('id is not read; add it to the projection');
  });

  it('estimates the total of a scan once DynamoDB has counted the table', async () => {
    const { port } = await setup();
    const { signal } = new AbortController();
    let counted = 0;
    stand.fault =
      () =>
      ({ Table }) => ({ Table: { ...(Table as object), ItemCount: counted } });
    expect(await port.scan({ table: 'things' }).total(signal)).to.equal(undefined);
    counted = 60;
    expect(await port.scan({ table: 'things' }).total(signal)).to.equal(60);
    expect(
      await port.query({ table: 'things', keyCondition: 'id = :id', values: { ':id': 'a' } }).total(signal),
    ).to.equal(undefined);
  });

  it('has a fingerprint of what decides order and cursors, not of values', async () => {
    const { port } = await setup();
    const query = { table: 'things', keyCondition: 'id = :id', values: { ':id': 'a' } };
    const { fingerprint } = port.query(query);
    expect(port.query({ ...query, values: { ':id': 'b' } }).fingerprint).to.equal(fingerprint);
    const others = [
      port.query({ ...query, descending: true }),
      port.query({ ...query, index: 'i' }),
      port.scan({ table: 'things' }),
      port.scan({ table: 'things', segments: 2 }),
    ];
    expect(new Set([fingerprint, ...others.map((other) => other.fingerprint)]).size).to.equal(5);
    expect(() => port.scan({ table: 'things', segments: 0 })).to.throw('segments to be a whole number from 1');
    expect(() => port.scan({ table: 'things', maxReadUnitsPerSecond: 0 })).to.throw('maxReadUnitsPerSecond');
  });
});
