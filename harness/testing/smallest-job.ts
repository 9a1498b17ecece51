import { defineJob } from '@stint/sdk';
import { z } from 'zod';

export default defineJob({
  name: 'expire-carts',
  summary: 'Expires carts that nobody has touched for a day.',
  scope: z.object({ tenantId: z.string().optional() }),
  secrets: ['DATABASE_URL'],
  schedule: { rate: '1 hour' },
  limits: { concurrency: 8, perSecond: 50, tolerate: { failures: 10 } },

  async run(ctx) {
    const carts = ctx.postgres.rows<{ id: string }>({
      sql: `select id from carts where touched_at < now() - interval '1 day' and ($1::text is null or tenant_id = $1)`,
      values: [ctx.scope.tenantId ?? null],
      key: ['id'],
    });
    await ctx.each(carts, async (cart, item) => {
      const { rowCount } = await ctx.postgres.query(`delete from carts where id = $1`, [cart.id]);
      if (rowCount === 0) return item.skip('gone already');
      item.count('expired');
    });
  },
});
