import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { openCaseStores } from '../case-stores.ts';
import { loadCase } from '../fixture/index.ts';
import { formatHar } from '../http/har.ts';
import { repositoryRoot } from '../repository.ts';
import { runProgram } from '../testing/program.ts';
import { copyRepository } from '../testing/repository-copy.ts';
import { makeSelfSigned } from '../testing/self-signed.ts';
import { testStack } from '../testing/test-stack.ts';

const job = 'poll-payment-status';

/** `stint` in a copy of the repository, which gets the cases. */
function setup(env: Readonly<Record<string, string | undefined>> = {}) {
  const copy = copyRepository();
  const folder = (name: string) => join(copy.path, 'fixtures', job, name);
  return {
    root: copy.path,
    folder,
    read: (file: string) => readFileSync(folder(file), 'utf8'),
    cases: () => readdirSync(folder('.')),
    stint: (...args: readonly string[]) => runProgram('harness/cli/main.ts', args, { root: copy.path, env }),
    [Symbol.dispose]: () => copy[Symbol.dispose](),
  };
}

/** A provider at which every payment is settled. @param tls its key and certificate */
async function openProvider(tls?: { readonly key: string; readonly cert: string }) {
  const listener: RequestListener = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"status":"settled"}');
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http${tls === undefined ? '' : 's'}://127.0.0.1:${port}/v1`,
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The stores of a case as production, whose provider is at this URL. */
async function openProduction(url: string, more: Readonly<Record<string, string>> = {}) {
  const production = await openCaseStores(testStack(), await loadCase(join(repositoryRoot, 'fixtures', job, 'mixed')));
  const { DATABASE_URL = '' } = production.environment;
  const env = { DATABASE_URL, STINT_LEDGER: 'memory', PAYMENTS_API_KEY: 'sk-live-1', PAYMENTS_API_URL: url, ...more };
  return { env, [Symbol.asyncDispose]: () => production[Symbol.asyncDispose]() };
}

