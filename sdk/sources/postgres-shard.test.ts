import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { SourceError } from '../errors.ts';
import { openPostgresWorld, type PostgresWorld, readAll } from '../testing/postgres-world.ts';
import type { RowsOptions } from './postgres.ts';

interface Row {
  readonly n: number;
}
type Options = Partial<RowsOptions<Row & Record<string, unknown>>>;

const rows = 200;
const { signal } = new AbortController();
const columns: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a bigint beyond 2^53': { k: `9007199254740992 + n` },
  'a text': { k: `'k ü' || n` },
  'a uuid': { k: 'md5(n::text)::uuid' },
  'a timestamptz with microseconds': {
    k: `timestamptz '2026-01-01 00:00:00.000001Z' + n * interval '1 microsecond'`,
  },
  'a float': { k: '0.1::float8 * n' },
  bytes: { k: `decode(lpad(to_hex(n), 4, '0'), 'hex')` },
  'several columns': { k: `'k' || n % 3`, l: `date '2026-01-01' + n % 5`, m: 'n' },
  'shared by several rows': { k: 'n / 3' },
};

async function setup(key: Readonly<Record<string, string>>) {
  const selected = Object.entries(key).map(([name, value]) => `${value} as ${name}`);
  const world = await openPostgresWorld(
    `create table t as select ${selected.join(', ')}, n from generate_series(1, ${rows}) n`,
  );
  return { world, key: Object.keys(key) };
}

const sourceOf = (world: PostgresWorld, key: readonly string[], options: Options = {}) =>
  world.postgres.rows<Row & Record<string, unknown>>({ sql: 'select * from t -- all', key, ...options });

const shardsOf = (count: number) => Array.from({ length: count }, (_, index) => ({ index, count }));
const numbers = (items: readonly Row[]) => items.map(({ n }) => n);
const inOrder = (all: readonly number[]) => all.toSorted((a, b) => a - b);
const everything = Array.from({ length: rows }, (_, at) => at + 1);

describe('sources/postgres, a shard of it', () => {
  for (const [name, key] of Object.entries(columns)) {
    it(`has no row that another has, and all have them all, when the key is ${name}`, async () => {
      const { world, key: names } = await setup(key);
      await using _world = world;
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 9 }), fc.boolean(), async (count, descending) => {
          const parts = [];
          for (const shard of shardsOf(count)) {
            const source = sourceOf(world, names, { shard, descending });
            const { items } = await readAll(source, { pageSize: 7 });
            expect(await source.total(signal)).to.equal(items.length);
            parts.push(numbers(items));
          }
          expect(inOrder(parts.flat())).to.deep.equal(everything);
        }),
        { numRuns: 4 },
      );
    });
  }

  it('spreads rows evenly', async () => {
    const { world, key } = await setup({ k: 'n' });
    await using _world = world;
    for (const shard of shardsOf(4)) expect(await sourceOf(world, key, { shard }).total(signal)).to.be.within(30, 70);
  });

  it('has the same rows whatever the sessions’ settings are', async () => {
    const { world, key } = await setup({
      k: `timestamptz '2026-01-01Z' + n * interval '1 hour'`,
      l: '0.1::float8 * n',
    });
    await using _world = world;
    const shard = { index: 1, count: 3 };
    const before = numbers((await readAll(sourceOf(world, key, { shard }))).items);
    const database = new URL(world.url).pathname.slice(1);
    for (const setting of [`timezone = 'Asia/Tokyo'`, `datestyle = 'German'`, 'extra_float_digits = -3'])
      await world.sql(`alter database "${database}" set ${setting}`);
    const sql = `select *, current_setting('timezone') as zone from t`;
    const { items } = await readAll(sourceOf(world, key, { shard, sql }));
    expect(new Set(items.map(({ zone }) => zone))).to.deep.equal(new Set(['Asia/Tokyo']));
    expect(numbers(items)).to.deep.equal(before);
  });

  it('resumes after every row, and finds and refreshes its own rows only', async () => {
    const { world, key } = await setup({ k: `timestamptz '2026-01-01Z' + n * interval '1 microsecond'` });
    await using _world = world;
    const [shard, other] = shardsOf(2);
    const source = sourceOf(world, key, { shard });
    const { items, cursors } = await readAll(source);
    expect(items.length).to.be.within(60, 140);
    for (const [at, after] of cursors.entries()) {
      if (at % 10 !== 0) continue;
      const rest = await readAll(sourceOf(world, key, { shard }), { after });
      expect(numbers(rest.items)).to.deep.equal(numbers(items.slice(at + 1)));
    }
    const position = source.positionOf(items[0]!);
    expect(await source.refresh?.(items[0]!, signal)).to.deep.equal(items[0]);
    expect(await sourceOf(world, key, { shard }).find(position, signal)).to.deep.equal(items[0]);
    expect(await sourceOf(world, key, { shard: other }).find(position, signal)).to.equal(undefined);
    expect(await sourceOf(world, key).find(position, signal)).to.deep.equal(items[0]);
  });

  it('is told by the fingerprint, which that of all rows does not change for', async () => {
    const { world, key } = await setup({ k: 'n' });
    await using _world = world;
    const prints = [undefined, ...shardsOf(2), ...shardsOf(3)].map(
      (shard) => sourceOf(world, key, { shard }).fingerprint,
    );
    expect(new Set(prints).size).to.equal(6);
    expect(prints[0]).to.equal(sourceOf(world, key).fingerprint);
  });

  it('refuses a null key in the shard that has it, and a shard that cannot be', async () => {
    const { world, key } = await setup({ k: 'nullif(n, 77)' });
    await using _world = world;
    const errors = await Promise.all(
      shardsOf(3).map((shard) => readAll(sourceOf(world, key, { shard })).catch((error: SourceError) => error.code)),
    );
    expect(errors.filter((error) => error === 'STINT_SOURCE_KEY_NULL')).to.have.length(1);
    for (const shard of [
      { index: 2, count: 2 },
      { index: -1, count: 2 },
      { index: 0, count: 0 },
      { index: 0.5, count: 2 },
    ])
      expect(() => sourceOf(world, key, { shard })).to.throw(SourceError, 'expected shard to be an index');
  });
});
