import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jobs } from '@stint/jobs/registry';
import { findJob, launchJob, MemoryLedger, type Stores } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { openCaseStores } from '../case-stores.ts';
import { loadCase } from '../fixture/index.ts';
import { repositoryRoot } from '../repository.ts';
import { connect } from '../stack/testing/connect.ts';
import { testStack } from '../testing/test-stack.ts';
import { keepCase } from './keep-case.ts';
import { recordFailure } from './record-failure.ts';

/** A run in which payment 10 failed, after which its provider is well again. */
async function setup() {
  const job = findJob(jobs, 'poll-payment-status');
  const root = mkdtempSync(join(tmpdir(), 'stint-record-'));
  const production = await openCaseStores(
    testStack(),
    await loadCase(join(repositoryRoot, 'fixtures/poll-payment-status/mixed')),
  );
  const ledger = new MemoryLedger();
  const { environment } = production;
  const stores: Stores = production.stores;
  const { runId } = await launchJob(job, { environment, stores, ledger, scope: { tenantId: 't-3' } });
  const run = await ledger.run(runId);
  if (run === undefined) throw new Error('the run is not in its ledger');
  const client = await connect(String(environment.DATABASE_URL));
  return {
    directory: join(root, 'fixtures', job.name, 'fails'),
    ledger,
    calls: production.fakes.running.PAYMENTS_API_URL?.calls,
    sql: (text: string) => client.query(text),
    record: (key: string) => recordFailure(job, { environment, stores, ledger, run, key }),
    keep: (files: Readonly<Record<string, string>>, force = false) =>
      keepCase(job.name, files, {
        directory: join(root, 'fixtures', job.name, 'fails'),
        workDirectory: join(root, 'work'),
        stack: testStack(),
        force,
        onlyIfSame: true,
      }),
    async [Symbol.asyncDispose]() {
      await client.end();
      await production[Symbol.asyncDispose]();
      rmSync(root, { recursive: true });
    },
  };
}

describe('recordFailure', () => {
  it('makes a case of one item that fails the same way, and asks no service for it', async () => {
    await using world = await setup();
    const before = world.calls?.all.length;
    const { files, warnings } = await world.record('10');
    expect(await world.keep(files)).to.deep.equal({ difference: undefined });
    expect(warnings).to.deep.equal([]);
    expect(world.calls?.all.length, 'the provider was not asked').to.equal(before);
    expect(await world.ledger.runs(), 'nothing was written to the ledger').to.have.length(1);
    expect(files['postgres/payments.jsonl']?.trimEnd().split('\n'), 'its row alone').to.have.length(1);
    const { scope, expect: expected } = await loadCase(world.directory);
    expect(scope).to.deep.equal({ tenantId: 't-3' });
    expect(expected?.failuresByError).to.deep.equal({ 'HttpError STINT_HTTP_500': 1 });
  }).timeout(60_000);

  it('keeps no case of an item that would not fail any more, unless it is told to', async () => {
    await using world = await setup();
    const { files } = await world.record('10');
    const well = { ...files, 'http.har': (files['http.har'] ?? '').replaceAll('"status": 500', '"status": 404') };
    const proof = await world.keep(well);
    expect('difference' in proof && proof.difference?.summary.length).to.be.greaterThan(0);
    expect(existsSync(world.directory)).to.equal(false);
    await world.keep(well, true);
    expect(existsSync(world.directory)).to.equal(true);
  }).timeout(60_000);

  it('says that there is no such failed item, or that its record is gone', async () => {
    await using world = await setup();
    const unknown = await world.record('5').catch((error: unknown) => error);
    expect(String(unknown)).to.include('expected a failed item 5').and.include('these failed: 10');
    await world.sql('delete from payments where id = 10');
    const gone = await world.record('10').catch((error: unknown) => error);
    expect(gone).to.have.property('code', 'STINT_ITEM_GONE');
  }).timeout(60_000);
});
