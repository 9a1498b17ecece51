/** Broken: sends each charge with a key of its own making, another each time, so that nobody can know a repeated one. */
import { randomUUID } from 'node:crypto';
import { defineCharging } from './charging.ts';

export default defineCharging('charge-with-random-key', async (ctx, { id }) => {
  await ctx.http.post(`${ctx.env.CHARGES_API_URL}/charges`, {
    json: { invoice: id },
    headers: { 'idempotency-key': randomUUID() },
  });
  await ctx.postgres.query('update invoices set charged_at = now() where id = $1', [id]);
});
