/**
 * A job for fault tests: charges each open invoice at a provider, and books it, in a transaction with the item's marker.
 *
 * Without the provider's idempotency and the marker, a crash would charge and book twice: there is no condition in its
 * writes, and `bookings` has no unique key. An invoice named by POISON_INVOICE ends the
 * process as soon as it is charged.
 */
import { defineJob } from '@stint/sdk';
import { z } from 'zod';

export default defineJob({
  name: 'charge-invoices',
  summary: 'Charges open invoices, and books them.',
  scope: z.object({ tenant: z.string().optional() }),
  env: z.object({ CHARGES_API_URL: z.url(), POISON_INVOICE: z.string().optional() }),
  secrets: ['DATABASE_URL'],
  schedule: { rate: '1 hour' },
  limits: { concurrency: 8, itemTimeoutMs: 10_000, tolerate: { failures: 10 } },

  async run(ctx) {
    const invoices = ctx.postgres.rows<{ id: string; amount: number }>({
      sql: 'select id, amount from invoices where $1::text is null or tenant = $1',
      values: [ctx.scope.tenant ?? null],
      key: ['id'],
    });
    await ctx.each(invoices, async (invoice, item) => {
      await ctx.http.post(`${ctx.env.CHARGES_API_URL}/charges`, {
        json: { invoice: invoice.id, amount: invoice.amount },
      });
      if (invoice.id === ctx.env.POISON_INVOICE) process.kill(process.pid, 'SIGKILL');
      await ctx.postgres.transaction(async (transaction) => {
        await transaction.query('insert into bookings (invoice_id, amount) values ($1, $2)', [
          invoice.id,
          invoice.amount,
        ]);
        await transaction.markDone(item);
      });
      item.count('charged');
    });
  },
});
