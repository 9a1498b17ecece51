import { request } from 'node:http';
import { describe, it } from 'mocha';
import pg from 'pg';
import { expect } from '../expect/index.ts';
import { charge, type InvoiceHandler, invoiceJob, soundJob } from './testing/invoice-job.ts';
import { sweepInvoices } from './testing/sweep-invoices.ts';

/** The reference alone: what goes around the door shows there. */
const lookAt = (job: typeof soundJob) => sweepInvoices({ job, kinds: ['crash'], only: ['reference'] });
const lookAtWork = async (work: InvoiceHandler) => (await lookAt(invoiceJob(work))).stories;

describe('a sweep of a job that goes around the door', () => {
  it('finds nothing in one that does not', async () => {
    expect((await lookAt(soundJob)).stories).to.deep.equal([]);
  });

  it('tells of a fetch, with its line and its item', async () => {
    const stories = await lookAtWork(async (ctx, { id }) => {
      await fetch(`${ctx.env.CHARGES_API_URL}/charges/${id}`);
    });
    expect(stories).to.have.lengthOf(1);
    expect(stories[0]?.text).to.match(
      /^with nothing in its way: a fetch to 127\.0\.0\.1:\d+ for item i-10\d went around the door$/,
    );
    expect(stories[0]?.at).to.match(/^harness\/sweep\/outside\.test\.ts:\d+$/);
    expect(stories[0]?.advice).to.contain('ctx.http');
  });

  it('tells of node:http', async () => {
    const stories = await lookAtWork(async (ctx, { id }) => {
      await new Promise((resolve, reject) => {
        const sent = request(`${ctx.env.CHARGES_API_URL}/charges/${id}`, (answer) =>
          answer.resume().once('end', resolve),
        );
        sent.once('error', reject).end();
      });
    });
    expect(stories[0]?.text).to.contain('went around the door');
    expect(stories[0]?.at).to.match(/outside\.test\.ts:\d+$/);
  });

  it('tells of a driver of its own', async () => {
    const stories = await lookAtWork(async (ctx) => {
      const client = new pg.Client({ connectionString: ctx.secrets.DATABASE_URL });
      await client.connect();
      await client.end();
    });
    expect(stories[0]?.text).to.contain('a socket to').and.to.contain('went around the door');
    expect(stories[0]?.at).to.match(/outside\.test\.ts:\d+$/);
  });

  it('still sees what goes through the door as that', async () => {
    const stories = await lookAtWork(async (ctx, invoice) => {
      await charge(ctx, invoice);
      await ctx.postgres.query('select 1');
    });
    expect(stories).to.deep.equal([]);
  });
});
