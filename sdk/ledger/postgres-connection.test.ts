import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Clock, systemClock } from '../clock.ts';
import { StintError } from '../errors.ts';
import { classifyError } from '../pace/classify.ts';
import {
  claimOf,
  granted,
  openPostgresStand,
  openWire,
  type PostgresStand,
  saveOf,
} from '../testing/postgres-ledger-stand.ts';
import { turn } from '../testing/virtual-clock.ts';
import { PostgresLedger } from './postgres.ts';

/** The machine's clock, with timers that fire a hundred times as early. */
const hasty: Clock = { ...systemClock, setTimer: (ms, fn) => systemClock.setTimer(ms / 100, fn) };

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('expected a rejection'),
    (error: unknown) => error,
  );
}

/** Ends all connections of ledgers, and waits until they are gone. */
async function endConnections(stand: PostgresStand): Promise<void> {
  const ofLedgers = `datname = current_database() and application_name = 'stint ledger'`;
  await stand.sql(`select pg_terminate_backend(pid) from pg_stat_activity where ${ofLedgers}`);
  while ((await stand.sql(`select from pg_stat_activity where ${ofLedgers}`)).length > 0);
}

describe('ledger/postgres-connection', () => {
  it('opens no connection before the first call', async () => {
    await using _ledger = new PostgresLedger({
      access: { connectionString: 'postgres://someone:secret@127.0.0.1:1/somewhere' },
    });
  });

  it('tells where no server answers, and never the password', async () => {
    await using ledger = new PostgresLedger({
      access: { connectionString: 'postgres://someone:secret@127.0.0.1:1/somewhere' },
    });
    for (const call of [() => ledger.claim(claimOf()), () => ledger.runs()]) {
      const error = await rejection(call());
      expect(error).to.have.property('code', 'STINT_STORE_UNREACHABLE');
      expect((error as Error).message)
        .to.include('127.0.0.1:1/somewhere')
        .and.not.include('secret');
      expect(classifyError(error).class).to.equal('transient');
    }
  });

  it('refuses a connection string that it cannot read, without showing it', () => {
    expect(() => new PostgresLedger({ access: { connectionString: 'postgres://someone:sec:ret@[/x' } }))
      .to.throw(StintError, /expected connectionString/)
      .with.property('message')
      .that.does.not.include('ret@');
  });

  it('goes on after the server ended its idle connections', async () => {
    await using stand = await openPostgresStand();
    const ledger = stand.open();
    const { lease } = await granted(ledger);
    for (let seq = 1; seq <= 3; seq++) {
      await endConnections(stand);
      const error = await ledger.checkpoint(lease, saveOf(seq)).catch((reason: unknown) => reason);
      if (error !== undefined) expect(classifyError(error).class).to.equal('transient');
      await ledger.checkpoint(lease, saveOf(seq));
    }
    await endConnections(stand);
    const error = await ledger.heartbeat(lease).catch((reason: unknown) => reason);
    if (error instanceof Error) expect(classifyError(error).class).to.equal('transient');
    await ledger.heartbeat(lease);
  });

  it('calls a connection that is ended in mid-transaction worth another try, and the claim can be repeated', async () => {
    await using stand = await openPostgresStand();
    const ledger = stand.open();
    await ledger.runs();
    const other = await stand.connect();
    await other.query('begin; lock table stint.jobs');
    const request = claimOf();
    const claiming = rejection(ledger.claim(request));
    while ((await stand.sql(`select from pg_locks where not granted`)).length === 0);
    await endConnections(stand);
    expect(classifyError(await claiming).class).to.equal('transient');
    await other.query('rollback');
    expect(await ledger.claim(request)).to.include({ granted: true, attempt: 1 });
  });

  it('ends a call that gets no answer, with an error that is worth another try', async () => {
    await using stand = await openPostgresStand();
    // Its schema is made by one that has more time.
    const { lease } = await granted(stand.open());
    const ledger = stand.open({ statementTimeoutMs: 1_000 });
    const other = await stand.connect();
    await other.query('begin; lock table stint.runs');
    for (const call of [
      () => ledger.checkpoint(lease, saveOf(1)),
      () => ledger.heartbeat(lease),
      () => ledger.claim(claimOf()),
      () => ledger.runs(),
    ]) {
      expect(classifyError(await rejection(call())).class).to.equal('transient');
    }
    await other.query('rollback');
    await ledger.heartbeat(lease);
  });

  it('gives the locks of a claim back whose process stands still in the middle of it', async () => {
    await using stand = await openPostgresStand();
    await using wire = await openWire(stand.url);
    await stand.open().runs();
    const access = { connectionString: wire.url };
    await using frozen = stand.open({ access, statementTimeoutMs: 2_000, clock: hasty });
    await frozen.runs();
    const other = await stand.connect();
    await other.query('begin; lock table stint.jobs');
    const claiming = rejection(frozen.claim(claimOf()));
    while ((await stand.sql(`select from pg_locks where not granted`)).length === 0);
    wire.stop();
    await other.query('rollback');
    // It has the lock of the job now, and never hears of it.
    await granted(stand.open());
    expect(classifyError(await claiming).class).to.equal('transient');
  });

  it('closes in bounded time when the server is gone, with calls under way and without', async () => {
    await using stand = await openPostgresStand();
    for (const busy of [true, false]) {
      await using wire = await openWire(stand.url);
      const ledger = new PostgresLedger({ access: { connectionString: wire.url }, clock: hasty });
      await ledger.runs();
      wire.stop();
      const call = busy ? ledger.runs().catch((error: unknown) => error) : undefined;
      await turn();
      const beganMs = performance.now();
      await ledger[Symbol.asyncDispose]();
      expect(performance.now() - beganMs).to.be.below(2_000);
      if (call !== undefined) expect(classifyError(await call).class).to.equal('transient');
      await ledger[Symbol.asyncDispose]();
    }
  });

  it('leaves nothing in a session: no lock, no setting, no statement', async () => {
    await using stand = await openPostgresStand();
    const ledger = stand.open();
    await ledger.runs();
    const { lease } = await granted(ledger);
    await ledger.heartbeat(lease);
    await ledger.checkpoint(lease, saveOf(1));
    await ledger.cancel(lease.runId, 'somebody');
    await ledger.failures(lease.runId);
    await ledger.prune();
    const sessions = await stand.sql(
      `select state, xact_start, backend_xid from pg_stat_activity where application_name = 'stint ledger'
       and datname = current_database()`,
    );
    expect(sessions).to.not.have.length(0);
    for (const session of sessions) expect(session).to.include({ state: 'idle', xact_start: null, backend_xid: null });
    const locks = await stand.sql(
      `select locktype from pg_locks join pg_stat_activity using (pid)
       where application_name = 'stint ledger' and datname = current_database()`,
    );
    expect(locks).to.deep.equal([]);
  });

  it('works when each call meets a session that has other settings', async () => {
    await using stand = await openPostgresStand();
    const [{ name } = { name: '' }] = await stand.sql<{ name: string }>('select current_database() as name');
    const set = (setting: string) => stand.sql(`alter database "${name}" set ${setting}`);
    await set(`search_path to nowhere`);
    await set(`default_transaction_isolation to 'serializable'`);
    await set(`timezone to 'Asia/Kathmandu'`);
    await set(`datestyle to 'German'`);
    const ledgers = [stand.open(), stand.open(), stand.open(), stand.open()];
    await ledgers[0]!.runs();
    const claims = await Promise.all(ledgers.map((ledger) => ledger.claim(claimOf())));
    expect(claims.filter((claim) => claim.granted)).to.have.length(1);
    const [run] = await ledgers[0]!.runs();
    expect(Math.abs(Date.parse(run!.startedAt) - Date.now())).to.be.below(60_000);
  });
});
