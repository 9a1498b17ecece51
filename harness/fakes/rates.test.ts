import { expect } from 'chai';
import { describe, it } from 'mocha';
import { rates } from './rates.ts';
import { startFake } from './start-fake.ts';

describe('rates fake', () => {
  const state = { date: '2026-09-29', rates: { EUR: { USD: 1.25 } } };

  it('tells the rate of a pair and its date', async () => {
    await using fake = await startFake(rates, { state });
    const answer = await fetch(`${fake.url}/v1/rates/EUR/USD`);
    expect(await answer.json()).to.deep.equal({ base: 'EUR', quote: 'USD', rate: 1.25, date: '2026-09-29' });
  });

  it('answers 404 for a base or a quote that it does not know', async () => {
    await using fake = await startFake(rates, { state });
    for (const pair of ['EUR/XXX', 'XXX/EUR', 'EUR/toString']) {
      expect((await fetch(`${fake.url}/v1/rates/${pair}`)).status).to.equal(404);
    }
    fake.assertNoUnhandled();
  });
});
