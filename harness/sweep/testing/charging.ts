/** A job's part that broken jobs share: reads invoices, and does with each what is broken. And a case for them. */
import { type Context, defineJob, type Item, type Job } from '@stint/sdk';
import { z } from 'zod';
import { type Case, loadCase } from '../../fixture/index.ts';
import { makeCaseFolder } from '../../fixture/testing/case-folder.ts';
import { type Exchange, formatHar } from '../../http/har.ts';

export interface Invoice {
  readonly id: string;
  readonly amount: number;
}

export type ChargeContext = Context<unknown, { readonly CHARGES_API_URL: string }, 'DATABASE_URL'>;

/** A job by the name of what is broken about it. */
export function defineCharging(
  name: string,
  charge: (ctx: ChargeContext, invoice: Invoice, item: Item) => Promise<void>,
): Job {
  return defineJob({
    name,
    summary: 'Charges invoices, for tests of sweeps.',
    env: z.object({ CHARGES_API_URL: z.url() }),
    secrets: ['DATABASE_URL'],
    limits: { concurrency: 2, itemTimeoutMs: 10_000 },
    async run(ctx) {
      const invoices = ctx.postgres.rows<Invoice>({ sql: 'select id, amount from invoices', key: ['id'] });
      await ctx.each(invoices, (invoice, item) => charge(ctx as ChargeContext, invoice, item));
    },
  }) as Job;
}

const service = 'https://charges.example';

/** Some invoices, and a provider that takes a charge of each, however often. */
export async function openChargingCase(invoices = 4): Promise<{ readonly testCase: Case } & Disposable> {
  const ids = Array.from({ length: invoices }, (_, index) => index + 1);
  const folder = makeCaseFolder({
    'case.json': JSON.stringify({
      description: 'Open invoices.',
      now: '2026-09-30T06:00:00Z',
      http: { CHARGES_API_URL: service },
    }),
    'postgres/schema.sql':
      'create table invoices (id bigint primary key, amount integer not null, charged_at timestamptz)',
    'postgres/invoices.jsonl': ids.map((id) => `${JSON.stringify({ id, amount: id * 100 })}\n`).join(''),
    'http.har': formatHar(ids.map(chargeOf)),
  });
  return { testCase: await loadCase(folder.path), [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

function chargeOf(id: number): Exchange {
  return {
    method: 'POST',
    url: `${service}/charges`,
    requestHeaders: [],
    requestBody: Buffer.from(JSON.stringify({ invoice: String(id) })),
    status: 200,
    responseHeaders: [{ name: 'content-type', value: 'application/json' }],
    responseBody: Buffer.from('{}'),
    error: null,
    startedAt: new Date('2026-09-30T06:00:00Z'),
    durationMs: 1,
  };
}
