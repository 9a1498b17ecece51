import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { testStack } from '../testing/test-stack.ts';
import type { SweepReport } from './report.ts';
import { sweep } from './sweep.ts';
import { charge, type InvoiceHandler, invoiceJob, soundJob } from './testing/invoice-job.ts';
import { type InvoicesCase, openInvoices } from './testing/invoices-case.ts';
import type { LedgerKind } from './world.ts';

describe('a sweep of crashes', () => {
  let invoices: InvoicesCase;
  before(async () => {
    invoices = await openInvoices(3);
  });
  after(() => invoices[Symbol.dispose]());

  const sweepJob = (job: typeof soundJob, options: { ledger?: LedgerKind; only?: readonly string[] } = {}) =>
    sweep({ stack: testStack(), testCase: invoices.testCase, job, kinds: ['crash'], ...options });
  const sweepWork = (work: InvoiceHandler) => sweepJob(invoiceJob(work));
  const kindsOf = ({ stories }: SweepReport) =>
    new Set(stories.flatMap(({ findings }) => findings.map(({ kind }) => kind)));

  for (const ledger of ['postgres', 'dynamodb', 'memory'] as const) {
    it(`passes a job whose work can be repeated, at every effect, on the ${ledger} ledger`, async () => {
      const report = await sweepJob(soundJob, { ledger });
      expect(report.stories).to.deep.equal([]);
      expect(report).to.include({ items: 3, lost: 0, differences: 0, duplicated: 0, passed: true, sampled: false });
      expect(report.tried).to.equal(report.possible).and.to.be.above(60);
      // It has killed in mid-work: some items were worked twice, and no more than may be.
      expect(report.workedTwice).to.be.within(1, report.mayWorkTwice);
      expect(report.repeatedWithKey).to.be.above(0);
    });
  }

  it('tells of a request that is sent again with another key, by the step before the crash', async () => {
    let calls = 0;
    const report = await sweepWork(async (ctx, invoice, item) => {
      calls += 1;
      await charge(ctx, invoice, { 'idempotency-key': `${item.key} ${calls}` });
    });
    expect([...kindsOf(report)]).to.have.members(['repeated', 'differs']);
    expect(report.duplicated).to.be.above(0);
    const story = report.stories.find(({ text }) => text.startsWith('killed after POST /charges for item i-101:'));
    expect(story?.text).to.contain('POST /charges was sent').and.to.contain('with another Idempotency-Key');
    expect(story?.at).to.match(/^harness\/sweep\/testing\/invoice-job\.ts:\d+$/);
    expect(story?.command).to.equal(
      `npx stint sweep some-job --fixture some-case --ledger postgres --seed 1 --point ${story?.id}`,
    );
  });

  it('tells of a write that adds once more when it is done again', async () => {
    const report = await sweepWork(async (ctx, { amount }) => {
      await ctx.postgres.query(`update totals set amount = amount + $1 where name = 'booked'`, [amount]);
    });
    expect([...kindsOf(report)]).to.deep.equal(['differs']);
    const [story] = report.stories;
    expect(story?.text).to.match(
      /^killed after update \(postgres\) for item i-10\d: postgres totals: 1 row otherwise, first booked in amount/,
    );
    expect(story?.advice).to.contain('markDone');
  });

  it('passes the same write in a transaction that marks its item as done', async () => {
    const report = await sweepWork(async (ctx, { amount }, item) => {
      await ctx.postgres.transaction(async (transaction) => {
        await transaction.query(`update totals set amount = amount + $1 where name = 'booked'`, [amount]);
        await transaction.markDone(item);
      });
    });
    expect(report.stories).to.deep.equal([]);
  });

  it('tells of work that was settled before it was done', async () => {
    const report = await sweepWork(async (ctx, { id, amount }) => {
      // Not awaited: the item settles, and is in the next checkpoint, whatever becomes of it.
      void ctx.postgres
        .query('insert into bookings (invoice_id, amount) values ($1, $2)', [id, amount])
        .catch(() => {});
      await ctx.clock.sleep(1);
    });
    expect(report.passed).to.equal(false);
  });

  it('replays one point alone, as its story says', async () => {
    const whole = await sweepWork(async (ctx, { amount }) => {
      await ctx.postgres.query(`update totals set amount = amount + $1 where name = 'booked'`, [amount]);
    });
    const [story] = whole.stories;
    const job = invoiceJob(async (ctx, { amount }) => {
      await ctx.postgres.query(`update totals set amount = amount + $1 where name = 'booked'`, [amount]);
    });
    const again = await sweepJob(job, { only: [story?.id ?? ''] });
    expect(again).to.include({ tried: 1, sampled: true });
    expect(again.stories.map(({ text }) => text)).to.deep.equal([story?.text]);
  });

  it('refuses a case that does not end by itself', async () => {
    const job = invoiceJob(async (ctx) => {
      await ctx.clock.sleep(1);
      await new Promise(() => {});
    });
    const error = await sweepJob(job).catch((caught: unknown) => caught);
    expect(error).to.have.property('code').that.is.oneOf(['STINT_SWEEP_REFERENCE', 'STINT_TIME_HANGS']);
  });
});
