import { describe, it } from 'mocha';
import { expect } from '../expect/index.ts';
import { query } from '../stack/testing/query.ts';
import { testStack } from '../testing/test-stack.ts';
import { runAttempt } from './attempt.ts';
import type { LedgerKind } from './site.ts';
import { Sites } from './sites.ts';
import { soundJob } from './testing/invoice-job.ts';
import { openInvoices } from './testing/invoices-case.ts';

async function setup(ledger: LedgerKind = 'postgres') {
  await using opened = new AsyncDisposableStack();
  const { testCase } = opened.use(await openInvoices(2));
  const sites = opened.use(new Sites({ stack: testStack(), testCase, ledger }));
  const all = opened.move();
  return { sites, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

describe('sweep/sites', function sitesTests() {
  this.timeout(60_000);

  for (const ledger of ['postgres', 'dynamodb', 'memory'] as const)
    it(`gives the next world the same stores, as the case has them, with the ledger in ${ledger}`, async () => {
      await using opened = await setup(ledger);
      const seen: { database: string; booked: number; read: number; runs: number }[] = [];
      for (let round = 0; round < 3; round += 1)
        await opened.sites.withWorld(async (world) => {
          const { end } = await runAttempt({ world, job: soundJob });
          const { rows } = await world.postgres.query('select count(*)::int as booked from bookings');
          await using read = await world.openLedger(world.time.clock);
          const runs = (await world.time.runVirtual(() => read.runs({ limit: 10 }))).length;
          const items = end.kind === 'ended' ? end.summary.items.read : -1;
          seen.push({ database: world.stores.fork.database, booked: rows[0]?.booked, read: items, runs });
        });
      const [first] = seen;
      expect(seen).to.deep.equal([first, first, first]);
      expect(first).to.include({ booked: 2, read: 2, runs: 1 });
    });

  it('waits until what is left of a world has come to its end', async () => {
    await using opened = await setup();
    const databases: string[] = [];
    for (let round = 0; round < 3; round += 1)
      await opened.sites.withWorld(async (world) => {
        databases.push(world.stores.fork.database);
        const { rows } = await world.postgres.query('select count(*)::int as booked from bookings');
        expect(rows[0]?.booked).to.equal(0);
        // It stands there with a transaction open, and is buried alive.
        const { attempt } = await runAttempt({ world, job: soundJob, stop: { number: 14, moment: 'after' } });
        expect(attempt.gate.stoppedAt?.effect.operation).to.equal('insert');
      });
    expect(new Set(databases).size).to.equal(1);
  });

  it('takes another site when what is left of a world does not end, or somebody threw in it', async () => {
    await using opened = await setup();
    const urls: string[] = [];
    await opened.sites.withWorld(async (world) => {
      urls.push(world.stores.fork.postgresUrl);
      world.noteAttempt({ over: Promise.withResolvers().promise, gate: { idle: async () => undefined }, bury() {} });
    });
    const thrown = await opened.sites
      .withWorld(async (world) => {
        urls.push(world.stores.fork.postgresUrl);
        throw new Error('some mistake');
      })
      .catch((error: Error) => error.message);
    expect(thrown).to.equal('some mistake');
    await opened.sites.withWorld(async (world) => void urls.push(world.stores.fork.postgresUrl));
    expect(new Set(urls).size).to.equal(3);
    for (const url of urls.slice(0, 2))
      expect(await query(url, 'select 1').catch((error: Error) => error.message)).to.match(/does not exist/);
  });
});
