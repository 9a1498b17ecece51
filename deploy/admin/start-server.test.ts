import { once } from 'node:events';
import { createServer } from 'node:net';
import { defineJob, launchJob, MemoryLedger, memorySource, silentLog } from '@stint/sdk';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { z } from 'zod';
import { until } from '../../harness/testing/until.ts';
import { startAdminServer } from './start-server.ts';
import { connectRaw, openRaw } from './testing/rude-client.ts';
import { openStand, type Stand } from './testing/stand.ts';

const async = { headers: { prefer: 'respond-async' } };
const scope = { tenantId: 't-1' };

/** Waits until so many are left, or fewer. */
async function untilConnections({ admin: { server } }: Stand, most: number): Promise<void> {
  let count = Number.POSITIVE_INFINITY;
  const look = () => {
    server.getConnections((_, now) => {
      count = now;
    });
    return count <= most;
  };
  await until(`at most ${most} connections`, look);
}

describe('admin server', function serverTests() {
  this.timeout(60_000);
  let stand: Stand;
  const rejections: unknown[] = [];
  const onRejection = (error: unknown) => rejections.push(error);

  beforeEach(async () => {
    rejections.length = 0;
    process.on('unhandledRejection', onRejection);
    stand = await openStand();
  });
  afterEach(async () => {
    await stand[Symbol.asyncDispose]();
    process.off('unhandledRejection', onRejection);
    expect(rejections).to.deep.equal([]);
  });

  for (const [what, headers] of Object.entries<Record<string, string>>({
    'waits for it': {},
    'would wait for an hour': { prefer: 'wait=3600' },
  })) {
    it(`runs a job to its end when the client that ${what} goes away`, async () => {
      const body = JSON.stringify({ scope });
      const token = stand.tokens.admin;
      const client = await openRaw(stand.admin.url, '/admin/hold', { method: 'POST', token, headers, body });
      await stand.held.until(2);
      client.socket.destroy();
      await untilConnections(stand, 0);
      stand.held.letGo();
      const [run] = (await stand.get('/admin/runs?limit=1')).json.items;
      await stand.get(`/admin/runs/${run.runId}/events`);
      expect((await stand.get(`/admin/runs/${run.runId}`)).json).to.include({ status: 'succeeded', attempt: 1 });
    });
  }

  it('keeps nothing of clients that went away: no connection, no timer, no listener', async () => {
    const { json } = await stand.post('/admin/hold', { scope }, async);
    await stand.held.until(2);
    const token = stand.tokens.read;
    const path = `/admin/runs/${json.runId}/events`;
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    for (let round = 0; round < 3; round += 1) {
      const watchers = await Promise.all(
        Array.from({ length: 20 }, (_, each) => openRaw(stand.admin.url, path, { token, reads: each % 2 === 0 })),
      );
      await Promise.all(
        watchers.filter((_, each) => each % 2 === 0).map((watcher) => watcher.reads('event: progress')),
      );
      for (const { socket } of watchers) socket.destroy();
    }
    // One is that of this test, which is kept alive.
    await untilConnections(stand, 1);
    await until('timers to be as before', () => timers() <= before + 1);
    stand.held.letGo();
    expect((await stand.get(path)).text).to.contain('event: end');
    expect((await stand.get(path, { headers: { 'last-event-id': 'end-1' } })).status).to.equal(204);
  });

  it('gives a watcher that comes back the next state, and the end once', async () => {
    const { json } = await stand.post('/admin/hold', { scope }, async);
    await stand.held.until(2);
    const path = `/admin/runs/${json.runId}/events`;
    const token = stand.tokens.read;
    using first = await openRaw(stand.admin.url, path, { token });
    await first.reads('event: progress');
    first.socket.destroy();
    const id = first.text.match(/id: (\S+)/)?.[1] ?? '';
    using second = await openRaw(stand.admin.url, path, { token, headers: { 'last-event-id': id } });
    await second.reads('retry:');
    stand.held.letGo();
    await second.reads('event: end');
    expect(second.text.match(/^event: end$/gm)).to.have.length(1);
    expect(second.text).to.not.contain(`id: ${id}\n`);
    const end = second.text.match(/id: (end-\d)/)?.[1] ?? '';
    // Of one that does not know it yet, whatever it heard last.
    const late = await stand.get(path, { headers: { 'last-event-id': id } });
    expect(late.text.match(/^event: \w+$/gm)).to.deep.equal(['event: end']);
    expect((await stand.get(path, { headers: { 'last-event-id': end } })).status).to.equal(204);
    expect((await stand.get(path, { headers: { 'last-event-id': 'x'.repeat(101) } })).status).to.equal(400);
  });

  it('tells who waits, who watches and who looks when it is stopped in mid-run, and the run can be resumed', async () => {
    const { url } = stand.admin;
    const token = stand.tokens.admin;
    using waiting = await openRaw(url, '/admin/hold', { method: 'POST', token, body: JSON.stringify({ scope }) });
    await stand.held.until(2);
    const [run] = (await stand.get('/admin/runs?limit=1')).json.items;
    using watching = await openRaw(url, `/admin/runs/${run.runId}/events`, { token });
    using unread = await openRaw(url, `/admin/runs/${run.runId}/events`, { token, reads: false });
    using kept = await openRaw(url, '/healthz');
    using unused = await connectRaw(url);
    await Promise.all([watching.reads('event: progress'), kept.reads('"ok"')]);

    const startedMs = performance.now();
    const stopped = stand.admin[Symbol.asyncDispose]();
    const [ready, started] = await Promise.all([stand.get('/readyz'), stand.post('/admin/fail-some', {})]);
    expect(ready).to.deep.include({ status: 503, json: { status: 'closing' } });
    expect(ready.headers.connection).to.equal('close');
    expect(started.status).to.equal(503);
    expect(started.json.detail).to.contain('being stopped');
    await Promise.all([waiting.reads('"exitCode":143'), watching.reads('event: end')]);
    expect(waiting.text)
      .to.match(/^HTTP\/1\.1 200 OK\r\n/)
      .and.contain('"status":"interrupted"');
    expect(watching.text.match(/event: end\ndata: (.*)\n/)?.[1]).to.contain('"status":"interrupted"');
    await Promise.all([waiting.closed, watching.closed, kept.closed, unused.closed]);
    unread.socket.destroy();
    await stopped;
    expect(performance.now() - startedMs).to.be.lessThan(8_000);

    await using other = await stand.another();
    stand.held.letGo();
    const { json } = await other.post(`/admin/runs/${run.runId}/resume`);
    expect(json).to.include({ runId: run.runId, attempt: 2, status: 'succeeded' });
    const events = await other.get(`/admin/runs/${run.runId}/events`, { headers: { 'last-event-id': 'end-1' } });
    expect(events.text).to.contain('id: end-2');
  });

  it('ends at once when nothing goes on, whoever is connected', async () => {
    using kept = await openRaw(stand.admin.url, '/healthz');
    using unused = await connectRaw(stand.admin.url);
    await kept.reads('"ok"');
    const startedMs = performance.now();
    await stand.admin[Symbol.asyncDispose]();
    await Promise.all([kept.closed, unused.closed]);
    expect(performance.now() - startedMs).to.be.lessThan(3_000);
  });

  it('names the run in the way, of a schedule or of somebody else', async () => {
    const [job] = stand.jobs;
    const stop = new AbortController();
    const begun = Promise.withResolvers<string>();
    const scheduled = launchJob(job!, {
      environment: stand.environment,
      ledger: stand.ledger,
      trigger: { kind: 'schedule', by: 'scheduler', scheduledTime: '2026-09-30T06:00:00Z' },
      signal: stop.signal,
      observer: { onStart: ({ runId }) => begun.resolve(runId) },
    });
    const runId = await begun.promise;
    const refused = await stand.post('/admin/hold', { scope });
    expect(refused.status).to.equal(409);
    expect(refused.json).to.include({ runId });
    expect(refused.json.detail).to.contain(`hold was not started: run ${runId} of it is going on; start it again`);
    stand.held.letGo();
    expect((await scheduled).status).to.equal('succeeded');
    const over = await stand.post(`/admin/runs/${runId}/resume`);
    expect(over).to.deep.include({ status: 409 });
    expect(over.json.runId).to.equal(runId);
  });

  it('keeps a scheduled run off one that was started here', async () => {
    const { json } = await stand.post('/admin/hold', { scope }, async);
    const [job] = stand.jobs;
    const scheduled = await launchJob(job!, {
      environment: stand.environment,
      ledger: stand.ledger,
      trigger: { kind: 'schedule', by: 'scheduler' },
    });
    expect(scheduled).to.include({ status: 'refused', exitCode: 0 });
    expect(scheduled.error?.message).to.contain(json.runId);
    stand.held.letGo();
  });
});

