/** What is put into a scope reaches the store as a parameter of the job's own statements, whatever it looks like. */
import { jobs } from '@stint/jobs/registry';
import { canonicalJson, type Json, type Summary, silentLog } from '@stint/sdk';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { request } from 'undici';
import { type Harness, openHarness } from '../../harness/harness.ts';
import { makeToken } from './access/tokens.ts';
import { type AdminServer, startAdminServer } from './start-server.ts';
import { marker } from './testing/bad-values.ts';
import { StatementTap } from './testing/statement-tap.ts';

const { token, entry } = makeToken('qa', 'trigger');
const hostile = [
  `${marker}' or '1'='1`,
  `${marker}') or true; --`,
  `${marker}'; drop table payments; --`,
  `${marker}'; update payments set status = 'settled'; --`,
  `${marker}\\'; select pg_sleep(60); --`,
  `${marker}'::text is null or $1`,
  `$$${marker}$$`,
  `${marker}\u02bc or 1=1`,
  `${marker}\n; commit; delete from payments`,
  `${marker}/*`,
  `${marker}" or ""="`,
  `{"${marker}","null"}`,
  `%' or tenant_id like '${marker}%`,
];

describe('admin: injections', function injectionTests() {
  this.timeout(60_000);
  let opened: AsyncDisposableStack;
  let harness: Harness;
  let tap: StatementTap;
  let admin: AdminServer;

  beforeEach(async () => {
    opened = new AsyncDisposableStack();
    harness = opened.use(await openHarness('poll-payment-status/happy'));
    const { environment, fork } = harness.stores;
    tap = opened.use(await StatementTap.start(fork.postgresUrl));
    const sessionSecret = 'as long as sessions of a test are signed with';
    admin = opened.use(
      await startAdminServer({
        jobs,
        config: {
          ...{ host: '127.0.0.1', port: 0, maxRuns: 4, trustProxy: false, datadog: undefined, task: undefined },
          target: 'process',
          access: { tokens: [entry], madeToken: undefined, sessionSecret, secureCookies: false },
        },
        environment: { ...environment, DATABASE_URL: tap.url, STINT_LEDGER: 'postgres' },
        log: () => silentLog,
      }),
    );
  });
  afterEach(() => opened.disposeAsync());

  async function start(scope: Json): Promise<{ readonly status: number; readonly summary: Summary }> {
    const { statusCode, body } = await request(`${admin.url}/admin/poll-payment-status`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ scope }),
    });
    return { status: statusCode, summary: (await body.json()) as Summary };
  }

  async function tables() {
    const names = await harness.sql(`select tablename from pg_tables where schemaname = 'public'`);
    return { names, payments: await harness.sql('select * from payments order by id') };
  }
  const texts = () => [...tap.texts].filter((text) => text.includes(marker));

  it('reach PostgreSQL as parameters only, choose nothing and change nothing', async () => {
    const before = await tables();
    for (const tenantId of hostile) {
      const { status, summary } = await start({ tenantId });
      expect(status, tenantId).to.equal(200);
      expect(summary, tenantId).to.deep.include({ status: 'succeeded', scope: { tenantId } });
      expect(summary.items.read, tenantId).to.equal(0);
      expect(tap.parameters.has(tenantId), tenantId).to.equal(true);
    }
    expect(texts()).to.deep.equal([]);
    // Texts that were made of values would be others with each.
    expect(tap.texts.size).to.be.below(60);
    expect(await tables()).to.deep.equal(before);
    const { summary } = await start({ paymentIds: ['1', '2'] });
    expect(summary.status).to.equal('succeeded');
  });

  it('do not get past a schema that knows better', async () => {
    for (const id of [`1) or (1=1 -- ${marker}`, `1,2`, `{1,2}`, '1 ', '१', '1\n', `1;${marker}`]) {
      const { status } = await start({ paymentIds: [id] });
      expect(status, id).to.equal(422);
    }
    expect(texts()).to.deep.equal([]);
    expect([...tap.parameters].filter((text) => text.includes(marker))).to.deep.equal([]);
  });

  it('fail a run whose parameters PostgreSQL cannot take, and nothing else', async () => {
    for (const scope of [{ tenantId: `\u0000${marker}` }, { paymentIds: ['9'.repeat(400)] }]) {
      const { status, summary } = await start(scope);
      expect(status, canonicalJson(scope)).to.equal(200);
      expect(summary).to.deep.include({ status: 'failed', scope });
    }
    expect(texts()).to.deep.equal([]);
  });
});
