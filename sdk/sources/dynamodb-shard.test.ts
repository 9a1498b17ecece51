import { expect } from 'chai';
import fc from 'fast-check';
import { after, before, describe, it } from 'mocha';
import { SourceError } from '../errors.ts';
import { createTable, DynamoStand, fill, openPort } from '../testing/dynamo-stand.ts';
import type { Cursor, Source } from './source.ts';

interface Thing {
  readonly id: string;
}

const { signal } = new AbortController();
const items = Array.from({ length: 120 }, (_, at) => ({ id: `id-${at}` }));
const shardsOf = (count: number) => Array.from({ length: count }, (_, index) => ({ index, count }));

describe('sources/dynamodb, a shard of a scan', () => {
  let stand: DynamoStand;
  before(async () => {
    stand = await DynamoStand.start();
  });
  after(() => stand.stop());

  async function setup() {
    const prefix = stand.reset();
    await createTable(stand, `${prefix}things`, ['id:S']);
    const port = openPort(stand, prefix);
    await fill(port, 'things', items);
    stand.seen.length = 0;
    return port;
  }

  async function read(source: Source<Thing>, segment: number, from?: Cursor) {
    const found: { id: string; cursor: Cursor }[] = [];
    for await (const page of source.segments[segment]!.pages(from, { signal, pageSize: () => 7 }))
      for (const [at, item] of page.items.entries()) found.push({ id: item.id, cursor: page.cursorOf(item, at) });
    return found;
  }

  const readAll = async (source: Source<Thing>) =>
    (await Promise.all(source.segments.map((_, segment) => read(source, segment)))).flat();

  it('has no item that another has, and all have them all, for any count and segments', async () => {
    const port = await setup();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 3 }), async (count, segments) => {
        const parts = [];
        for (const shard of shardsOf(count)) {
          const source = port.scan<Thing>({ table: 'things', segments, shard });
          expect(source.segments).to.have.length(segments);
          parts.push(await readAll(source));
        }
        const ids = parts.flat().map(({ id }) => id);
        expect(ids.toSorted()).to.deep.equal(items.map(({ id }) => id).toSorted());
      }),
      { numRuns: 5 },
    );
  });

  it('asks DynamoDB for ranges of its own', async () => {
    const port = await setup();
    await readAll(port.scan<Thing>({ table: 'things', segments: 2, shard: { index: 1, count: 3 } }));
    const ranges = stand.seen
      .filter(({ operation }) => operation === 'Scan')
      .map(({ input }) => `${input.Segment}/${input.TotalSegments}`);
    expect([...new Set(ranges)].toSorted()).to.deep.equal(['2/6', '3/6']);
  });

  it('resumes behind any item, and finds it again', async () => {
    const port = await setup();
    const source = () => port.scan<Thing>({ table: 'things', shard: { index: 1, count: 2 } });
    const all = await read(source(), 0);
    expect(all.length).to.be.within(1, 119);
    for (const [at, { cursor }] of all.entries()) {
      if (at % 10 !== 0) continue;
      const rest = await read(source(), 0, JSON.parse(JSON.stringify(cursor)));
      expect(rest.map(({ id }) => id)).to.deep.equal(all.slice(at + 1).map(({ id }) => id));
    }
    expect(await source().find({ id: all[0]!.id }, signal)).to.deep.equal({ id: all[0]!.id });
  });

  it('tells its share of the total, once DynamoDB has counted the table', async () => {
    const port = await setup();
    stand.fault = ({ operation }) =>
      operation === 'DescribeTable'
        ? (answer) => ({ Table: { ...(answer.Table as object), ItemCount: 1_000 } })
        : undefined;
    expect(await port.scan({ table: 'things', shard: { index: 1, count: 3 } }).total(signal)).to.equal(334);
    stand.fault = () => undefined;
  });

  it('is told by the fingerprint, and refused when it cannot be', async () => {
    const port = await setup();
    const scan = (options: object) => port.scan({ table: 'things', ...options });
    const shards = [undefined, ...shardsOf(2), ...shardsOf(3)];
    expect(new Set(shards.map((shard) => scan({ shard }).fingerprint)).size).to.equal(6);
    expect(scan({ shard: undefined }).fingerprint).to.equal(scan({}).fingerprint);
    expect(() => scan({ shard: { index: 2, count: 2 } })).to.throw(SourceError, 'expected shard to be an index');
    expect(() => scan({ segments: 1_001, shard: { index: 0, count: 1_000 } })).to.throw(SourceError, 'segments');
  });
});
