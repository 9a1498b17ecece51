/** Jobs that are slow enough for checkpoints to come while there is work to do. */
import { jobs } from '@stint/jobs/registry';
import { findJob, type Job } from '@stint/sdk';
import { invoiceJob } from './invoice-job.ts';

const poll = findJob(jobs, 'poll-payment-status');

/** poll-payment-status at three items a second. */
export const pollSlowly: Job = {
  ...poll,
  name: 'poll-slowly',
  limits: { ...poll.limits, concurrency: 3, perSecond: 3, burst: 1 },
};

const book = invoiceJob(async (ctx, { id, amount }) => {
  await ctx.postgres.query(
    'insert into bookings (invoice_id, amount) select $1, $2 where not exists (select from bookings where invoice_id = $1)',
    [id, amount],
  );
});

/** Books each invoice once, one by one, two a second. What is done is read again when a run begins too early. */
export const bookSlowly: Job = {
  ...book,
  name: 'book-slowly',
  limits: { ...book.limits, concurrency: 1, perSecond: 2, burst: 1 },
} as unknown as Job;
