import { describe, it } from 'mocha';
import { z } from 'zod';
import { expect } from '../expect/index.ts';
import { charge, type InvoiceHandler, invoiceJob, soundJob } from './testing/invoice-job.ts';
import { kindsIn, sweepInvoices } from './testing/sweep-invoices.ts';

const sweepWork = (work: InvoiceHandler) => sweepInvoices({ job: invoiceJob(work), kinds: ['fault'], invoices: 1 });
const book = `insert into bookings (invoice_id, amount) values ($1, $2)`;

describe('a sweep of faults', function faultTests() {
  this.timeout(180_000);

  it('passes a job that lets errors out of its handler, at every effect', async () => {
    const report = await sweepInvoices({ job: soundJob, kinds: ['fault'], invoices: 1 });
    expect(report).to.prove();
    expect(report).to.include({ sampled: false });
    const names = new Set(report.trials.map(({ point }) => point.id.split(':')[2]));
    for (const fault of [
      '500',
      '429',
      'timeout',
      'reset',
      'cut',
      'malformed',
      'refused',
      'lost',
      'conflict',
      'unacknowledged',
    ])
      expect(names).to.include(fault);
  });

  it('tells of an error that is swallowed: the item succeeds, and nothing was done', async () => {
    const report = await sweepWork(async (ctx, invoice) => {
      await charge(ctx, invoice).catch(() => {});
    });
    expect([...kindsIn(report)]).to.include('differs');
    expect(
      report.trials.filter(({ findings }) => findings.length > 0).map(({ point }) => point.title),
    ).to.include.members([
      'POST /charges for item i-101 was answered 500',
      'POST /charges for item i-101 had its connection reset',
    ]);
  });

  it('tells of an answer that was not understood and taken for an empty one', async () => {
    const report = await sweepWork(async (ctx, { id, amount }, item) => {
      const answer = await ctx.http.get(`${ctx.env.CHARGES_API_URL}/charges/${id}`);
      try {
        if (answer.json(z.object({ times: z.number() })).times > 0) return item.skip('charged already');
      } catch {
        return item.skip('charged already');
      }
      await ctx.postgres.query(book, [id, amount]);
    });
    const story = report.stories.find(({ id }) => id.endsWith(':malformed'));
    expect(story?.text)
      .to.contain('GET /charges/i-101 for item i-101 was answered with a body that is no JSON')
      .and.to.contain('bookings');
  });

  it('tells of a request that is sent again though it was refused', async () => {
    const report = await sweepWork(async (ctx, invoice) => {
      await charge(ctx, invoice).catch((error: Error) => {
        throw Object.assign(new Error('it did not work', { cause: error }), { code: 'ECONNRESET' });
      });
    });
    const story = report.stories.find(({ id }) => id.endsWith(':refused'));
    expect(story?.text).to.contain(
      'item i-101 was tried again, though trying again cannot help when a request was answered 422',
    );
  });

  it('tells of a request that is given up though it was worth another try', async () => {
    const report = await sweepWork(async (ctx, invoice) => {
      await charge(ctx, invoice).catch(() => {
        throw new Error('it did not work');
      });
    });
    // It is redriven, as what is final: but the run has failed.
    expect(report.passed).to.equal(false);
    expect(report.stories[0]?.text).to.match(/^POST \/charges for item i-101 was answered (429|500): /);
  });

  it('tells of a write whose lost acknowledgement makes it happen twice', async () => {
    const report = await sweepWork(async (ctx, { id, amount }) => {
      await ctx.postgres.query(book, [id, amount]);
    });
    const story = report.stories.find(({ id }) => id.endsWith(':unacknowledged'));
    expect(story?.text)
      .to.contain('insert (postgres) for item i-101 was done, and its acknowledgement lost')
      .and.to.contain('postgres bookings: 1 row too many');
  });

  it('tells of a request that is repeated with another key', async () => {
    let calls = 0;
    const report = await sweepWork(async (ctx, invoice) => {
      calls += 1;
      await charge(ctx, invoice, { 'idempotency-key': `${calls}` });
    });
    expect([...kindsIn(report)]).to.include('repeated');
  });

  it('tells of an item that is settled twice when something goes wrong', async () => {
    const report = await sweepWork(async (ctx, invoice, item) => {
      await charge(ctx, invoice).catch(() => item.skip('not charged'));
      item.skip('charged');
    });
    expect(report.passed).to.equal(false);
    expect(report.stories.map(({ text }) => text).join()).to.contain('SettledTwiceError');
  });
});
