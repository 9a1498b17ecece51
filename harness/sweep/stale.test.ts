import { describe, it } from 'mocha';
import { expect } from '../expect/index.ts';
import { type InvoiceHandler, invoiceJob } from './testing/invoice-job.ts';
import { sweepInvoices } from './testing/sweep-invoices.ts';

const sweepWork = (work: InvoiceHandler) => sweepInvoices({ job: invoiceJob(work), kinds: ['stale'], invoices: 3 });

describe('a sweep of stale records', function staleTests() {
  this.timeout(180_000);

  it('passes a job whose write is conditional on what was read', async () => {
    const report = await sweepWork(async (ctx, { id, amount, status }) => {
      await ctx.postgres.query('update invoices set amount = $2 where id = $1 and amount = $3 and status = $4', [
        id,
        amount * 10,
        amount,
        status,
      ]);
    });
    expect(report).to.prove({ points: 12 });
  });

  it('tells of a write from the stale read', async () => {
    const report = await sweepWork(async (ctx, { id, amount }) => {
      await ctx.postgres.query('update invoices set amount = $2 where id = $1', [id, amount * 10]);
    });
    const red = report.trials.filter(({ findings }) => findings.length > 0).map(({ point }) => point.title);
    expect(red).to.include('the record of item i-101 was changed by someone else right before its handler');
    // What was read again in between is worked as it is.
    expect(red.filter((title) => title.includes('worked late'))).to.deep.equal([]);
    expect(report.stories[0]?.text)
      .to.contain('the job acted on what it had read')
      .and.to.contain('postgres invoices: 1 row otherwise, first i-101 in amount');
    expect(report.stories[0]?.advice).to.contain('conditional');
  });

  it('tells of a write that brings back what was deleted', async () => {
    const report = await sweepWork(async (ctx, { id, amount }) => {
      await ctx.postgres.query(
        `insert into invoices (id, amount, status) values ($1, $2, 'seen') on conflict (id) do update set status = 'seen'`,
        [id, amount],
      );
    });
    const red = report.trials.filter(({ findings }) => findings.length > 0).map(({ point }) => point.title);
    expect(red).to.include('the record of item i-102 was deleted by someone else right before its handler');
  });

  it('says which records could not be changed, and why', async () => {
    const job = invoiceJob(async () => {});
    const listed = { ...job, run: async (ctx: Parameters<typeof job.run>[0]) => ctx.each([{ id: 1 }], () => {}) };
    const report = await sweepInvoices({ job: listed as unknown as typeof job, kinds: ['stale'] });
    expect(report).to.include({ tried: 0, possible: 4 });
    expect(report.notTried).to.deep.equal({ 'a record is not found: it comes from no store': 4 });
  });
});