describe('admin server, asked to start where it cannot', () => {
  const job = (name: string) =>
    defineJob({
      name,
      summary: 'Does nothing.',
      scope: z.object({}),
      run: (ctx) => ctx.each(memorySource([]), () => {}),
    });
  const access = { tokens: [], madeToken: undefined, sessionSecret: '', secureCookies: false };
  const start = (names: readonly string[], port = 0) =>
    startAdminServer({
      jobs: names.map((name) => job(name)) as never,
      config: {
        host: '127.0.0.1',
        port,
        maxRuns: 1,
        trustProxy: false,
        access,
        datadog: undefined,
        task: undefined,
        target: 'process',
      },
      environment: {},
      ledger: new MemoryLedger(),
      log: () => silentLog,
    });
  const reasonOf = (started: Promise<AsyncDisposable>) =>
    started.then(
      async (admin) => admin[Symbol.asyncDispose]().then(() => 'it started'),
      (error: Error) => error.message,
    );

  for (const name of ['jobs', 'runs', 'audit', 'login', 'logout', 'assets']) {
    it(`refuses a job named ${name}`, async () => {
      expect(await reasonOf(start([name]))).to.match(new RegExp(`^expected no job named ${name}: .* another name$`));
    });
  }

  it('refuses a port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    expect(await reasonOf(start(['one'], port))).to.contain(
      `expected to listen on 127.0.0.1:${port}, got EADDRINUSE; choose another, or end what is there`,
    );
    other.close();
  });
});