describe('stint record', () => {
  it('makes a case that replays clean, and replaces it only with --force', async () => {
    using world = setup();
    const record = ['record', job, '--stack', 'embedded', '--fixture', 'mixed', '--as', 'one-tenant'];
    const first = await world.stint(...record, '--scope.tenantId=t-1', '--redact', 'payments.provider_ref');
    expect(first, first.stderr).to.include({ code: 0 });
    expect(first.stdout).to.equal(
      `recorded fixtures/${job}/one-tenant: succeeded, 3 items, 4 files\nreplayed: it gives the same\n`,
    );
    expect(await world.stint('replay', `${job}/one-tenant`)).to.include({ code: 0 });
    expect(world.read('one-tenant/http.har')).to.not.include('pay_0000');

    const before = world.read('one-tenant/http.har');
    const again = await world.stint(...record);
    expect(again).to.include({ code: 64, stdout: '' });
    expect(again.stderr).to.include('one-tenant, but there is one; choose another name, or replace it with --force');
    expect(world.read('one-tenant/http.har')).to.equal(before);

    const forced = await world.stint(...record, '--force', '--json');
    // The case that it was recorded from fails, and so does this one: it is the same, which is what counts.
    expect(forced, forced.stderr).to.include({ code: 0 });
    const told = JSON.parse(forced.stdout);
    expect(told).to.deep.include({ case: `fixtures/${job}/one-tenant`, same: true, warnings: [] });
    expect(told.summary).to.include({ status: 'failed' });
    expect(JSON.parse(world.read('one-tenant/case.json')).redact, 'as it was').to.deep.equal(['payments.provider_ref']);
    const left = readdirSync(join(world.root, '.stint')).filter((name) => name.startsWith('recording-'));
    expect(left).to.deep.equal([]);
  }).timeout(120_000);

  it('ends with 64 when it is called in a way that means nothing, and makes no case', async () => {
    using world = setup();
    const before = world.cases();
    const embedded = ['--stack', 'embedded', '--as', 'new'];
    const calls: readonly [readonly string[], string][] = [
      [[], 'expected one of a job, --from-failure <run> <key> and --drift <case>'],
      [[job, '--drift', `${job}/happy`], 'expected one of a job'],
      [[job], 'expected --as <case> to name the new case, got none'],
      [['poll-paymnt-status', '--as', 'new'], 'did you mean "poll-payment-status"?'],
      [[job, '--as', '../new'], 'expected --as to be a name like two-refunds, got "../new"'],
      [[job, ...embedded, '--scope.tenant=t-1'], 'scope.tenant: unknown field'],
      [[job, ...embedded], 'expected --fixture to name a case of fixtures/poll-payment-status/'],
      [[job, ...embedded, '--fixture', 'nope'], 'got "nope"'],
      [[job, '--as', 'new', '--fixture', 'mixed'], 'expected --fixture with --stack embedded alone'],
      [[job, ...embedded, '--fixture', 'mixed', '--redact', 'iban'], 'expected a field to redact like payments.iban'],
      [[job, ...embedded, '--fixture', 'nothing-to-do', '--redact', 'payments.ibn'], 'there is no payments.ibn'],
      [['--from-failure', 'one', '--as', 'new'], 'expected --from-failure <run> <key>'],
      [['--drift', 'nope/nope'], 'expected --drift to name a case'],
      [['--drift', `${job}/happy`], 'to have recorded services'],
    ];
    for (const [args, says] of calls) {
      const ended = await world.stint('record', ...args);
      expect(ended, `${args.join(' ')}\n${ended.stderr}`).to.include({ code: 64, stdout: '' });
      expect(ended.stderr).to.include(says);
    }
    expect(world.cases()).to.deep.equal(before);
  }).timeout(120_000);

  it('says which variables are missing on external stores, with 78', async () => {
    using world = setup();
    const ended = await world.stint('record', job, '--as', 'new');
    expect(ended).to.include({ code: 78, stdout: '' });
    expect(ended.stderr).to.include('PAYMENTS_API_URL').and.include('DATABASE_URL');
    expect(existsSync(world.folder('new'))).to.equal(false);
  }).timeout(60_000);

  it('records a service behind TLS whose certificate is trusted by NODE_EXTRA_CA_CERTS, and says so when it is not', async () => {
    const tls = makeSelfSigned();
    using provider = await openProvider(tls);
    await using production = await openProduction(provider.url);
    const args = ['record', job, '--scope.tenantId=t-1', '--json', '--as'];
    using stranger = setup(production.env);
    const untrusted = await stranger.stint(...args, 'untrusted');
    const { host } = new URL(provider.url);
    expect(JSON.parse(untrusted.stdout).warnings, untrusted.stderr).to.deep.equal([
      `12 requests to ${host} were not sent: its certificate is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT); name a file with the certificate of who signed it in NODE_EXTRA_CA_CERTS, and record it again`,
    ]);

    writeFileSync(join(stranger.root, 'ca.pem'), tls.cert);
    using world = setup({ ...production.env, NODE_EXTRA_CA_CERTS: join(stranger.root, 'ca.pem') });
    const trusted = await world.stint(...args, 'trusted');
    expect(trusted, trusted.stderr).to.include({ code: 0 });
    expect(JSON.parse(trusted.stdout)).to.deep.include({ same: true, warnings: [] });
    expect(world.read('trusted/http.har')).to.include(`"url": "${provider.url}/payments/pay_000001"`);
    expect(world.read('trusted/http.har')).to.not.include('sk-live-1');
  }).timeout(120_000);
});

describe('stint record --drift', () => {
  const exchange = (method: string) => ({
    method,
    url: 'https://provider.example/v1/payments/pay_1',
    requestHeaders: [],
    requestBody: null,
    status: 200,
    responseHeaders: [{ name: 'content-type', value: 'application/json' }],
    responseBody: Buffer.from('{"status":"settled","settledAt":"2026-09-30"}'),
    error: null,
    startedAt: new Date('2026-09-30T06:00:00Z'),
    durationMs: 5,
  });

  it('asks the live service at the URL of the environment, writes only with --writes, and ends with 1 when it has changed', async () => {
    using provider = await openProvider();
    using world = setup({ PAYMENTS_API_URL: provider.url });
    const services = { PAYMENTS_API_URL: 'https://provider.example/v1' };
    mkdirSync(world.folder('live'));
    writeFileSync(join(world.folder('live'), 'case.json'), JSON.stringify({ description: 'recorded', http: services }));
    writeFileSync(join(world.folder('live'), 'http.har'), formatHar([exchange('GET'), exchange('DELETE')]));
    const change = '  $.settledAt is gone';
    const read = await world.stint('record', '--drift', `${job}/live`);
    expect(read, read.stderr).to.include({
      code: 1,
      stdout: `drift: 1 request asked, 1 write left out (--writes sends such)\n${change}  (1 of them, e.g. GET /payments/pay_1)\n`,
    });
    const written = await world.stint('record', '--drift', `${job}/live`, '--writes');
    expect(written.stdout).to.equal(`drift: 2 requests asked\n${change}  (2 of them, e.g. GET /payments/pay_1)\n`);
    expect(written.stderr).to.include('SENDING WRITES to the live services');
  }).timeout(60_000);
});
