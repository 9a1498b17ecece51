import { describe, it } from 'mocha';
import type pg from 'pg';
import { expect } from '../expect/index.ts';
import { connect } from '../stack/testing/connect.ts';
import { testStack } from '../testing/test-stack.ts';
import { PostgresSnapshot } from './postgres-snapshot.ts';

const schema = `
  create table payments (
    id integer primary key, amount integer not null, twice integer generated always as (amount * 2) stored, at timestamptz default now());
  create table lines (
    number bigint generated always as identity primary key, payment integer not null references payments (id));
  create table empty (text text);
  create table "Odd name" ("Key" text);
  create table parts (id integer) partition by range (id);
  create table parts_low partition of parts for values from (0) to (10);
  create sequence tickets;
  insert into payments (id, amount) select 10 - n, n from generate_series(1, 9) as n;
  insert into lines (payment) values (1), (2);
  insert into "Odd name" values ('a''b'), (null);
  insert into parts values (3);
  select nextval('tickets');
  create schema stint;
  create table stint.runs (run_id text primary key);
  create table stint.migrations (number integer);
  insert into stint.migrations values (1);`;

async function setup() {
  await using opened = new AsyncDisposableStack();
  const fork = opened.use(await testStack().fork());
  const clients: pg.Client[] = [];
  opened.defer(async () => void (await Promise.all(clients.map((client) => client.end()))));
  const connectToFork = async () => {
    const client = await connect(fork.postgresUrl);
    clients.push(client);
    return client;
  };
  const client = await connectToFork();
  await client.query(schema);
  const snapshot = await PostgresSnapshot.take(client);
  const all = opened.move();
  const read = async (sql: string) => (await client.query({ text: sql, rowMode: 'array' })).rows;
  return { client, connect: connectToFork, snapshot, read, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

describe('sweep/postgres-snapshot', () => {
  it('puts back rows, their order, generated values and sequences', async () => {
    await using world = await setup();
    const { client, snapshot, read } = world;
    const inOrder = `select t, p::text from (select 'p' as t, payments from payments) as x (t, p)
      union all select 'l', lines::text from lines union all select 'o', o::text from "Odd name" o
      union all select 'e', empty::text from empty union all select 'r', runs::text from stint.runs
      union all select 'a', parts::text from parts union all select 'm', migrations::text from stint.migrations`;
    const before = await read(inOrder);
    for (let round = 0; round < 3; round += 1) {
      await client.query(`
        update payments set amount = amount + 1 where id = 3; delete from lines; insert into lines (payment) values (5);
        insert into empty values ('x'); truncate "Odd name"; insert into stint.runs values ('r');
        update parts set id = 4; select nextval('tickets'); select nextval('tickets')`);
      expect(await snapshot.restore()).to.equal(true);
      expect(await read(inOrder)).to.deep.equal(before);
      // An update moves a row to the end of its table.
      expect(await read('select id from payments')).to.deep.equal([9, 8, 7, 6, 5, 4, 3, 2, 1].map((id) => [id]));
      expect(await read(`select nextval('tickets')::int`)).to.deep.equal([[2]]);
      expect(await read('insert into lines (payment) values (1) returning number::int')).to.deep.equal([[3]]);
    }
  });

  it('drops tables and schemas that were made, with all that hangs on them', async () => {
    await using world = await setup();
    for (let round = 0; round < 2; round += 1) {
      await world.client.query(`
        create schema another; create table another.one (id serial primary key, payment integer);
        create table "Made" (id text); create index on "Made" (id); create view seen as select * from "Made"`);
      expect(await world.snapshot.restore()).to.equal(true);
      expect(await world.read(`select from pg_class where relname in ('one', 'Made', 'seen')`)).to.have.length(0);
    }
  });

  it('ends the sessions of all others, and what they had begun', async () => {
    await using world = await setup();
    const other = await world.connect();
    await other.query('begin; delete from lines; lock table payments');
    const third = await world.connect();
    // Long enough to be ended in its midst, if it has what it waits for when the other session ends.
    const waiting = third.query('select pg_sleep(60) from payments').catch((error: Error) => error);
    expect(await world.snapshot.restore()).to.equal(true);
    expect(await world.read('select count(*)::int from lines')).to.deep.equal([[2]]);
    expect(await other.query('select 1').catch((error: Error) => error)).to.be.instanceOf(Error);
    expect(await waiting).to.be.instanceOf(Error);
  });

  for (const change of [
    'drop table empty',
    'alter table empty add column more text',
    'alter table empty alter column text set default 1',
    'alter table empty add constraint one check (text is null)',
    'create index on empty (text)',
    'create function one() returns integer language sql as $$ select 1 $$',
    `create type mood as enum ('sad')`,
    'create trigger one before update on empty for each row execute function suppress_redundant_updates_trigger()',
    'select lo_create(0)',
  ])
    it(`says that it cannot after: ${change}`, async () => {
      await using world = await setup();
      await world.client.query(change);
      expect(await world.snapshot.restore()).to.equal(false);
    });

  it('says that it cannot where a view is materialized', async () => {
    await using world = await setup();
    await world.client.query('create materialized view sums as select sum(amount) from payments');
    const snapshot = await PostgresSnapshot.take(world.client);
    expect(await snapshot.restore()).to.equal(false);
  });
});
