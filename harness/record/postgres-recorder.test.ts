import { expect } from 'chai';
import { describe, it } from 'mocha';
import pg from 'pg';
import { connect } from '../stack/testing/connect.ts';
import { testStack } from '../testing/test-stack.ts';
import { PostgresRecorder } from './postgres-recorder.ts';

const schema = `
  create type kind as enum ('a', 'b''c');
  create domain positive as bigint check (value > 0);
  create table owners (id bigint generated always as identity primary key, name text collate "C" not null unique);
  create table notes (id serial primary key, owner_id bigint references owners (id), kind kind not null default 'a',
    kinds kind[], amount numeric(30, 10), weight positive, "strange Name" text, data jsonb, at timestamptz(3),
    bytes bytea, doubled numeric generated always as (amount * 2) stored, check (amount > 0));
  create index on notes (owner_id) where amount > 1;
  create table tags (note_id int not null references notes (id), tag text not null, primary key (note_id, tag));
  create table lonely (value int);
  create view big_notes as select id, amount from notes where amount > 1;
  insert into owners (name) values ('one'), ('two');
  insert into notes (owner_id, amount, weight, "strange Name", data, at, bytes)
    values (1, 12345678901234567890.1234567891, 9007199254740993, 'x', '{"n": 12345678901234567890}', '2026-01-01T00:00:00.123Z', '\\x00ff'), (2, 2, 1, null, null, null, null);
  insert into tags values (1, 'red'), (1, 'blue'), (2, 'green');
  insert into lonely values (1);`;

async function setup() {
  const opened = new AsyncDisposableStack();
  const connectToFork = async () => {
    const fork = opened.use(await testStack().fork());
    const client = await connect(fork.postgresUrl);
    opened.defer(() => client.end());
    return { client, url: fork.postgresUrl };
  };
  const { client, url } = await connectToFork();
  await client.query(schema);
  const recorder = opened.use(await PostgresRecorder.open(url));
  return {
    client,
    recorder,
    url,
    query: (sql: string, values: unknown[] = [], by = recorder) =>
      by.middleware(
        { kind: 'postgres', operation: 'query', target: 'x', write: false },
        () => client.query(sql, values),
        () => ({ store: 'postgres', sql, values }),
      ),
    another: connectToFork,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

describe('PostgresRecorder', () => {
  it('writes a schema that an empty database takes, and rows that it takes with every digit', async () => {
    await using world = await setup();
    await world.query('select id, kind from notes where id = $1', [1]);
    await world.query('select o.id from owners o join big_notes b on b.id = o.id where o.id = 1');
    const { schema: sql = '', rows, warnings } = await world.recorder.finish();
    expect(warnings).to.deep.equal([]);
    const { client } = await world.another();
    await client.query(sql);
    for (const table of ['owners', 'notes']) {
      for (const row of rows[table] ?? []) {
        const columns = Object.keys(JSON.parse(row)).map((column) => pg.escapeIdentifier(column));
        const text = `insert into ${table} (${columns}) select ${columns} from json_populate_record(null::${table}, $1)`;
        await client.query(text, [row]);
      }
    }
    const all = 'select row_to_json(n)::text as text from notes n where id = 1';
    expect((await client.query(all)).rows).to.deep.equal((await world.client.query(all)).rows);
    await client.query(`insert into notes (amount) values (1)`);
    expect((await client.query('select max(id) as id from notes')).rows, 'the sequence goes on').to.deep.equal([
      { id: 3 },
    ]);
    await client.query(`insert into owners (name) values ('three')`);
    expect((await client.query('select count(*)::int as count from big_notes')).rows).to.deep.equal([{ count: 1 }]);
  });

  it('gives rows as they were before the run changed them, and none that it made', async () => {
    await using world = await setup();
    await world.query(`update notes set amount = 77 where id = 2`);
    await world.query(`insert into notes (amount) values (5)`);
    await world.query('select id, amount from notes where amount > 4 and id > 1');
    const { rows } = await world.recorder.finish();
    expect(rows.notes?.map((row) => JSON.parse(row)).map(({ id, amount }) => [id, amount])).to.deep.equal([[2, 2]]);
  });

  it('finds rows of joined tables over foreign keys, and those that others refer to', async () => {
    await using world = await setup();
    await world.query('select n.id, t.tag from notes n left join tags t on t.note_id = n.id where n.id = 1');
    await world.query('select 1 from owners where false');
    const { rows, warnings } = await world.recorder.finish();
    expect(rows.tags?.map((row) => JSON.parse(row).tag).sort()).to.deep.equal(['blue', 'red']);
    expect(rows.owners?.map((row) => JSON.parse(row).name)).to.deep.equal(['one']);
    expect(warnings).to.deep.equal([]);
  });

  it('takes rows of tables in other schemas, under their schema and name', async () => {
    await using world = await setup();
    await world.client.query(`create schema billing; create table billing.notes (id int primary key, note_id int
      references notes (id)); insert into billing.notes values (7, 2), (8, 1)`);
    await using recorder = await PostgresRecorder.open(world.url);
    await world.query('select id from billing.notes where id = $1', [7], recorder);
    await world.query('select 1 from notes where false', [], recorder);
    const { schema: sql = '', rows, warnings } = await recorder.finish();
    expect(warnings).to.deep.equal([]);
    expect(Object.keys(rows)).to.deep.equal(['billing.notes', 'notes']);
    expect(rows['billing.notes']).to.deep.equal(['{"id":7,"note_id":2}']);
    const { client } = await world.another();
    await client.query(sql);
    expect((await client.query('select count(*)::int as count from billing.notes')).rows).to.deep.equal([{ count: 0 }]);
  });

  it('tells of tables whose rows nothing leads to', async () => {
    await using world = await setup();
    await world.query('select count(*) from lonely');
    const { schema: sql, rows, warnings } = await world.recorder.finish();
    expect(sql).to.include('create table lonely');
    expect(rows).to.deep.equal({});
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.include('which rows of lonely were read').and.include('postgres/lonely.jsonl');
  });

  it('takes rows that were written without having been read, where their condition says which', async () => {
    await using world = await setup();
    await world.query(`update notes n set "strange Name" = $2 where n.id = $1`, [2, 'y']);
    await world.query('delete from tags where note_id = $2 and tag <> $1', ['red', 1]);
    await world.query('update lonely set value = 2');
    const { rows, warnings } = await world.recorder.finish();
    expect(warnings).to.deep.equal([]);
    expect(rows.notes?.map((row) => JSON.parse(row)).map((row) => [row.id, row['strange Name']])).to.deep.include([
      2,
      null,
    ]);
    expect(rows.tags?.map((row) => JSON.parse(row))).to.deep.include({ note_id: 1, tag: 'blue' });
    expect(rows.lonely).to.deep.equal(['{"value":1}']);
  });

  it('tells of rows that were changed without having been read', async () => {
    await using world = await setup();
    await world.query('update lonely set value = 2 from owners where owners.id = 1');
    const { warnings } = await world.recorder.finish();
    expect(warnings[0]).to.include('lonely was written without having been read');
  });
});
