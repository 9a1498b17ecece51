import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Ended, runProgram, startProgram } from '../../harness/testing/program.ts';
import { testStack } from '../../harness/testing/test-stack.ts';
import { until } from '../../harness/testing/until.ts';
import { makeToken } from './access/tokens.ts';
import { linesOf, openAdminWorld, serverFile } from './testing/admin-world.ts';
import { ask } from './testing/ask.ts';
import { connectRaw, openRaw } from './testing/rude-client.ts';
import { ledgerKinds } from './testing/stand-ledger.ts';

const scope = { tenantId: 't-3' };
const job = '/admin/poll-payment-status';
const { token, entry } = makeToken('ops', 'admin');

/** What the only line says of a start that was refused. */
function refusalOf(ended: Ended): unknown {
  expect(ended.stderr).to.equal('');
  const lines = linesOf(ended);
  expect(lines).to.have.length(1);
  return lines[0]?.msg;
}

describe('admin program, told to end', function signalTests() {
  this.timeout(60_000);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    for (const ledger of ledgerKinds) {
      it(`interrupts its runs on ${signal}, tells whoever waits and watches, and ends with 0; ledger in ${ledger}`, async () => {
        await using world = await openAdminWorld({ ledger, latencyMs: 1_500 });
        await using program = await world.start();
        const { url } = program;
        const auth = { token: world.token };
        using waiting = await openRaw(url, job, { ...auth, method: 'POST', body: JSON.stringify({ scope }) });
        await until('a full pool', () => world.calls().length >= 16);
        const [run] = (await program.get('/admin/runs')).json.items;
        using watching = await openRaw(url, `/admin/runs/${run.runId}/events`, auth);
        using kept = await openRaw(url, '/healthz');
        using unused = await connectRaw(url);
        await Promise.all([watching.reads('event: progress'), kept.reads('"ok"')]);

        program.process.kill(signal);
        await program.writes('a second signal ends it at once');
        const ready = await program.get('/readyz');
        expect(ready).to.deep.include({ status: 503, json: { status: 'closing' } });
        expect((await program.post('/admin/publish-cities', { scope: { country: 'DE' } })).status).to.equal(503);
        await Promise.all([waiting.reads('"exitCode":143'), watching.reads('event: end')]);
        expect(waiting.text).to.contain('"status":"interrupted"');
        const ended = await program.ended;
        expect(ended).to.include({ code: 0, signal: null, stderr: '' });
        await Promise.all([waiting.closed, watching.closed, kept.closed, unused.closed]);
        // Every request was answered.
        expect(world.calls().filter(({ status }) => status === undefined)).to.deep.equal([]);

        world.setLatency(0);
        await using next = await world.start();
        const { json } = await next.post(`/admin/runs/${run.runId}/resume`);
        expect(json).to.include({ runId: run.runId, attempt: 2, status: 'succeeded' });
        expect(json.resume).to.include({ recovered: false, replayed: 0 });
        expect(await world.unasked('t-3')).to.deep.equal([]);
      });
    }
  }

  it('ends at once on a second signal, of whatever kind', async () => {
    await using world = await openAdminWorld({ latencyMs: 60_000 });
    await using program = await world.start();
    await program.post(job, { scope }, { prefer: 'respond-async' });
    await until('a request in flight', () => world.calls().length > 0);
    program.process.kill('SIGTERM');
    await program.writes('a second signal ends it at once');
    const secondMs = performance.now();
    program.process.kill('SIGINT');
    expect(await program.ended).to.include({ code: 130, signal: null, stderr: '' });
    expect(performance.now() - secondMs).to.be.lessThan(3_000);
  });

  it('ends at once when nothing goes on', async () => {
    await using world = await openAdminWorld();
    await using program = await world.start();
    await program.get('/admin/jobs');
    const signalledMs = performance.now();
    program.process.kill('SIGTERM');
    expect(await program.ended).to.include({ code: 0, signal: null, stderr: '' });
    expect(performance.now() - signalledMs).to.be.lessThan(3_000);
  });
});

