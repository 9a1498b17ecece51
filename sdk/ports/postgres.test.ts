import { expect } from 'chai';
import { describe, it } from 'mocha';
import { systemClock } from '../clock.ts';
import { Effects } from '../effects.ts';
import { DryRunWrite, StintError, StoreRefusedError, StoreUnreachableError } from '../errors.ts';
import { Call, currentCall } from '../loop/call.ts';
import { classifyError } from '../pace/classify.ts';
import { seededRandom } from '../random.ts';
import { openPostgresWorld } from '../testing/postgres-world.ts';
import { PostgresPort } from './postgres.ts';

const table = 'create table t (id int primary key, name text not null)';

function portTo(connectionString: string, { dryRun = false } = {}): PostgresPort {
  return new PostgresPort({
    access: { connectionString },
    effects: new Effects(),
    clock: systemClock,
    random: seededRandom(1),
    dryRun,
    signal: new AbortController().signal,
    applicationName: 'stint test',
    concurrency: 1,
  });
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('expected a rejection'),
    (error: unknown) => error,
  );
}

describe('ports/postgres', () => {
  it('gives rows and how many were changed', async () => {
    await using world = await openPostgresWorld(table);
    const inserted = await world.postgres.query(`insert into t values (1, 'a'), (2, 'b')`);
    const read = await world.postgres.query<{ id: number }>('select id from t where id > $1', [1]);
    expect(inserted.rowCount).to.equal(2);
    expect(read.rows).to.deep.equal([{ id: 2 }]);
  });

  it('passes every statement through the door, with its first word and whether it writes', async () => {
    await using world = await openPostgresWorld(table);
    await world.postgres.query(`  insert into t values (1, 'a')`);
    await world.postgres.query('(select 1)');
    await world.postgres.transaction((transaction) => transaction.query(`update t set name = 'b'`));
    expect(world.effects.map(({ operation, write }) => [operation, write])).to.deep.equal([
      ['insert', true],
      ['select', false],
      ['connect', false],
      ['begin', true],
      ['update', true],
      ['commit', true],
    ]);
    expect(JSON.stringify(world.effects)).to.not.include('postgres://');
  });

  it('rolls a transaction back when it is rejected', async () => {
    await using world = await openPostgresWorld(table);
    const reason = new Error('no');
    const error = await rejection(
      world.postgres.transaction(async (transaction) => {
        await transaction.query(`insert into t values (1, 'a')`);
        throw reason;
      }),
    );
    expect(error).to.equal(reason);
    expect(await world.sql('select * from t')).to.deep.equal([]);
  });

  it('does not call a transaction committed that the server has rolled back', async () => {
    await using world = await openPostgresWorld(`${table}; insert into t values (1, 'a')`);
    const swallowing = world.postgres.transaction(async (transaction) => {
      await transaction.query(`insert into t values (2, 'b')`);
      await transaction.query(`insert into t values (1, 'b')`).catch(() => {});
    });
    expect(await rejection(swallowing)).to.have.property('code', 'STINT_POSTGRES_ROLLED_BACK');
    expect(await world.sql('select id from t')).to.deep.equal([{ id: 1 }]);
  });

  describe('in a dry run', () => {
    const writes = {
      insert: `insert into t values (1, 'a')`,
      'a write hidden in a select': `with written as (insert into t values (1, 'a') returning id) select * from written`,
      'a write hidden in a function': 'select add_one()',
    };
    for (const [name, sql] of Object.entries(writes)) {
      it(`refuses ${name}`, async () => {
        await using world = await openPostgresWorld(
          `${table}; create function add_one() returns int language sql as $$ insert into t values (1, 'a') returning id $$`,
          { dryRun: true },
        );
        expect(await rejection(world.postgres.query(sql))).to.be.instanceOf(DryRunWrite);
        expect(await rejection(world.postgres.transaction((transaction) => transaction.query(sql)))).to.be.instanceOf(
          DryRunWrite,
        );
        expect(await world.sql('select * from t')).to.deep.equal([]);
      });
    }

    it('refuses writes whatever the options of the URL and the settings of the session say', async () => {
      await using world = await openPostgresWorld(table);
      const url = new URL(world.url);
      url.searchParams.set('options', '-c statement_timeout=5000');
      await using port = portTo(url.href, { dryRun: true });
      await port.query('set default_transaction_read_only = off');
      expect(await rejection(port.query(`insert into t values (1, 'a')`))).to.be.instanceOf(DryRunWrite);
      expect(await world.sql('select * from t')).to.deep.equal([]);
    });

    it('lets reads pass', async () => {
      await using world = await openPostgresWorld(table, { dryRun: true });
      expect((await world.postgres.query('select 1 as one')).rows).to.deep.equal([{ one: 1 }]);
    });
  });

  it('ends a query with its item, with the reason of its signal', async () => {
    await using world = await openPostgresWorld(table);
    const call = new Call();
    const running = currentCall.run(call, () => world.postgres.query('select pg_sleep(600)'));
    const reason = new Error('out of time');
    while (
      (await world.sql(`select 1 from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'`))
        .length === 0
    );
    call.abort(reason);
    expect(await rejection(running)).to.equal(reason);
    expect((await world.postgres.query('select 1 as one')).rows, 'the pool goes on').to.deep.equal([{ one: 1 }]);
  });

  it('tells where no server answers, and never the password', async () => {
    await using port = portTo('postgres://someone:secret@127.0.0.1:1/somewhere');
    const error = await rejection(port.query('select 1'));
    expect(error).to.be.instanceOf(StoreUnreachableError);
    expect((error as Error).message).to.equal(
      'could not reach PostgreSQL at 127.0.0.1:1/somewhere (ECONNREFUSED); check DATABASE_URL and that the server runs',
    );
    expect(classifyError(error).class).to.equal('transient');
  });

  it('tells of a wrong password and of a database that is not there', async () => {
    await using world = await openPostgresWorld();
    const wrong = new URL(world.url);
    wrong.password = 'wrong';
    const missing = new URL(world.url);
    missing.pathname = '/nowhere';
    for (const [url, reason] of [
      [wrong, 'log-in refused'],
      [missing, 'no such database'],
    ] as const) {
      await using port = portTo(url.href);
      const error = await rejection(port.query('select 1'));
      expect(error).to.be.instanceOf(StoreRefusedError);
      expect(classifyError(error).class).to.equal('permanent');
      expect((error as Error).message)
        .to.include(reason)
        .and.not.include(wrong.password);
    }
  });

  it('calls a connection that is lost in mid-query worth another try', async () => {
    await using world = await openPostgresWorld(table);
    const error = await rejection(world.postgres.query('select pg_terminate_backend(pg_backend_pid())'));
    expect(classifyError(error).class).to.equal('transient');
  });

  it('goes on when a connection is lost while a transaction holds it and asks nothing of it', async () => {
    await using world = await openPostgresWorld(table);
    const error = await rejection(
      world.postgres.transaction(async (transaction) => {
        const { rows } = await transaction.query<{ pid: number }>('select pg_backend_pid() as pid');
        await world.sql('select pg_terminate_backend($1)', [rows[0]?.pid]);
        while ((await world.sql('select 1 from pg_stat_activity where pid = $1', [rows[0]?.pid])).length > 0);
        await transaction.query('select 1');
      }),
    );
    expect(classifyError(error).class).to.equal('transient');
    expect((await world.postgres.query('select 1 as one')).rows).to.deep.equal([{ one: 1 }]);
  });

  it('calls a serialization failure worth another try, and a violated constraint not', async () => {
    await using world = await openPostgresWorld(`${table}; insert into t values (1, 'a')`);
    const conflict = await rejection(
      world.postgres.query(`do $$ begin raise exception 'x' using errcode = '40001'; end $$`),
    );
    const duplicate = await rejection(world.postgres.query(`insert into t values (1, 'b')`));
    expect(classifyError(conflict).class).to.equal('transient');
    expect(classifyError(duplicate).class).to.equal('permanent');
    expect(duplicate).to.not.be.instanceOf(StintError);
  });
});
