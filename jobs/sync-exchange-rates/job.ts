/**
 * sync-exchange-rates: brings the table of exchange rates up to the provider's rates of the day.
 *
 * Why: prices are shown in many currencies, and read their rates from the DynamoDB table `exchange-rates`. Which pairs
 * are kept is decided by who puts them there; this job fills in rate and date.
 *
 *   reads    all pairs of `exchange-rates`, in four segments at once
 *   asks     GET {RATES_API_URL}/v1/rates/{base}/{quote}
 *   writes   rate and asOf of the pair, unless what is there is as new already
 *
 * What becomes of a pair:
 *
 *   the provider says      here                                  in the summary
 *   a newer rate           gets it                               succeeded, counts.updated
 *   the rate we have       stays as it is                        skipped 'up to date'
 *   404                    stays as it is; a person has to look  skipped 'no such rate'
 *   5xx, 429, no answer    again, up to four times in all        failed if none of them worked
 *
 * The write is conditional on the date, so that a slow run never puts an older rate over a newer one
 * (skipped 'newer by now'), and a run that was cut off is simply resumed.
 *
 * Scope: `base` for the pairs of one base currency.
 * Limits: 20 requests a second, the provider's quota. No failed pair is let pass: a price without its rate is an outage.
 */
import { defineJob } from '@stint/sdk';
import { z } from 'zod';

interface Pair {
  readonly pair: string;
  readonly base: string;
  readonly quote: string;
  readonly rate?: number;
  readonly asOf?: string;
}

const currency = z.string().regex(/^[A-Z]{3}$/);
const rateSchema = z.object({ rate: z.number().positive(), date: z.iso.date() });

export default defineJob({
  name: 'sync-exchange-rates',
  summary: 'Brings the table of exchange rates up to the rates of the day.',
  scope: z.object({ base: currency.optional().describe('Only pairs of this base currency, e.g. EUR') }),
  env: z.object({ RATES_API_URL: z.url() }),
  tables: { 'exchange-rates': 'write' },
  schedule: { cron: '30 6 * * ? *', timezone: 'Europe/Berlin', overlap: 'skip' },
  limits: { concurrency: 8, perSecond: 20, itemTimeoutMs: 10_000 },

  async run(ctx) {
    const { base } = ctx.scope;
    const pairs = ctx.dynamo.scan<Pair>({
      table: 'exchange-rates',
      segments: 4,
      ...(base === undefined ? {} : { filter: '#base = :base', names: { '#base': 'base' }, values: { ':base': base } }),
    });

    await ctx.each(pairs, async (known, item) => {
      const answer = await ctx.http.get(`${ctx.env.RATES_API_URL}/v1/rates/${known.base}/${known.quote}`, {
        allow: [404],
      });
      if (answer.status === 404) return item.skip('no such rate');

      const { rate, date } = answer.json(rateSchema);
      if (known.asOf === date && known.rate === rate) return item.skip('up to date');

      const { applied } = await ctx.dynamo.update({
        table: 'exchange-rates',
        key: { pair: known.pair },
        update: 'set #rate = :rate, asOf = :date',
        condition: 'attribute_exists(pair) and (attribute_not_exists(asOf) or asOf <= :date)',
        names: { '#rate': 'rate' },
        values: { ':rate': rate, ':date': date },
      });
      if (!applied) return item.skip('newer by now');
      item.count('updated');
    });
  },
});
