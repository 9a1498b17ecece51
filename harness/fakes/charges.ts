/**
 * A provider that charges: `POST /charges` {invoice, amount}, once for each `Idempotency-Key`, as Stripe does. A charge without a key is
 * made each time. `GET /charges/{invoice}` tells how often an invoice was charged.
 */
import { HttpResponse, http } from 'msw';
import { z } from 'zod';
import { defineFake } from './fake.ts';
import { problem } from './problem.ts';

const charge = z.strictObject({ invoice: z.string(), amount: z.number() });

const chargesState = z.strictObject({
  /** How long each answer takes at least. */
  latencyMs: z.number().nonnegative().default(0),
  /** Charges made, by idempotency key; those without one by their number. */
  charged: z.record(z.string(), charge).default({}),
});

export type ChargesState = z.output<typeof chargesState>;

export const charges = defineFake({
  name: 'charges',
  state: chargesState,
  routes: (state, { sleep }) => [
    http.post('/charges', async ({ request }) => {
      const asked = charge.safeParse(await request.json().catch(() => undefined));
      if (!asked.success) return problem(422, 'a charge needs invoice and amount');
      const key = request.headers.get('idempotency-key') ?? `#${Object.keys(state.charged).length + 1}`;
      // It is done before it is answered: an answer that is lost leaves it done.
      state.charged[key] ??= asked.data;
      await sleep(state.latencyMs, request);
      return HttpResponse.json({ status: 'charged' });
    }),
    http.get<{ invoice: string }>('/charges/:invoice', async ({ request, params }) => {
      await sleep(state.latencyMs, request);
      const times = Object.values(state.charged).filter(({ invoice }) => invoice === params.invoice).length;
      return HttpResponse.json({ invoice: params.invoice, times });
    }),
  ],
  // Keys are made of a run's id.
  books: ({ charged }) => Object.values(charged).toSorted((a, b) => a.invoice.localeCompare(b.invoice)),
});
