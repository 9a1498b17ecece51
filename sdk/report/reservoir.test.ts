import { expect } from 'chai';
import { describe, it } from 'mocha';
import { seededRandom } from '../random.ts';
import { Reservoir } from './reservoir.ts';

describe('Reservoir', () => {
  it('holds all values while they are few, in their order', () => {
    const reservoir = new Reservoir(3);
    expect(reservoir.take()).to.deep.equal([]);
    for (const value of [5, 5, 7]) reservoir.add(value);
    expect(reservoir.take()).to.deep.equal([5, 5, 7]);
    reservoir.add(9);
    expect(reservoir.take()).to.deep.equal([9]);
  });

  it('gives each of many values the same chance, wherever it came', () => {
    const reservoir = new Reservoir(10, seededRandom(7));
    const rounds = 4_000;
    const taken = new Array<number>(100).fill(0);
    for (let round = 0; round < rounds; round++) {
      for (let value = 0; value < 100; value++) reservoir.add(value);
      const sample = reservoir.take();
      expect(new Set(sample).size).to.equal(10);
      for (const value of sample) taken[value]! += 1;
    }
    // A tenth of the rounds each: 400, with a deviation of 19.
    expect(Math.min(...taken)).to.be.greaterThan(320);
    expect(Math.max(...taken)).to.be.lessThan(480);
  });
});