describe('admin program, started', function startTests() {
  this.timeout(60_000);
  const memory = { STINT_LEDGER: 'memory', PORT: '0' };
  const development = { ...memory, NODE_ENV: 'development' };
  const howTo = 'run `npx stint admin-token <name> --role <role>` and put the entry that it prints into this array';
  const noTokens =
    'the admin does not start:\n' +
    `  STINT_ADMIN_TOKENS: expected at least one token, got none, and nobody could be let in; ${howTo}`;
  const tokens = { STINT_ADMIN_TOKENS: JSON.stringify([entry]) };
  const table: Readonly<Record<string, { env: Record<string, string>; says: string }>> = {
    'no tokens': { env: memory, says: noTokens },
    'no tokens on loopback, but not in development': { env: { ...memory, HOST: '127.0.0.1' }, says: noTokens },
    'no tokens in development for all the world': { env: { ...development, HOST: '0.0.0.0' }, says: noTokens },
    'a hash that is none': {
      env: { ...memory, STINT_ADMIN_TOKENS: JSON.stringify([{ ...entry, sha256: token }]) },
      says:
        'the admin does not start:\n' +
        '  STINT_ADMIN_TOKENS.0.sha256: expected the SHA-256 of the token, 64 hex digits; put the hash there, never the token',
    },
    'tokens that are no JSON, and a port that is none': {
      env: { ...memory, STINT_ADMIN_TOKENS: entry.sha256, PORT: entry.sha256 },
      says:
        'the admin does not start:\n' +
        `  PORT: expected a whole number from 0 to 65535; what it holds is none\n` +
        '  STINT_ADMIN_TOKENS: expected a JSON array like [{"name":"qa","role":"trigger","sha256":"…"}], got 64 characters that are no JSON',
    },
    'a ledger that there is not': {
      env: { ...tokens, PORT: '0', STINT_LEDGER: 'redis' },
      says: 'the ledger cannot be opened:\n  STINT_LEDGER: expected "postgres", "dynamodb:<table>" or "memory", got "redis"',
    },
  };
  for (const [what, { env, says }] of Object.entries(table)) {
    it(`ends with 78 and one line when it gets ${what}`, async () => {
      const ended = await runProgram(serverFile, [], { env });
      expect(refusalOf(ended)).to.equal(says);
      expect(ended.code).to.equal(78);
      expect(ended.stdout).to.not.contain(entry.sha256).and.not.contain(token);
    });
  }

  it('ends with 78 when its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const env = { ...memory, ...tokens, HOST: '127.0.0.1', PORT: `${port}` };
    const ended = await runProgram(serverFile, [], { env });
    other.close();
    expect(refusalOf(ended)).to.contain(`expected to listen on 127.0.0.1:${port}, got EADDRINUSE`);
    expect(ended.code).to.equal(78);
  });

  it('prints a token that works on loopback in development, and says so', async () => {
    await using program = startProgram(serverFile, [], { env: development });
    await program.writes('"token"');
    const lines = linesOf(program);
    const made = String(lines.find(({ token }) => token !== undefined)?.token);
    const url = String(lines.find(({ msg }) => msg === 'listening')?.url);
    expect(url).to.match(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(program.stdout).to.contain('STINT_ADMIN_TOKENS is not set: only this machine is let in');
    expect((await ask('GET', new URL('/admin/audit', url), { token: made })).status).to.equal(200);
    expect((await ask('GET', new URL('/admin/jobs', url), { token: `${made}x` })).status).to.equal(401);
  });

  it('starts while its ledger does not answer, says so without a password, and is not ready until it does', async () => {
    await using fork = await testStack().fork({ name: 'admin' });
    const there = new URL(fork.postgresUrl);
    const nowhere = new URL(fork.postgresUrl);
    nowhere.pathname = '/nowhere';
    nowhere.password = 'hunter2';
    const env = { ...tokens, PORT: '0', HOST: '127.0.0.1', STINT_LEDGER: 'postgres' };
    for (const [database, status] of [
      [nowhere, 503],
      [there, 200],
    ] as const) {
      await using program = startProgram(serverFile, [], { env: { ...env, DATABASE_URL: database.href } });
      await program.writes('"listening"');
      if (status === 503) await program.writes('the ledger does not answer yet');
      const url = String(linesOf(program).find(({ msg }) => msg === 'listening')?.url);
      const ready = await ask('GET', new URL('/readyz', url), { token });
      expect(ready).to.deep.include({ status, json: { status: status === 200 ? 'ok' : 'no ledger' } });
      expect((await ask('GET', new URL('/healthz', url), { token })).status).to.equal(200);
      expect((await ask('GET', new URL('/admin/runs', url), { token })).status).to.equal(status);
      program.process.kill('SIGTERM');
      const ended = await program.ended;
      expect(ended).to.include({ code: 0, stderr: '' });
      expect(ended.stdout)
        .to.not.contain('hunter2')
        .and.not.match(/ at .*\.ts:/);
    }
  });
});
