import { expect } from 'chai';
import { describe, it } from 'mocha';
import { systemClock } from '../clock.ts';
import { StintError } from '../errors.ts';
import { classifyError } from '../pace/classify.ts';
import { claimOf, endOf, granted, openPostgresStand, type PostgresStand } from '../testing/postgres-ledger-stand.ts';
import { PostgresConnection } from './postgres-connection.ts';
import { type Migration, migrate, migrations } from './postgres-migrations.ts';

const latest = migrations.at(-1)!.version;

function connectionTo(connectionString: string): PostgresConnection {
  return new PostgresConnection({
    access: { connectionString },
    applicationName: 'test',
    schema: 'stint',
    clock: systemClock,
  });
}

async function rejection(promise: Promise<unknown>): Promise<StintError> {
  const error = await promise.then(
    () => expect.fail('expected a rejection'),
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(StintError);
  return error as StintError;
}

/** A URL of a role that may do nothing yet but connect. The server's roles are shared: it goes with the test. */
async function openRole(stand: PostgresStand) {
  const [{ name } = { name: '' }] = await stand.sql<{ name: string }>(`select current_database() || '_role' as name`);
  await stand.sql(`create role "${name}" login password 'secret'`);
  const url = new URL(stand.url);
  url.username = name;
  url.password = 'secret';
  return {
    name: `"${name}"`,
    url: url.href,
    [Symbol.asyncDispose]: async () => {
      await stand.sql(`drop owned by "${name}" cascade`);
      await stand.sql(`drop role "${name}"`);
    },
  };
}

describe('ledger/postgres-migrations', () => {
  it('numbers migrations from 1 without a gap', () => {
    expect(migrations.map(({ version }) => version)).to.deep.equal(migrations.map((_, index) => index + 1));
  });

  it('migrates once when ten processes make their first call at the same moment', async () => {
    await using stand = await openPostgresStand();
    const ledgers = Array.from({ length: 10 }, () => stand.open());
    const claims = await Promise.all(ledgers.map((ledger) => ledger.claim(claimOf())));
    expect(claims.filter((claim) => claim.granted)).to.have.length(1);
    const applied = await stand.sql('select version from stint.migrations order by version');
    expect(applied).to.deep.equal(migrations.map(({ version }) => ({ version })));
  });

  it('applies what is missing, in order, and nothing of it when one fails', async () => {
    await using stand = await openPostgresStand();
    await using connection = connectionTo(stand.url);
    const list: Migration[] = [
      { version: 1, name: 'one', sql: 'create table one (a int)' },
      { version: 2, name: 'two', sql: 'alter table one add b int; create table two (a int)' },
    ];
    await migrate(connection, 'stint', list.slice(0, 1));
    await migrate(connection, 'stint', list);
    await migrate(connection, 'stint', list);
    await stand.sql('select a, b from stint.one');
    const broken = [...list, { version: 3, name: 'three', sql: 'create table three (a int); select 1 / 0' }];
    const error: unknown = await migrate(connection, 'stint', broken).catch((reason) => reason);
    expect(error).to.have.property('code', '22012');
    expect(await stand.sql('select name from stint.migrations order by version')).to.deep.equal([
      { name: 'one' },
      { name: 'two' },
    ]);
    expect(await stand.sql(`select to_regclass('stint.three') as three`)).to.deep.equal([{ three: null }]);
  });

  it('asks once in a process whether there is something to do', async () => {
    await using stand = await openPostgresStand();
    const ledger = stand.open();
    await ledger.runs();
    await stand.sql('alter table stint.migrations rename to elsewhere');
    await ledger.runs();
  });

  it('refuses a database that a newer version has changed', async () => {
    await using stand = await openPostgresStand();
    await stand.open().runs();
    await stand.sql(`insert into stint.migrations (version, name) values ($1, 'of tomorrow')`, [latest + 1]);
    const error = await rejection(stand.open().claim(claimOf()));
    expect(error.code).to.equal('STINT_LEDGER_NEWER');
    expect(error.message).to.include(`"stint" to have version ${latest} or less, got ${latest + 1}`);
    expect(classifyError(error).class).to.equal('permanent');
  });

  it('tells what to grant when the role may not make the schema', async () => {
    await using stand = await openPostgresStand();
    await using role = await openRole(stand);
    const ledger = stand.open({ access: { connectionString: role.url } });
    const error = await rejection(ledger.claim(claimOf()));
    expect(error.code).to.equal('STINT_LEDGER_DENIED');
    expect(error.message).to.include('schema "stint"').and.include('grant it create').and.include('STINT_LEDGER');
    expect(error.message).to.not.include('secret');
    expect(classifyError(error).class).to.equal('permanent');
    await ledger[Symbol.asyncDispose]();
  });

  it('asks for the privilege again at the next call', async () => {
    await using stand = await openPostgresStand();
    await using role = await openRole(stand);
    await using ledger = stand.open({ access: { connectionString: role.url } });
    await rejection(ledger.runs());
    await stand.sql(`create schema stint authorization ${role.name}`);
    expect(await ledger.runs()).to.deep.equal([]);
  });

  it('needs no privilege to create anything when the schema is up to date', async () => {
    await using stand = await openPostgresStand();
    await stand.open().runs();
    await using role = await openRole(stand);
    const denied = await rejection(stand.open({ access: { connectionString: role.url } }).runs());
    expect(denied.code).to.equal('STINT_LEDGER_DENIED');
    await stand.sql(`grant usage on schema stint to ${role.name}`);
    await stand.sql(`grant select, insert, update, delete on all tables in schema stint to ${role.name}`);
    await using ledger = stand.open({ access: { connectionString: role.url } });
    const claim = await ledger.claim(claimOf());
    expect(claim.granted).to.equal(true);
    await ledger.prune();
  });

  it('keeps ledgers of two schemas apart', async () => {
    await using stand = await openPostgresStand();
    const claims = await Promise.all(
      ['one', 'Other "schema"'].map((schema) => stand.open({ schema }).claim(claimOf({ runId: 'same' }))),
    );
    expect(claims.map(({ granted }) => granted)).to.deep.equal([true, true]);
  });

  it('tells no attempts of runs that were begun before they were kept, and keeps those that come', async () => {
    await using stand = await openPostgresStand();
    await using connection = connectionTo(stand.url);
    await migrate(connection, 'stint', migrations.slice(0, 1));
    await stand.sql(
      `insert into stint.runs (run_id, claim_id, job, identity, first_token, token, lease_key, scope, trigger, dry_run,
         definition, holder, ttl_ms, lease_until, status)
       values ('old', 'old', 'test-job', 'i', 1, 1, 'job test-job', '{}', '{"kind":"test"}', false, 'd', 'h', 60000,
         clock_timestamp() + interval '1 minute', 'running')`,
    );
    await stand.sql(`insert into stint.jobs (job, last_token) values ('test-job', 1)`);
    const ledger = stand.open();
    expect(await ledger.run('old')).to.deep.include({ attempt: 1, attempts: [] });
    await ledger.finish({ runId: 'old', key: 'job test-job', fencingToken: 1, ttlMs: 60_000 }, endOf(1, 'interrupted'));
    expect(await ledger.run('old')).to.deep.include({ status: 'interrupted', attempts: [] });
    await granted(ledger, { resume: { runId: 'old' } });
    expect((await ledger.run('old'))?.attempts.map(({ attempt }) => attempt)).to.deep.equal([2]);
  });
});
