/**
 * poll-payment-status: asks the payment provider about every pending payment, and settles it.
 *
 * Why: the provider tells of some payments only when it is asked. Every quarter of an hour this job asks about all that
 * are still pending here.
 *
 *   reads    payments with status 'pending', in order of id
 *   asks     GET {PAYMENTS_API_URL}/payments/{provider_ref}
 *   writes   status and updated_at of the payment, only while it is still pending
 *
 * What becomes of a payment:
 *
 *   the provider says      here                                        in the summary
 *   settled, failed, …     gets that status                            succeeded, counts.<status>
 *   pending                stays as it is, asked about again next time skipped 'still pending'
 *   404                    stays as it is; a person has to look        skipped 'unknown to the provider'
 *   429                    all of us wait as long as it asks, then again
 *   5xx, no answer         again, up to four times in all              failed if none of them worked
 *   anything else          stays as it is                              failed
 *
 * A payment that somebody else settled between read and write stays as they left it: skipped 'changed since it was read'.
 *
 * Asking twice does no harm, and the write is conditional, so a run that was cut off is simply resumed.
 *
 * Scope: `tenantId` for one tenant, `paymentIds` for up to 100 payments, both for those of that tenant among them.
 * Limits: 250 requests a second is what the provider allows us. Up to 25 failed payments, at most 5 %, do not fail the
 * run: they are asked about again in a quarter of an hour.
 */
import { defineJob } from '@stint/sdk';
import { z } from 'zod';

interface Payment {
  readonly id: string;
  readonly provider_ref: string;
}

const answerSchema = z.object({ status: z.enum(['pending', 'settled', 'failed', 'refunded']) });

const pendingPayments = `
  select id, provider_ref
    from payments
   where status = 'pending'
     and ($1::text is null or tenant_id = $1)
     and ($2::bigint[] is null or id = any ($2))`;

const settlePayment = `update payments set status = $2, updated_at = now() where id = $1 and status = 'pending'`;

export default defineJob({
  name: 'poll-payment-status',
  summary: 'Asks the provider about every pending payment and settles it.',
  scope: z.object({
    tenantId: z.string().min(1).optional().describe('Only payments of this tenant'),
    paymentIds: z.array(z.string().regex(/^\d+$/)).min(1).max(100).optional().describe('Only these payments'),
  }),
  env: z.object({ PAYMENTS_API_URL: z.url() }),
  secrets: ['DATABASE_URL', 'PAYMENTS_API_KEY'],
  schedule: { rate: '15 minutes', overlap: 'skip' },
  limits: { concurrency: 16, perSecond: 250, itemTimeoutMs: 10_000, tolerate: { failures: 25, percent: 5 } },

  async run(ctx) {
    const { tenantId, paymentIds } = ctx.scope;
    const headers = { authorization: `Bearer ${ctx.secrets.PAYMENTS_API_KEY}` };
    const payments = ctx.postgres.rows<Payment>({
      sql: pendingPayments,
      values: [tenantId ?? null, paymentIds ?? null],
      key: ['id'],
    });

    await ctx.each(payments, async (payment, item) => {
      const url = `${ctx.env.PAYMENTS_API_URL}/payments/${encodeURIComponent(payment.provider_ref)}`;
      const answer = await ctx.http.get(url, { headers, allow: [404] });
      if (answer.status === 404) return item.skip('unknown to the provider');

      const { status } = answer.json(answerSchema);
      if (status === 'pending') return item.skip('still pending');

      const { rowCount } = await ctx.postgres.query(settlePayment, [payment.id, status]);
      if (rowCount === 0) return item.skip('changed since it was read');
      item.count(status);
    });
  },
});
