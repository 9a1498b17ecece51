import { expect } from 'chai';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { type ContextOf, defineJob, type Item, memorySource } from './index.ts';

interface Payment {
  readonly id: string;
  readonly amount: number;
}

const job = defineJob({
  name: 'typed',
  summary: 'Is a test.',
  scope: z.object({ tenantId: z.string().optional(), ids: z.array(z.string()).optional() }),
  env: z.object({ API_URL: z.url(), SIZE: z.coerce.number() }),
  secrets: ['API_KEY', 'DATABASE_URL'],
  run: async () => {},
});

/** Never run: each line is here because it must not compile; `npm run check` fails when one of them does. */
async function wrongNames(ctx: ContextOf<typeof job>): Promise<void> {
  const tenantId: string | undefined = ctx.scope.tenantId;
  const size: number = ctx.env.SIZE;
  const key: string = ctx.secrets.API_KEY;
  expect([tenantId, size, key]).to.have.length(3);
  // @ts-expect-error no such field of the scope
  ctx.scope.tenant;
  // @ts-expect-error a list of strings
  const _ids: readonly number[] | undefined = ctx.scope.ids;
  // @ts-expect-error no such variable
  ctx.env.API_URI;
  // @ts-expect-error a number by its schema
  const _size: string = ctx.env.SIZE;
  // @ts-expect-error a secret that was not declared
  ctx.secrets.TOKEN;
  // @ts-expect-error a variable is no secret
  ctx.secrets.API_URL;

  const rows = ctx.postgres.rows<Payment>({ sql: 'select id, amount from payments', key: ['id'] });
  // @ts-expect-error a key that is no column of the row
  ctx.postgres.rows<Payment>({ sql: 'select id from payments', key: ['identity'] });
  await ctx.each(rows, (payment, item) => {
    const amount: number = payment.amount;
    item.count('amount', amount);
    // @ts-expect-error no such column
    payment.total;
    // @ts-expect-error a reason is a phrase
    item.skip(404);
    // @ts-expect-error an item alone is failed by throwing
    item.fail(new Error('boom'));
    // @ts-expect-error no such property
    item.tries;
  });
  await ctx.eachBatch(
    memorySource([1, 2]),
    (group, { signal }) => {
      for (const { value } of group) value.toFixed();
      signal.throwIfAborted();
      // @ts-expect-error the items of a group have no signal of their own
      group[0]?.signal;
      // @ts-expect-error numbers are not strings
      group[0]?.value.trim();
    },
    { size: 2 },
  );
  // @ts-expect-error groups have a size
  await ctx.eachBatch([1], () => {}, {});
  const body = await ctx.http.get(ctx.env.API_URL).json(z.object({ status: z.string() }));
  // @ts-expect-error no such field of the schema
  body.state;
  // @ts-expect-error a body has no type without a schema
  await ctx.http.get(ctx.env.API_URL).json();
  // @ts-expect-error what a job may do with time is read it and sleep
  ctx.clock.setTimer(1, () => {});
}

/** Never run either. */
function wrongDefinitions(): void {
  // @ts-expect-error a job has a summary
  defineJob({ name: 'typed', run: async () => {} });
  // @ts-expect-error no such limit
  defineJob({ name: 'typed', summary: 'x', limits: { perMinute: 5 }, run: async () => {} });
  // @ts-expect-error no such way of overlap
  defineJob({ name: 'typed', summary: 'x', schedule: { rate: '1 day', overlap: 'queue' }, run: async () => {} });
  defineJob({
    name: 'typed',
    summary: 'x',
    run: async (ctx) => {
      // @ts-expect-error a scope without fields has none
      ctx.scope.any;
      // @ts-expect-error no secret was declared
      ctx.secrets.ANY;
    },
  });
  const item = {} as Item;
  // @ts-expect-error handlers read their attempt, they do not set it
  item.attempt = 2;
}

describe('types', () => {
  it('hold for a definition whose wrong uses do not compile', () => {
    expect([job.name, wrongNames.length, wrongDefinitions.length]).to.deep.equal(['typed', 1, 0]);
  });
});
