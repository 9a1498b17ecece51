import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jobs } from '@stint/jobs/registry';
import { findJob, InterruptedError, MemoryLedger } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { openCaseStores } from '../case-stores.ts';
import { loadCase } from '../fixture/index.ts';
import { readHar } from '../http/har.ts';
import { assertHar } from '../http/testing/har-format.ts';
import { repositoryRoot } from '../repository.ts';
import { testStack } from '../testing/test-stack.ts';
import { until } from '../testing/until.ts';
import { keepCase } from './keep-case.ts';
import { type RecordOptions, recordRun } from './record-run.ts';

/** A case as production, and a folder for what is recorded of it. */
async function setup(name: string) {
  const [jobName = '', caseName = ''] = name.split('/');
  const job = findJob(jobs, jobName);
  const root = mkdtempSync(join(tmpdir(), 'stint-record-'));
  const production = await openCaseStores(testStack(), await loadCase(join(repositoryRoot, 'fixtures', name)));
  const directory = join(root, 'fixtures', job.name, `${caseName}-again`);
  const record = async (options: Partial<RecordOptions> = {}) => {
    await using ledger = new MemoryLedger();
    const { environment, stores } = production;
    return await recordRun(job, { environment, stores, ledger, scope: {}, ...options });
  };
  return {
    directory,
    root,
    production,
    record,
    recordAndKeep: async (options: Partial<RecordOptions> = {}, force = false) => {
      const recorded = await record(options);
      const workDirectory = join(root, 'work');
      const proof = await keepCase(job.name, recorded.files, { directory, workDirectory, stack: testStack(), force });
      return { ...recorded, proof };
    },
    read: (file: string) => readFileSync(join(directory, file), 'utf8'),
    /** All files below the folder, with what is in them. */
    allText: () =>
      readdirSync(directory, { recursive: true })
        .map((file) => join(directory, String(file)))
        .filter((file) => statSync(file).isFile())
        .map((file) => `${file}\n${readFileSync(file, 'utf8')}`)
        .join('\n'),
    async [Symbol.asyncDispose]() {
      await production[Symbol.asyncDispose]();
      rmSync(root, { recursive: true });
    },
  };
}

const linesOf = (text: string) => text.trimEnd().split('\n');

