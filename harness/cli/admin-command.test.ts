import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { openLedger, type RunRecord } from '@stint/sdk';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { query } from '../stack/testing/query.ts';
import type { Scratch } from '../stack/testing/scratch.ts';
import { runProgram } from '../testing/program.ts';
import { until } from '../testing/until.ts';
import { copyWithStandIn, environmentOf, haveEnded, startAdmin } from './testing/admin-program.ts';

let copy: Scratch;
before(() => {
  copy = copyWithStandIn();
});
after(() => copy[Symbol.dispose]());

async function runsOf(environment: Readonly<Record<string, string | undefined>>): Promise<readonly RunRecord[]> {
  await using ledger = await openLedger(environment);
  return await ledger.runs({ limit: 100 });
}

async function countRows(url: string | undefined, table: string): Promise<number> {
  const [row] = await query<{ count: number }>(String(url), `select count(*)::int as count from ${table}`);
  return Number(row?.count);
}

describe('stint admin', () => {
  it('serves on demo data of all jobs, lets in with its token, and leaves nothing on SIGTERM', async () => {
    await using admin = startAdmin(copy.path, [], { STINT_SLACK_WEBHOOK_URL: 'https://chat.example', DD_SERVICE: 'x' });
    const { url, token } = await admin.ready();
    const environment = await environmentOf({ url, token });
    expect(url).to.match(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(token).to.match(/^stint_[\w-]{43}$/);
    expect(environment).to.include({ NODE_ENV: 'development', STINT_LEDGER: 'postgres', HOST: '127.0.0.1' });
    expect(environment).to.not.have.any.keys('STINT_SLACK_WEBHOOK_URL', 'DD_SERVICE');
    const sha256 = createHash('sha256').update(String(token)).digest('hex');
    expect(JSON.parse(environment.STINT_ADMIN_TOKENS ?? '')).to.deep.equal([{ name: 'ada', role: 'admin', sha256 }]);
    expect(`${admin.stderr}${JSON.stringify(environment)}`).to.not.include(token);

    expect(await countRows(environment.DATABASE_URL, 'payments')).to.equal(2_504);
    expect(await countRows(environment.DATABASE_URL, 'cities')).to.equal(40);
    expect((await fetch(`${environment.RATES_API_URL}/v1/rates/EUR/USD`)).status).to.equal(200);
    const headers = { authorization: `Bearer ${environment.PAYMENTS_API_KEY}` };
    expect((await fetch(`${environment.PAYMENTS_API_URL}/payments/pay_000001`, { headers })).status).to.equal(200);
    const runs = await runsOf(environment);
    expect(new Set(runs.map(({ job }) => job)).size).to.equal(3);
    expect(new Set(runs.map(({ status }) => status))).to.include.keys('succeeded', 'failed', 'interrupted');

    const children = admin.children();
    expect(children).to.have.length(3);
    admin.interrupt('SIGTERM');
    expect(await admin.ended).to.include({ code: 0, signal: null });
    expect(admin.stderr).to.match(/"signal":"SIGTERM","signals":1,"msg":"told to end"/);
    expect(await haveEnded(children)).to.equal(true);
  });

  it('goes on with kept demo data, its runs too', async () => {
    const look = async () => {
      await using admin = startAdmin(copy.path, ['--keep']);
      const environment = await environmentOf(await admin.ready());
      const runs = await runsOf(environment);
      admin.interrupt('SIGINT');
      expect((await admin.ended).code).to.equal(0);
      return { ids: runs.map(({ runId }) => runId), prefix: environment.STINT_TABLE_PREFIX, stderr: admin.stderr };
    };
    const first = await look();
    const second = await look();
    expect(first.ids).to.have.length.greaterThan(8);
    expect({ ...second, stderr: '' }).to.deep.equal({ ...first, stderr: '' });
    expect(second.stderr).to.include('going on with the demo data').and.not.include('loading');
  });

  it('takes its servers along when it is killed', async () => {
    await using admin = startAdmin(copy.path);
    await admin.ready();
    const children = admin.children();
    expect(children).to.have.length(3);
    admin.process.kill('SIGKILL');
    await admin.ended;
    expect(await haveEnded(children)).to.equal(true);
  });

  for (const stage of ['starting PostgreSQL', 'loading the demo data', 'running each', 'not listening']) {
    it(`leaves nothing when Ctrl-C comes at "${stage}"`, async () => {
      await using admin = startAdmin(copy.path, [], { STINT_ADMIN_STAND_IN: 'never-listens' });
      await admin.writes(stage);
      const children = admin.children();
      admin.interrupt('SIGINT');
      const { code, stdout, stderr } = await admin.ended;
      expect({ code, stdout }, stderr).to.deep.equal({ code: stage === 'not listening' ? 0 : 130, stdout: '' });
      expect(stderr).to.not.match(/\n\s+at /);
      expect(await haveEnded(children)).to.equal(true);
    });
  }

  it('ends with one line when there can be no stack', async () => {
    using broken = copyWithStandIn();
    writeFileSync(join(broken.path, '.stint'), '');
    await using admin = startAdmin(broken.path);
    const { code, stdout, stderr } = await admin.ended;
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
    expect(stderr).to.match(/\nstint: expected a directory that can be written .*\n$/);
  });

  it('ends with its server, and its stack, when that dies', async () => {
    await using admin = startAdmin(copy.path);
    const { url } = await admin.ready();
    const children = admin.children();
    await fetch(`${url}/die`).catch(() => undefined);
    expect((await admin.ended).code).to.equal(3);
    expect(admin.stderr).to.include('the admin server ended by itself with code 3');
    expect(await haveEnded(children)).to.equal(true);
  });
});

describe('stint admin on external stores', () => {
  const external = (env: Readonly<Record<string, string>> = {}, ...args: readonly string[]) =>
    startAdmin(copy.path, ['--stack', 'external', ...args], { PORT: '0', ...env });

  it('starts the server on the environment as it is', async () => {
    await using admin = external({ STINT_ADMIN_TOKENS: '[]', DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
    const ready = await admin.ready();
    expect(ready.token).to.equal(null);
    const environment = await environmentOf(ready);
    expect(environment).to.include({ STINT_ADMIN_TOKENS: '[]', DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
    expect(environment).to.not.have.any.keys('NODE_ENV', 'STINT_TABLE_PREFIX');
    expect(admin.children()).to.have.length(1);
  });

  it('ends with the code of a server that cannot start, and with what it said', async () => {
    await using admin = external({ STINT_ADMIN_STAND_IN: 'dies-at-once' });
    const { code, stdout, stderr } = await admin.ended;
    expect({ code, stdout }).to.deep.equal({ code: 78, stdout: '' });
    expect(stderr).to.include('expected STINT_ADMIN_TOKENS to be a list').and.include('ended by itself with code 78');
  });

  it('ends when something else listens on its port', async () => {
    await using other = createServer().listen(0, '127.0.0.1');
    await until('a port', () => other.listening);
    const address = other.address();
    const port = String(typeof address === 'object' ? address?.port : '');
    await using admin = external({}, '--port', port);
    const { code, stdout, stderr } = await admin.ended;
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
    expect(stderr).to.include(`expected port ${port} to be free`);
  });

  it('passes a signal on once, and ends at once on a later one', async () => {
    await using admin = external({ STINT_ADMIN_STAND_IN: 'deaf' });
    await admin.ready();
    const children = admin.children();
    let hasEnded = false;
    void admin.ended.then(() => {
      hasEnded = true;
    });
    // Those of the first second are the first one again.
    await until('its end', () => {
      if (!hasEnded) admin.process.kill('SIGTERM');
      return hasEnded;
    });
    expect((await admin.ended).code).to.equal(143);
    expect(admin.stderr).to.include('"signals":1').and.not.include('"signals":2');
    expect(await haveEnded(children)).to.equal(true);
  });
});

describe('stint admin-token', () => {
  it('prints a token and the entry that lets it in', async () => {
    const args = ['admin-token', 'ada', '--role', 'trigger'];
    const { code, stdout } = await runProgram('harness/cli/main.ts', [...args, '--json']);
    expect(code).to.equal(0);
    const { token, entry } = JSON.parse(stdout);
    const sha256 = createHash('sha256').update(token).digest('hex');
    expect(token).to.match(/^stint_[\w-]{43}$/);
    expect(entry).to.deep.equal({ name: 'ada', role: 'trigger', sha256 });
    const asText = await runProgram('harness/cli/main.ts', args);
    expect(asText.stdout).to.match(
      /^token {2}stint_[\w-]{43}\nentry {2}\{"name":"ada","role":"trigger","sha256":"\w{64}"\}\n$/,
    );
    expect(asText.stdout).to.not.include(token);
  });
});
