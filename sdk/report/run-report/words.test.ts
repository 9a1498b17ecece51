import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { html } from '../../page/markup.ts';
import { countsText, cut, formatMs, formatShare } from './words.ts';

describe('the words of a report', () => {
  it('tell durations in the unit that fits', () => {
    const table: readonly (readonly [number, string])[] = [
      [0, '0 ms'],
      [0.41, '0.4 ms'],
      [12.6, '13 ms'],
      [999.4, '999 ms'],
      [999.6, '1 s'],
      [3_240, '3.2 s'],
      [59_940, '59.9 s'],
      [59_960, '1 min'],
      [250_000, '4 min 10 s'],
      [3_599_600, '1 h'],
      [7_500_000, '2 h 5 min'],
      [300_000_000, '3 d 11 h'],
    ];
    for (const [ms, text] of table) expect(formatMs(ms), `${ms}`).to.equal(text);
  });

  it('call little not nothing, and much not all', () => {
    expect([[0, 0], [0, 9], [1, 1e6], [999_999, 1e6], [1, 8], [9, 9]].map(([part, all]) => formatShare(part!, all!))).to.deep.equal(
      ['0 %', '0 %', '< 0.1 %', '99.9 %', '12.5 %', '100 %'],
    ); // biome-ignore format: a table
  });

  it('name the most frequent first, and count the others', () => {
    expect(countsText({ a: 1, b: 3 })).to.equal('3 b, 1 a');
    expect(countsText({ a: 1, b: 2, c: 3 }, 2)).to.equal('3 c, 2 b and 1 more');
  });

  it('cut text to what it takes in the page, never within a character', () => {
    expect(cut('a'.repeat(10), 10)).to.equal('a'.repeat(10));
    expect(cut('a'.repeat(11), 10)).to.equal(`${'a'.repeat(10)}…`);
    expect(cut('"'.repeat(11), 12)).to.equal('""…');
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.nat(100), (text, most) => {
        const shown = cut(text, most);
        expect(shown.isWellFormed() || !text.isWellFormed()).to.equal(true);
        expect(Buffer.byteLength(html`${shown}`.html)).to.be.at.most(most + 3);
      }),
    );
  });
});
