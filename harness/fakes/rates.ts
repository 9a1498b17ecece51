/**
 * A publisher of daily exchange rates: `GET /v1/rates/{base}/{quote}`, one rate a pair for one date.
 *
 * Currencies that the state does not list answer 404. There is no key to present.
 */
import { HttpResponse, http } from 'msw';
import { z } from 'zod';
import { defineFake } from './fake.ts';
import { problem } from './problem.ts';

const currency = z.string().regex(/^[A-Z]{3}$/, 'expected three capital letters');

const ratesState = z.strictObject({
  /** Where the rates are from; for the reader of the file. */
  source: z.string().default('invented'),
  date: z.iso.date(),
  /** How long each answer takes at least. */
  latencyMs: z.number().nonnegative().default(0),
  /** By base, then by quote: how much of the quote one unit of the base buys. */
  rates: z.record(currency, z.record(currency, z.number().positive())),
});

export type RatesState = z.output<typeof ratesState>;

export const rates = defineFake({
  name: 'rates',
  state: ratesState,
  routes: (state, { sleep }) => [
    http.get<{ base: string; quote: string }>(
      '/v1/rates/:base/:quote',
      async ({ request, params: { base, quote } }) => {
        await sleep(state.latencyMs, request);
        const quotes = Object.hasOwn(state.rates, base) ? state.rates[base] : undefined;
        const rate = quotes !== undefined && Object.hasOwn(quotes, quote) ? quotes[quote] : undefined;
        if (rate === undefined) return problem(404, 'no rate is published for this pair');
        return HttpResponse.json({ base, quote, rate, date: state.date });
      },
    ),
  ],
});
