/** Broken: sends each charge with a key of its own making, another each time, so that nobody can know a repeated one. */
import { randomUUID } from 'node:crypto';
import { charge, invoiceJob } from './invoice-job.ts';

export default invoiceJob(async (ctx, invoice) => {
  await charge(ctx, invoice, { 'idempotency-key': randomUUID() });
});
