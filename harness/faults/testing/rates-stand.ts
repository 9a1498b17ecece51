/** sync-exchange-rates, with a provider of the test. */
import { rates } from '../../fakes/index.ts';
import { readTable } from './read-table.ts';
import { openBase, type Stand, startWatched, toLines } from './stand.ts';
import { Works } from './works.ts';

interface Pair {
  readonly pair: string;
  readonly rate?: number;
  readonly asOf?: string;
}

const table = {
  TableName: 'exchange-rates',
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [{ AttributeName: 'pair', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'pair', KeyType: 'HASH' }],
};
const date = '2026-09-29';
const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const bases = letters.map((letter) => `B${letter}X`);
const quotes = letters.map((letter) => `Q${letter}X`);

export async function openRates({ items, latencyMs = 3 }: { items: number; latencyMs?: number }): Promise<Stand> {
  await using opened = new AsyncDisposableStack();
  const works = new Works();
  const published = Object.fromEntries(
    bases.map((base, at) => [base, Object.fromEntries(quotes.map((quote, by) => [quote, 1 + at + by / 100]))]),
  );
  const keyOf = (request: Request) => new URL(request.url).pathname.slice('/v1/rates/'.length);
  const provider = opened.use(await startWatched(rates, { date, latencyMs, rates: published }, works, keyOf));
  const pairs = bases
    .flatMap((base) => quotes.map((quote) => ({ pair: `${base}/${quote}`, base, quote })))
    .slice(0, items);
  const base = opened.use(
    await openBase(
      { 'dynamodb/exchange-rates.json': JSON.stringify(table), 'dynamodb/exchange-rates.jsonl': toLines(pairs) },
      { RATES_API_URL: provider.url },
      works,
    ),
  );
  const all = opened.move();
  return {
    ...base,
    job: 'sync-exchange-rates',
    items,
    groupSize: 1,
    segments: 4,
    async findUndone() {
      const found = await readTable<Pair>(base.fork, 'exchange-rates');
      const rateOf = (pair: string) => {
        const [from = '', to = ''] = pair.split('/');
        return published[from]?.[to];
      };
      return found
        .filter(({ pair, rate, asOf }) => asOf !== date || rate !== rateOf(pair))
        .map(({ pair }) => pair)
        .concat(Array.from({ length: items - found.length }, () => 'a pair that is gone'));
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
