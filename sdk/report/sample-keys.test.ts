import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sampleKeys } from './sample-keys.ts';

const keys = Array.from({ length: 50_000 }, (_, index) => String(index));

describe('sampleKeys', () => {
  it('chooses about the share that it is told to, evenly over keys that follow each other', () => {
    for (const share of [0.01, 0.1, 0.5]) {
      const chosen = keys.filter(sampleKeys('01RUN', share)).map(Number);
      const deviation = Math.sqrt(keys.length * share * (1 - share));
      expect(chosen.length).to.be.closeTo(keys.length * share, 4 * deviation);
      const inFirstHalf = chosen.filter((key) => key < keys.length / 2).length;
      expect(inFirstHalf).to.be.closeTo(chosen.length / 2, 4 * deviation);
    }
  });

  it('chooses the same keys of a run each time, and others of another run', () => {
    const chosen = keys.filter(sampleKeys('01RUN', 0.01));
    expect(keys.filter(sampleKeys('01RUN', 0.01))).to.deep.equal(chosen);
    const both = new Set(keys.filter(sampleKeys('01RUM', 0.01)));
    expect(chosen.filter((key) => both.has(key)).length).to.be.lessThan(chosen.length / 5);
  });

  it('chooses none of them, or all', () => {
    expect(keys.some(sampleKeys('01RUN', 0))).to.equal(false);
    expect(keys.every(sampleKeys('01RUN', 1))).to.equal(true);
  });
});
