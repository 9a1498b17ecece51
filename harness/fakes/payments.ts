/**
 * A payment provider: `GET /payments/{reference}` tells where a payment stands.
 *
 * Plays settled, failed, refunded and still pending payments, unknown references (404), rate limits (429 with `Retry-After`),
 * provider errors (500, a number of times or always) and wrong keys (401). It never changes a status by itself;
 * a test does, through the live state. A request with a wrong key is not counted against the payment.
 */
import { HttpResponse, http } from 'msw';
import { z } from 'zod';
import { defineFake } from './fake.ts';
import { problem } from './problem.ts';

const paymentState = z.strictObject({
  status: z.enum(['pending', 'settled', 'failed', 'refunded']),
  /** How many times it is answered with 429 first. */
  throttled: z.int().nonnegative().default(0),
  retryAfterSeconds: z.int().nonnegative().default(1),
  /** How many times it is answered with 500 after that. */
  failures: z.union([z.int().nonnegative(), z.literal('always')]).default(0),
  /** How often it was asked for: the fake counts here. */
  asked: z.int().nonnegative().default(0),
});

const paymentsState = z.strictObject({
  /** Expected as `Authorization: Bearer <apiKey>`. */
  apiKey: z.string().min(1),
  /** How long each answer takes at least. */
  latencyMs: z.number().nonnegative().default(0),
  /** By the provider's reference; any other reference is unknown. */
  payments: z.record(z.string(), paymentState),
});

type PaymentState = z.output<typeof paymentState>;

export type PaymentsState = z.output<typeof paymentsState>;

export const payments = defineFake({
  name: 'payments',
  state: paymentsState,
  routes: (state, { sleep }) => [
    http.get<{ reference: string }>('/payments/:reference', async ({ request, params: { reference } }) => {
      await sleep(state.latencyMs, request);
      if (request.headers.get('authorization') !== `Bearer ${state.apiKey}`) {
        return problem(401, 'the API key is missing or wrong', { 'www-authenticate': 'Bearer' });
      }
      const payment = Object.hasOwn(state.payments, reference) ? state.payments[reference] : undefined;
      if (payment === undefined) return problem(404, 'no payment has this reference');
      return answerFor(reference, payment);
    }),
  ],
  books: (state) =>
    Object.fromEntries(Object.entries(state.payments).map(([reference, { status }]) => [reference, status])),
});

function answerFor(reference: string, payment: PaymentState): Response {
  const before = payment.asked;
  payment.asked += 1;
  if (before < payment.throttled)
    return problem(429, 'too many requests', { 'retry-after': String(payment.retryAfterSeconds) });
  const failures = payment.failures === 'always' ? Number.POSITIVE_INFINITY : payment.failures;
  if (before < payment.throttled + failures) return problem(500, 'the provider failed');
  return HttpResponse.json({ reference, status: payment.status });
}
