/** A provider that charges, and charges once for each `Idempotency-Key`, as Stripe does. */
import { HttpResponse, http } from 'msw';
import { z } from 'zod';
import { defineFake } from '../fakes/index.ts';

const chargesState = z.strictObject({
  /** How long each answer takes at least. */
  latencyMs: z.number().nonnegative().default(0),
  /** Charges made, by idempotency key. */
  charged: z.record(z.string(), z.strictObject({ invoice: z.string(), amount: z.number() })).default({}),
});

export const charges = defineFake({
  name: 'charges',
  state: chargesState,
  routes: (state, { sleep }) => [
    http.post('/charges', async ({ request }) => {
      const key = request.headers.get('idempotency-key') ?? 'none';
      const charge = z.object({ invoice: z.string(), amount: z.number() }).parse(await request.json());
      // It is done before it is answered: an answer that is lost leaves it done.
      state.charged[key] ??= charge;
      await sleep(state.latencyMs, request);
      return HttpResponse.json({ status: 'charged' });
    }),
  ],
  books: ({ charged }) => Object.values(charged).toSorted((a, b) => a.invoice.localeCompare(b.invoice)),
});
