/** Jobs on the case of `invoices-case.ts`, which differ in what they do with an invoice. */
import { type ContextOf, defineJob, type Item } from '@stint/sdk';
import { z } from 'zod';

export interface Invoice {
  readonly id: string;
  readonly amount: number;
  readonly status: string;
}

const definition = {
  name: 'some-job',
  summary: 'Charges open invoices, and books them.',
  env: z.object({ CHARGES_API_URL: z.url() }),
  secrets: ['DATABASE_URL'],
  limits: { concurrency: 2, itemTimeoutMs: 10_000, tolerate: { failures: 0 } },
} as const;

const shape = defineJob({ ...definition, run: async () => {} });

export type InvoiceContext = ContextOf<typeof shape>;
export type InvoiceHandler = (ctx: InvoiceContext, invoice: Invoice, item: Item) => Promise<void>;

/** A job that does `work` with each open invoice. */
export function invoiceJob(work: InvoiceHandler) {
  return defineJob({
    ...definition,
    async run(ctx) {
      const invoices = ctx.postgres.rows<Invoice>({ sql: 'select id, amount, status from invoices', key: ['id'] });
      await ctx.each(invoices, (invoice, item) => work(ctx, invoice, item));
    },
  });
}

/** Charges the invoice; a second time with the same key the provider does nothing. */
export async function charge(ctx: InvoiceContext, { id, amount }: Invoice, headers = {}): Promise<void> {
  await ctx.http.post(`${ctx.env.CHARGES_API_URL}/charges`, { json: { invoice: id, amount }, headers });
}

/** Charges it, and books that once. */
export const soundJob = invoiceJob(async (ctx, invoice, item) => {
  await charge(ctx, invoice);
  await ctx.postgres.transaction(async (transaction) => {
    await transaction.query('insert into bookings (invoice_id, amount) values ($1, $2)', [invoice.id, invoice.amount]);
    await transaction.markDone(item);
  });
});
