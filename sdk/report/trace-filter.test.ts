import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { TraceFilter } from './trace-filter.ts';

describe('report/trace-filter', () => {
  it('never says no of a text that holds a word, in whatever case, with whatever in between', () => {
    const between = fc.constantFrom('', ' ', '\n', '+', '-', '=', '/', '_', 'ä');
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 5 }),
        fc.string({ maxLength: 20 }),
        between,
        fc.boolean(),
        (words, around, filler, isUpper) => {
          const filter = new TraceFilter(words);
          for (const word of words) {
            const spread = [...word].join(filler);
            const cased = isUpper ? spread.replace(/[a-z]/g, (letter) => letter.toUpperCase()) : spread;
            expect(filter.mayBeIn(`${around}${cased}${around}`)).to.equal(true);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('says no of most texts', () => {
    const filter = new TraceFilter(['hunter2-password', 'sk-live-1234567890abcdef']);
    const texts = Array.from(
      { length: 1_000 },
      (_, index) => `expected a 2xx answer to GET ${index}, got ${index * 7}`,
    );
    expect(texts.filter((text) => filter.mayBeIn(text)).length).to.be.below(100);
  });
});