describe('recordRun', () => {
  for (const name of ['poll-payment-status/mixed', 'publish-cities/happy', 'sync-exchange-rates/demo']) {
    it(`makes a case of ${name} that gives the same summary when it is replayed`, async () => {
      await using world = await setup(name);
      const { proof, warnings, summary } = await world.recordAndKeep();
      expect(proof).to.deep.equal({ difference: undefined });
      expect(warnings).to.deep.equal([]);
      const { expect: expected } = await loadCase(world.directory);
      expect(expected).to.deep.include({ status: summary.status });
      expect(summary.items.read).to.be.greaterThan(0);
    }).timeout(60_000);
  }

  it('takes the rows that were read and no others, whole, as they were before the run', async () => {
    await using world = await setup('poll-payment-status/mixed');
    await world.recordAndKeep({ scope: { tenantId: 't-1' } });
    expect(linesOf(world.read('postgres/payments.jsonl')).map((line) => JSON.parse(line))).to.deep.equal([
      {
        id: 1,
        tenant_id: 't-1',
        provider_ref: 'pay_000001',
        amount_cents: 1999,
        currency: 'EUR',
        status: 'pending',
        created_at: '2026-09-30T04:11:05.123456+00:00',
        updated_at: null,
      },
      {
        id: 6,
        tenant_id: 't-1',
        provider_ref: 'pay_000006',
        amount_cents: 3300,
        currency: 'EUR',
        status: 'pending',
        created_at: '2026-09-30T04:30:00+00:00',
        updated_at: null,
      },
      {
        id: 11,
        tenant_id: 't-1',
        provider_ref: 'pay_000011',
        amount_cents: 2750,
        currency: 'USD',
        status: 'pending',
        created_at: '2026-09-30T05:10:00+00:00',
        updated_at: null,
      },
    ]);
  }).timeout(60_000);

  it('keeps every answer, the failed ones too, under the real URL', async () => {
    await using world = await setup('poll-payment-status/mixed');
    await world.recordAndKeep();
    const base = world.production.environment.PAYMENTS_API_URL;
    assertHar(world.read('http.har'));
    const exchanges = await readHar(join(world.directory, 'http.har'));
    const statuses = exchanges.filter(({ url }) => url === `${base}/payments/pay_000008`).map(({ status }) => status);
    expect(statuses).to.deep.equal([500, 500, 200]);
    expect(exchanges).to.have.length(17);
  }).timeout(60_000);

  it('leaves no secret in any file', async () => {
    await using world = await setup('poll-payment-status/mixed');
    const { environment } = world.production;
    await world.recordAndKeep();
    const text = world.allText();
    expect(text).to.include('recorded-PAYMENTS_API_KEY');
    expect(text).to.not.include(environment.PAYMENTS_API_KEY);
    expect(text).to.not.include(environment.DATABASE_URL);
    expect(text).to.not.match(/Bearer (?!recorded-PAYMENTS_API_KEY")/);
  }).timeout(60_000);

  it('replaces redacted fields by the same pseudonym in rows, requests and scope', async () => {
    await using world = await setup('poll-payment-status/mixed');
    const redact = ['payments.provider_ref', 'payments.tenant_id'];
    const { proof } = await world.recordAndKeep({ redact, scope: { tenantId: 't-1' } });
    expect(proof).to.deep.equal({ difference: undefined });
    const rows = linesOf(world.read('postgres/payments.jsonl')).map((line) => JSON.parse(line));
    const asked = (await readHar(join(world.directory, 'http.har'))).map(({ url }) => url.split('/').at(-1));
    expect(new Set(asked)).to.deep.equal(new Set(rows.map(({ provider_ref: ref }) => ref)));
    expect(rows[0].provider_ref).to.match(/^[a-z]{3}_\d{6}$/);
    const { scope, redact: kept } = await loadCase(world.directory);
    expect(scope).to.deep.equal({ tenantId: rows[0].tenant_id });
    expect(kept).to.deep.equal(redact);
    expect(world.allText()).to.not.match(/pay_0000|"t-1"/);
  }).timeout(60_000);

  it('refuses a field to redact that is in nothing, and a secret that could not be found again', async () => {
    await using world = await setup('poll-payment-status/mixed');
    const misspelt = await world.record({ redact: ['payments.ibn'] }).catch((error: unknown) => error);
    expect(String(misspelt)).to.include('there is no payments.ibn');
    const environment = { ...world.production.environment, PAYMENTS_API_KEY: 'abc' };
    const short = await world.record({ environment }).catch((error: unknown) => error);
    expect(String(short)).to.include('PAYMENTS_API_KEY is shorter').and.not.include('abc');
  }).timeout(60_000);

  it('leaves nothing of a run that was interrupted', async () => {
    await using world = await setup('poll-payment-status/mixed');
    const ending = new AbortController();
    const recording = world.recordAndKeep({ signal: ending.signal });
    const calls = world.production.fakes.running.PAYMENTS_API_URL?.calls;
    // Its items are being worked then.
    await until('the first request', () => (calls?.all.length ?? 0) > 0);
    ending.abort(new InterruptedError('told to end'));
    const error = await recording.catch((reason: unknown) => reason);
    expect(error).to.have.property('code', 'STINT_NOT_RECORDED');
    expect(readdirSync(world.root)).to.deep.equal([]);
  }).timeout(60_000);

  it('replaces a case only when it is told to', async () => {
    await using world = await setup('publish-cities/happy');
    await world.recordAndKeep({ scope: { country: 'KE' } });
    const before = world.allText();
    const refused = await world.recordAndKeep().catch((error: unknown) => error);
    expect(String(refused)).to.include('replace it with --force');
    expect(world.allText()).to.equal(before);
    const { proof } = await world.recordAndKeep({}, true);
    expect(proof).to.deep.equal({ difference: undefined });
    expect(world.allText()).to.not.equal(before);
    expect(readdirSync(join(world.root, 'work'))).to.deep.equal([]);
    // The second run found them published: their rows came over the foreign key.
    expect(existsSync(join(world.directory, 'postgres/city_publications.jsonl'))).to.equal(true);
  }).timeout(60_000);
});
