/** PostgreSQL, with the ledger and all that is worked on in it, crashes in the midst of a run, and while one is recovered. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { until } from '../testing/until.ts';
import { bookedOnce, type InvoiceWorld, openInvoiceWorld, summaryOf } from './testing/invoice-world.ts';
import { type OwnPostgres, openOwnPostgres } from './testing/own-postgres.ts';

const invoices = 400;
const leaseTtlMs = 5_000;
const patienceMs = 60_000;
// Patient with its items: a server takes a second or so to come back.
const limits = { concurrency: 8, retry: { attempts: 10, baseMs: 200, maxMs: 2_000 } };
const temporary = 75;

async function workUntil(world: InvoiceWorld, calls: number): Promise<void> {
  await until(`${calls} charges`, () => world.provider.calls.count() >= calls, patienceMs);
}

async function expectDone(world: InvoiceWorld): Promise<void> {
  expect(Object.keys(world.provider.state.charged)).to.have.length(invoices);
  expect(await world.bookings()).to.deep.equal(bookedOnce(invoices));
  expect(await world.sql('select from stint.done_items')).to.deep.equal([]);
}

async function crashOnce(postgres: OwnPostgres): Promise<void> {
  await postgres.crash();
  await postgres.start();
}

describe('a PostgreSQL server that crashes', function () {
  this.timeout(120_000);

  it('in the midst of a run costs neither an item nor a booking', async () => {
    await using postgres = await openOwnPostgres();
    await using world = await openInvoiceWorld({
      ...{ ledger: 'postgres', invoices, leaseTtlMs, latencyMs: 10, postgresUrl: postgres.url },
    });
    let program = world.start({ limits, persistent: true });
    await workUntil(world, 100);
    await crashOnce(postgres);
    // It goes on, if its lease could be renewed in time; if not, the next start does.
    if ((await program.ended).code === temporary) program = world.start({ limits, persistent: true });
    const summary = await summaryOf(program);
    expect(summary).to.include({ status: 'succeeded', exitCode: 0 });
    expect(summary.items).to.include({ read: invoices, remaining: 0, failed: 0, quarantined: 0 });
    // It was felt.
    expect(summary.items.retried).to.be.above(0);
    await expectDone(world);
  });

  it('and crashes again while the run is recovered costs neither', async () => {
    await using postgres = await openOwnPostgres();
    await using world = await openInvoiceWorld({
      ...{ ledger: 'postgres', invoices, leaseTtlMs, latencyMs: 10, postgresUrl: postgres.url },
    });
    const first = world.start({ limits, persistent: true });
    await workUntil(world, 100);
    first.process.kill('SIGKILL');
    await first.ended;
    await postgres.crash();
    // It claims when the server is there, and works what may have been in flight, one by one.
    let program = world.start({ limits, persistent: true });
    await postgres.start();
    await workUntil(world, world.provider.calls.count() + 20);
    await crashOnce(postgres);
    if ((await program.ended).code === temporary) program = world.start({ limits, persistent: true });
    const summary = await summaryOf(program);
    expect(summary).to.include({ status: 'succeeded', exitCode: 0 });
    expect(summary.attempt).to.be.at.least(2);
    expect(summary.items).to.include({ read: invoices, remaining: 0, failed: 0, quarantined: 0 });
    // It was felt.
    expect(summary.items.retried).to.be.above(0);
    await expectDone(world);
  });
});
