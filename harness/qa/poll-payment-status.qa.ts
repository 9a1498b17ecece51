import { expect } from 'chai';
import { describe, it } from 'mocha';
import { until } from '../testing/until.ts';
import { openQaWorld, type QaOptions } from './qa-world.ts';

const statuses = 'select status, count(*)::int as count from payments group by status';

async function setUp(name: string, options: Partial<QaOptions> = {}) {
  const world = await openQaWorld(`poll-payment-status/${name}`, { ledger: 'postgres', ...options });
  const provider = world.fakes.PAYMENTS_API_URL;
  return {
    ...world,
    /** Requests that reached the provider. */
    asked: () => provider?.calls.all.length ?? 0,
    answerAfter: (latencyMs: number) => Object.assign(provider?.state ?? {}, { latencyMs }),
    async countOf(status: string) {
      const rows = await world.sql<{ status: string; count: number }>(statuses);
      return rows.find((row) => row.status === status)?.count ?? 0;
    },
  };
}

describe('poll-payment-status', () => {
  it('settles all payments of four tenants in a full run, within the limits of the provider', async () => {
    await using world = await setUp('demo');
    const { exitCode, summary } = await world.run('run on 2,400 pending payments');
    expect(exitCode).to.equal(0);
    expect(summary.items).to.include({ read: 2_400, succeeded: 1_962, skipped: 435, failed: 3, remaining: 0 });
    expect(summary.counts).to.deep.equal({ settled: 1_812, failed: 150 });
    expect(summary.limits.perSecond.peak).to.be.at.most(250);
    expect(summary.limits.concurrency.peak).to.be.at.most(16);
  });

  it('works on one tenant alone when it is scoped to it', async () => {
    await using world = await setUp('mixed');
    const others = `select id, status, updated_at from payments where tenant_id <> 't-2' order by id`;
    const before = await world.sql(others);
    const { exitCode, summary } = await world.run('run for tenant t-2', { scope: { tenantId: 't-2' } });
    expect(exitCode).to.equal(0);
    expect(summary.scope).to.deep.equal({ tenantId: 't-2' });
    expect(summary.items.succeeded).to.be.greaterThan(0);
    expect(await world.sql(others), 'payments of other tenants').to.deep.equal(before);
  });

  it('writes nothing in a dry run, and tells what it would write', async () => {
    await using world = await setUp('mixed');
    const pending = await world.countOf('pending');
    const { summary } = await world.run('dry run for payments 1 and 3', {
      dryRun: true,
      scope: { paymentIds: ['1', '3'] },
    });
    expect(summary).to.include({ dryRun: true, status: 'succeeded' });
    expect(summary.wouldWrite).to.deep.equal({ 'postgres update': 2 });
    expect(await world.countOf('pending')).to.equal(pending);
  });

  it('has nothing left to settle when it runs a second time', async () => {
    await using world = await setUp('mixed');
    const scope = { paymentIds: ['1', '3', '5', '8'] };
    const first = await world.run('first run on four payments', { scope });
    const second = await world.run('second run on the same', { scope });
    expect(first.summary.items).to.include({ read: 4, succeeded: 4 });
    expect(second.exitCode).to.equal(0);
    expect(second.summary.items.read).to.equal(0);
  });

  it('fails when the provider is down, leaves all payments pending, and works again when it is back', async () => {
    await using world = await setUp('mixed');
    const scope = { paymentIds: ['1', '3'] };
    const down = await world.run('run while nothing listens at the provider’s address', {
      scope,
      environment: { PAYMENTS_API_URL: 'http://127.0.0.1:9' },
    });
    expect(down.exitCode).to.equal(1);
    expect(down.summary.failuresByError).to.deep.equal({ 'RequestError STINT_HTTP_REQUEST': 2 });
    const back = await world.run('run when it is back', { scope });
    expect(back.exitCode).to.equal(0);
    expect(back.summary.items).to.include({ read: 2, succeeded: 2 });
  });

  it('saves its place when it is told to end (SIGTERM), and the next start goes on from there', async () => {
    await using world = await setUp('demo');
    const scope = { tenantId: 't-4' };
    const before = await world.countOf('pending');
    world.answerAfter(700);
    await using run = world.start('run for tenant t-4, told to end in mid-run', { scope });
    await until('16 requests at once', () => world.asked() >= 16, 60_000);
    run.kill('SIGTERM');
    const interrupted = await run.ended;
    expect(interrupted).to.include({ exitCode: 143, signal: null });
    expect(interrupted.summary.status).to.equal('interrupted');
    expect(interrupted.summary.items.remaining).to.be.greaterThan(0);

    world.answerAfter(0);
    const resumed = await world.run('the next start', { scope });
    expect(resumed.exitCode).to.equal(0);
    expect(resumed.summary).to.include({ runId: interrupted.summary.runId, attempt: 2 });
    expect(resumed.summary.resume.fromCheckpoint).to.equal(true);
    expect(resumed.summary.items.remaining).to.equal(0);
    const { counts } = resumed.summary;
    expect(before - (await world.countOf('pending'))).to.equal((counts.settled ?? 0) + (counts.failed ?? 0));
  });

  it('recovers from a crash (SIGKILL): the next start takes over when the lease has expired, and nothing is lost', async () => {
    await using world = await setUp('demo', { leaseTtlMs: 1_500 });
    const scope = { tenantId: 't-4' };
    world.answerAfter(700);
    await using run = world.start('run for tenant t-4, killed in mid-run', { scope });
    await until('16 requests at once', () => world.asked() >= 16, 60_000);
    run.kill('SIGKILL');
    expect(await run.ended).to.include({ exitCode: null, signal: 'SIGKILL' });

    world.answerAfter(0);
    let next = await world.run('the next start', { scope });
    while (next.exitCode === 75) next = await world.run('the start after that', { scope });
    expect(next.exitCode).to.equal(0);
    expect(next.summary.resume.recovered).to.equal(true);
    const left = await world.sql(
      `select from payments where tenant_id = 't-4' and status = 'pending' and provider_ref = any ($1)`,
      [settledAtProvider(world.fakes.PAYMENTS_API_URL?.state)],
    );
    expect(left, 'payments that the provider has settled and we have not').to.have.length(0);
  });

  it('refuses the second delivery of the same schedule, which is no failure', async () => {
    await using world = await setUp('mixed');
    const start = { scheduledTime: '2026-09-30T06:00:00Z', scope: { paymentIds: ['1'] } };
    const first = await world.run('start by the schedule of 06:00', start);
    const asked = world.asked();
    const second = await world.run('the same start, delivered again', start);
    expect(first.summary).to.include({ status: 'succeeded', exitCode: 0 });
    expect(second.summary).to.include({ status: 'refused', exitCode: 0 });
    expect(second.exitCode).to.equal(0);
    expect(world.asked(), 'requests of the second').to.equal(asked);
  });

  it('refuses a scope that does not fit (64), and a missing secret (78), before it does anything', async () => {
    await using world = await setUp('mixed');
    const unfit = await world.run('run with a scope that is misspelt', { scope: { tenant: 't-1' } });
    expect(unfit.exitCode).to.equal(64);
    expect(unfit.said).to.include('scope.tenant: unknown field');
    const unset = await world.run('run without the provider’s key', { environment: { PAYMENTS_API_KEY: undefined } });
    expect(unset.exitCode).to.equal(78);
    expect(unset.said).to.include('PAYMENTS_API_KEY: is a secret that is not set');
    expect(world.asked()).to.equal(0);
  });
}).timeout(180_000);

/** References of payments that the fake answers with a final status. */
function settledAtProvider(state: unknown): readonly string[] {
  const { payments } = state as { payments: Record<string, { status: string; failures: number | 'always' }> };
  return Object.entries(payments)
    .filter(([, { status, failures }]) => status !== 'pending' && failures !== 'always')
    .map(([reference]) => reference);
}
