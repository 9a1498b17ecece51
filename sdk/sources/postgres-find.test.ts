import { expect } from 'chai';
import { describe, it } from 'mocha';
import { classifyError } from '../pace/classify.ts';
import { openPostgresWorld, readAll } from '../testing/postgres-world.ts';
import type { Cursor } from './source.ts';

interface Row {
  readonly k: unknown;
  readonly name: string;
}

const { signal } = new AbortController();
const throughJson = (position: Cursor): Cursor => JSON.parse(JSON.stringify(position));

const keys: Record<string, { readonly type: string; readonly values: readonly [string, string] }> = {
  'bigint beyond 2^53': { type: 'bigint', values: ['9007199254740993', '9007199254740992'] },
  'timestamptz with microseconds': {
    type: 'timestamptz',
    values: [`'2026-01-01 00:00:00.000001Z'`, `'2026-01-01 00:00:00.000002Z'`],
  },
  'timestamptz in a zone of its own': {
    type: 'timestamptz',
    values: [`'1890-01-01 00:00:00.1+00:53:28'`, `'infinity'`],
  },
  numeric: { type: 'numeric', values: ['1234567890123456789.123456781', '1234567890123456789.123456782'] },
  'double precision': { type: 'double precision', values: ['0.1::float8 + 0.2::float8', '0.3'] },
  text: { type: 'text', values: [`E'a\\nb "%/'`, `''`] },
  'char of a fixed length': { type: 'char(5)', values: [`'ab'`, `'ac'`] },
  uuid: { type: 'uuid', values: [`'7f0c0a3e-0000-4000-8000-00000000000a'`, `'7f0c0a3e-0000-4000-8000-00000000000b'`] },
  bytea: { type: 'bytea', values: [`'\\x00ff'`, `'\\x00fe'`] },
};

describe('sources/postgres find', () => {
  for (const [name, { type, values }] of Object.entries(keys)) {
    it(`finds each row by its position in a source that was not read from yet, when the key is ${name}`, async () => {
      await using world = await openPostgresWorld(
        `create table t (k ${type} primary key, name text); insert into t values (${values[0]}, 'a'), (${values[1]}, 'b')`,
      );
      const source = () => world.postgres.rows<Row>({ sql: 'select * from t', key: ['k'] });
      const read = source();
      const { items } = await readAll(read);
      expect(items).to.have.length(2);
      for (const item of items) {
        const fresh = source();
        const found = await fresh.find(throughJson(read.positionOf(item)), signal);
        expect(found).to.deep.equal(item);
        expect(fresh.keyOf(found!)).to.equal(read.keyOf(item));
        expect(fresh.positionOf(found!)).to.deep.equal(read.positionOf(item));
        expect(await fresh.refresh?.(found!, signal)).to.deep.equal(item);
      }
    });
  }

  it('finds a row as it is now, and tells when it is gone or no longer matches', async () => {
    await using world = await openPostgresWorld(
      `create table t (a int, b timestamptz, name text, primary key (a, b)); insert into t values (1, '2026-01-01 00:00:00.000001Z', 'a')`,
    );
    const source = () =>
      world.postgres.rows<{ a: number; b: Date; name: string }>({
        sql: 'select * from t where name <> $1',
        values: ['gone'],
        key: ['a', 'b'],
      });
    const read = source();
    const [item] = (await readAll(read)).items;
    const position = throughJson(read.positionOf(item!));
    await world.sql(`update t set name = 'b'`);
    expect((await source().find(position, signal))?.name).to.equal('b');
    await world.sql(`insert into t values (2, now(), 'c'); update t set name = 'gone' where a = 1`);
    expect(await source().find(position, signal)).to.equal(undefined);
    await world.sql('delete from t');
    const empty = source();
    expect(await empty.find(position, signal), 'no rows at all').to.equal(undefined);
    await world.sql(`insert into t values (1, '2026-01-01 00:00:00.000001Z', 'back')`);
    expect((await empty.find(position, signal))?.name, 'the same source').to.equal('back');
  });

  it('looks at the key once for all rows that are found at the same time', async () => {
    await using world = await openPostgresWorld(
      'create table t (k int primary key, name text); insert into t select n, n from generate_series(1, 9) n',
    );
    const source = world.postgres.rows<Row>({ sql: 'select * from t', key: ['k'] });
    const found = await Promise.all(['1', '5', '9', '10'].map((key) => source.find([key], signal)));
    expect(found.map((row) => row?.name)).to.deep.equal(['1', '5', '9', undefined]);
    expect(world.effects.filter(({ operation }) => operation === 'select')).to.have.length(2 + 4);
  });

  it('tells rows that share keys apart from others, but refuses to find one of them', async () => {
    await using world = await openPostgresWorld(
      'create table t (k int, name text); insert into t select n / 2, n from generate_series(1, 5) n',
    );
    const source = world.postgres.rows<Row>({ sql: 'select * from t', key: ['k'] });
    const { items, cursors } = await readAll(source);
    expect(items.map((item) => source.positionOf(item))).to.deep.equal([['0'], ['1'], ['1'], ['2'], ['2']]);
    expect(cursors[1], 'amid a group').to.have.property('after').that.deep.equals(['0']);
    expect((await source.find(['0'], signal))?.name).to.equal('1');
    const errors = await Promise.all([
      source.find(['1'], signal).catch((thrown: Error) => thrown),
      source.refresh?.(items[1]!, signal).catch((thrown: Error) => thrown),
    ]);
    for (const error of errors) expect(error).to.have.property('code', 'STINT_SOURCE_KEY_NOT_UNIQUE');
  });

  it('refuses a position that another key has made, before it asks', async () => {
    await using world = await openPostgresWorld('create table t (k int primary key, name text)');
    const source = world.postgres.rows<Row>({ sql: 'select * from t', key: ['k'] });
    for (const position of [null, '1', 1, [], [1], ['1', '2'], { after: ['1'], until: null }]) {
      const error = await source.find(position, signal).catch((thrown: Error) => thrown);
      expect(error).to.have.property('code', 'STINT_SOURCE_POSITION');
    }
    expect(world.effects).to.deep.equal([]);
  });

  it('rejects with an error that is worth another try when the connection is lost', async () => {
    await using world = await openPostgresWorld(
      `create table t (k int primary key, name text); insert into t values (1, 'a'); create table broken (id int)`,
    );
    const source = world.postgres.rows<Row>({
      sql: 'select * from t where (select count(pg_terminate_backend(pg_backend_pid())) from broken) = 0',
      key: ['k'],
    });
    const [item] = (await readAll(source)).items;
    await world.sql('insert into broken values (1)');
    const error = await source.find(source.positionOf(item!), signal).catch((thrown: unknown) => thrown);
    expect(classifyError(error).class).to.equal('transient');
    await world.sql('delete from broken');
    expect(await source.find(source.positionOf(item!), signal)).to.deep.equal(item);
  });
});
