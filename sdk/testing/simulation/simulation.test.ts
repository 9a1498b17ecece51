import { expect } from 'chai';
import { describe, it } from 'mocha';
import { simulate } from './simulate.ts';

const seeds = 1_000;
const perTest = 100;

describe('simulated runs, with faults at random effects', () => {
  for (let from = 1; from <= seeds; from += perTest) {
    it(`keep their promises with seeds ${from} to ${from + perTest - 1}`, async () => {
      for (let seed = from; seed < from + perTest; seed++) {
        const { violation, lines } = await simulate(seed);
        const replay = `replay it: npm run simulate -- --seed ${seed}`;
        expect(violation, `seed ${seed}: ${violation}\n${lines.join('\n')}\n${replay}\n`).to.equal(undefined);
      }
    }).timeout(60_000);
  }

  it('are the same when a seed is played again', async () => {
    for (const seed of [3, 14, 159, 265]) {
      const [first, second] = [await simulate(seed), await simulate(seed)];
      expect(second.digest).to.equal(first.digest);
      expect(first.events).to.be.above(0);
    }
  });

  it('differ from seed to seed', async () => {
    const digests = await Promise.all([1, 2, 3, 4].map(async (seed) => (await simulate(seed)).digest));
    expect(new Set(digests).size).to.equal(4);
  });
});
