import { describe, it } from 'mocha';
import { expect } from '../expect/index.ts';
import { charge, type InvoiceHandler, invoiceJob, soundJob } from './testing/invoice-job.ts';
import { kindsIn, sweepInvoices } from './testing/sweep-invoices.ts';

const sweepWork = (work: InvoiceHandler, points: number | 'all' = 30) =>
  sweepInvoices({ job: invoiceJob(work), kinds: ['crash'], points, invoices: 1 });

const addTo = `update totals set amount = amount + $1 where name = 'booked'`;

describe('a sweep of crashes', function crashTests() {
  this.timeout(180_000);

  it('passes a job whose work can be repeated, at every effect', async () => {
    const report = await sweepInvoices({ job: soundJob, kinds: ['crash'], invoices: 1 });
    expect(report).to.prove({ lost: 0, duplicated: 0, differences: 0 });
    expect(report).to.prove();
    expect(report).to.include({ items: 1, sampled: false });
    expect(report.tried).to.equal(report.possible).and.to.be.above(60);
    // It has killed in mid-work: some items were worked twice, and no more than may be.
    expect(report.workedTwice).to.be.within(1, report.mayWorkTwice);
    expect(report.repeatedWithKey).to.be.above(0);
  });

  for (const ledger of ['dynamodb', 'memory'] as const) {
    it(`passes it on the ${ledger} ledger`, async () => {
      const report = await sweepInvoices({ job: soundJob, kinds: ['crash'], points: 12, ledger });
      expect(report).to.prove();
      expect(report).to.include({ tried: 12, sampled: true });
    });
  }

  it('tells of a request that is sent again with another key, by the step before the crash', async () => {
    let calls = 0;
    const report = await sweepWork(async (ctx, invoice, item) => {
      calls += 1;
      await charge(ctx, invoice, { 'idempotency-key': `${item.key} ${calls}` });
    }, 'all');
    expect([...kindsIn(report)]).to.have.members(['repeated', 'differs']);
    expect(report.duplicated).to.be.above(0);
    const trial = report.trials.find(({ point }) => point.title === 'killed after POST /charges for item i-101');
    expect(trial?.findings[0]?.kind).to.equal('differs');
    const [story] = report.stories;
    expect(story?.text).to.contain('POST /charges was sent').and.to.contain('with another Idempotency-Key');
    expect(story?.command).to.equal(
      `npx stint sweep some-job --fixture some-case --ledger postgres --seed 1 --point ${story?.id}`,
    );
    expect(report.stories.map(({ at }) => at)).to.include.members([trial?.point.at]);
    expect(trial?.point.at).to.match(/^harness\/sweep\/testing\/invoice-job\.ts:\d+$/);
  });

  it('tells of a write that adds once more when it is done again', async () => {
    const report = await sweepWork(async (ctx, { amount }) => void (await ctx.postgres.query(addTo, [amount])), 'all');
    expect([...kindsIn(report)]).to.deep.equal(['differs']);
    const trial = report.trials.find(({ point }) => point.title === 'killed after update (postgres) for item i-101');
    expect(trial?.findings[0]?.text).to.match(/^postgres totals: 1 row otherwise, first booked in amount/);
    expect(report.stories[0]?.advice).to.contain('markDone');
  });

  it('passes the same write in a transaction that marks its item as done', async () => {
    const report = await sweepWork(async (ctx, { amount }, item) => {
      await ctx.postgres.transaction(async (transaction) => {
        await transaction.query(addTo, [amount]);
        await transaction.markDone(item);
      });
    });
    expect(report).to.prove();
  });

  it('replays one point alone, as its story says', async () => {
    const job = invoiceJob(async (ctx, { amount }) => void (await ctx.postgres.query(addTo, [amount])));
    const whole = await sweepInvoices({ job, kinds: ['crash'], points: 40, invoices: 1 });
    const [story] = whole.stories;
    const again = await sweepInvoices({ job, kinds: ['crash'], only: [story?.id ?? ''], invoices: 1 });
    expect(again).to.include({ tried: 1, sampled: true });
    expect(again.stories.map(({ text }) => text)).to.deep.equal([story?.text]);
  });

  it('refuses a point that is not there, naming some that are', async () => {
    const error = await sweepInvoices({ job: soundJob, kinds: ['crash'], only: ['crash:7000:after'] }).catch(
      (caught: unknown) => caught,
    );
    expect(error).to.include({ code: 'STINT_SWEEP_POINT' });
    expect(String(error)).to.contain('crash:1:before').and.to.contain('crash:7000:after');
  });

  it('says which points fail an assertion, and how to replay them', async () => {
    const report = await sweepWork(async (ctx, { amount }) => void (await ctx.postgres.query(addTo, [amount])));
    expect(() => expect(report).to.prove({ differences: 0 }))
      .to.throw(/differences: expected 0, got \d+/)
      .with.property('message')
      .that.contains('npx stint sweep some-job');
  });
});
