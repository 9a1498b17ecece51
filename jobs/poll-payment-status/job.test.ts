import { expect, openHarness } from '@stint/harness';
import { describe, it } from 'mocha';
import job from './job.ts';

interface Payment {
  readonly id: number;
  readonly status: string;
}

interface Provider {
  readonly payments: Record<string, { status: string; asked: number }>;
}

const payments = 'select id::int, status from payments order by id';

async function setUp(name: string) {
  const harness = await openHarness(`poll-payment-status/${name}`);
  const provider = harness.fakes.PAYMENTS_API_URL;
  const statuses = async () =>
    Object.fromEntries((await harness.sql<Payment>(payments)).map(({ id, status }) => [id, status]));
  return {
    harness,
    run: harness.run,
    statuses,
    /** What the provider knows, to look at and to change. */
    provider: provider?.state as Provider | undefined,
    [Symbol.asyncDispose]: () => harness[Symbol.asyncDispose](),
  };
}

describe('poll-payment-status', () => {
  it('gives each pending payment the status that the provider tells, and leaves the others alone', async () => {
    await using world = await setUp('mixed');
    await world.run(job);
    expect(await world.statuses()).to.deep.equal({
      1: 'settled',
      2: 'settled', // was settled before
      3: 'failed',
      4: 'pending',
      5: 'settled', // after a 500
      6: 'settled', // after a 429
      7: 'pending', // unknown to the provider
      8: 'failed', // after two 500s
      9: 'refunded', // was refunded before
      10: 'pending', // 500 every time
      11: 'pending',
      12: 'settled',
    });
  });

  it('tells in its summary what became of each payment', async () => {
    await using world = await setUp('mixed');
    const { summary } = await world.run(job);
    expect(summary).to.have.settled({
      read: 10,
      succeeded: 6,
      skipped: { 'still pending': 2, 'unknown to the provider': 1 },
      failed: 1,
      counts: { settled: 4, failed: 2 },
    });
    expect(summary.items.retried).to.equal(7);
    expect(summary).to.have.failedWith('STINT_HTTP_500', 1);
    expect(summary).to.balance;
    expect(summary.failures[0]).to.include({ key: '10', attempts: 4, code: 'STINT_HTTP_500' });
  });

  it('fails when more than 5 % of the payments fail, and says so', async () => {
    await using world = await setUp('mixed');
    const { summary } = await world.run(job);
    expect(summary).to.include({ status: 'failed', exitCode: 1 });
    expect(summary.error?.code).to.equal('STINT_TOLERANCE_EXCEEDED');
  });

  it('asks the provider once about each payment that it answers', async () => {
    await using world = await setUp('mixed');
    const { calls } = await world.run(job);
    const log = calls.PAYMENTS_API_URL;
    expect(log?.count('GET', '/payments/pay_000001')).to.equal(1);
    expect(log?.count('GET', '/payments/pay_000002'), 'not pending').to.equal(0);
    expect(log?.count('GET', '/payments/pay_000008'), 'two 500s, then an answer').to.equal(3);
    expect(log?.count('GET', '/payments/pay_000010'), 'always 500').to.equal(4);
  });

  it('waits as long as a 429 asks for, with all payments', async () => {
    await using world = await setUp('mixed');
    const { calls } = await world.run(job);
    const log = calls.PAYMENTS_API_URL?.all ?? [];
    const throttled = log.find(({ status }) => status === 429);
    const answeredMs = throttled?.finishedAtMs ?? Number.NaN;
    const during = log.filter(({ startedAtMs }) => startedAtMs > answeredMs + 100 && startedAtMs < answeredMs + 1_000);
    expect(throttled, 'there was a 429').to.not.equal(undefined);
    expect(during, 'no request in the second after it (a tenth is for those on their way)').to.deep.equal([]);
  });

  it('skips a payment that somebody settled between read and write', async () => {
    await using world = await setUp('mixed');
    const changeAfterRead = async () => {
      await world.harness.sql(`update payments set status = 'refunded' where id = 1`);
    };
    let changed = false;
    const { summary } = await world.run(job, {
      middleware: [
        async (effect, next) => {
          if (effect.operation === 'update' && !changed) {
            changed = true;
            await changeAfterRead();
          }
          return next();
        },
      ],
    });
    expect(summary.skipped['changed since it was read']).to.equal(1);
    expect((await world.statuses())[1]).to.equal('refunded');
  });

  it('works on one tenant when it is scoped to it', async () => {
    await using world = await setUp('mixed');
    const { summary } = await world.run(job, { scope: { tenantId: 't-2' } });
    const [expected] = await world.harness.sql<{ count: number }>(
      `select count(*)::int as count from payments where tenant_id = 't-2' and (status = 'pending' or updated_at > now() - interval '1 minute')`,
    );
    expect(summary.items.read).to.equal(expected?.count);
    expect(summary.items.read).to.be.within(1, 9);
  });

  it('works on the payments it is scoped to, of those that are pending', async () => {
    await using world = await setUp('mixed');
    const { summary } = await world.run(job, { scope: { paymentIds: ['1', '2', '4'] } });
    expect(summary.items).to.include({ read: 2, succeeded: 1, skipped: 1 });
    expect(summary.status).to.equal('succeeded');
  });

  it('has nothing left to do but what is pending still, when it runs again', async () => {
    await using world = await setUp('mixed');
    await world.run(job);
    const { summary } = await world.run(job);
    expect(summary.items.succeeded).to.equal(0);
    expect(summary.items.read).to.equal(4);
  });

  it('succeeds when there is nothing to do', async () => {
    await using world = await setUp('nothing-to-do');
    const { summary } = await world.run(job, {
      environment: { PAYMENTS_API_URL: 'http://127.0.0.1:9', PAYMENTS_API_KEY: 'key' },
    });
    expect(summary).to.include({ status: 'succeeded', exitCode: 0 });
    expect(summary.items.read).to.equal(0);
  });

  it('writes nothing in a dry run, and counts what it would write', async () => {
    await using world = await setUp('mixed');
    const before = await world.statuses();
    const { summary } = await world.run(job, { dryRun: true });
    expect(await world.statuses()).to.deep.equal(before);
    expect(summary.wouldWrite).to.deep.equal({ 'postgres update': 6 });
    expect(summary.skipped['would write']).to.equal(6);
  });

  it('fails each payment, and in the end the run, when the provider refuses the key', async () => {
    await using world = await setUp('mixed');
    const { summary } = await world.run(job, { environment: { PAYMENTS_API_KEY: 'wrong' } });
    expect(summary.status).to.equal('failed');
    expect(summary).to.have.settled({ read: 10, failed: 10 });
    expect(summary).to.have.failedWith('STINT_HTTP_401', 10);
    expect(JSON.stringify(summary)).to.not.include('wrong');
  });

  it('fails a payment whose answer makes no sense, and leaves it pending', async () => {
    await using world = await setUp('mixed');
    (world.provider?.payments.pay_000001 ?? { status: '' }).status = 'exploded';
    const { summary } = await world.run(job, { scope: { paymentIds: ['1'] } });
    expect(summary.failuresByError).to.deep.equal({ 'HttpBodyError STINT_HTTP_BODY': 1 });
    expect((await world.statuses())[1]).to.equal('pending');
  });

  it('tolerates three failures of 2,400, within its limits', async () => {
    await using world = await setUp('demo');
    (world.harness.fakes.PAYMENTS_API_URL?.state as { latencyMs: number }).latencyMs = 0;
    const { summary, calls } = await world.run(job);
    expect(summary).to.include({ status: 'succeeded', exitCode: 0 });
    expect(summary.items).to.include({ read: 2_400, succeeded: 1_962, skipped: 435, failed: 3, remaining: 0 });
    expect(summary.limits.perSecond.peak).to.be.at.most(250);
    expect(summary.limits.concurrency.peak).to.be.at.most(16);
    expect(summary.memory.peakPages).to.be.at.most(2);
    expect(calls.PAYMENTS_API_URL?.peakConcurrency).to.be.at.most(16);
  }).timeout(60_000);
});
