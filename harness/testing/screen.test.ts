import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readScreen } from './screen.ts';

describe('readScreen', () => {
  it('shows what a terminal would: lines, what was written over, erased, or wrapped', () => {
    const { lines, column } = readScreen('one\r\ntwo\rT\u001b[K\r\nthree\u001b[2K\u001b[1Gfour\r\n12345678901\r\n', 10);
    expect(lines).to.deep.equal(['one', 'T', 'four', '1234567890', '1', '']);
    expect(column).to.equal(0);
  });

  it('knows whether the cursor is shown and lines are wrapped, and comes back to where it was saved', () => {
    const { lines, isCursorShown, isWrapping } = readScreen('a\u001b7\u001b[?25l\u001b[?7l12345678901\u001b8b', 10);
    expect({ lines, isCursorShown, isWrapping }).to.deep.equal({
      lines: ['ab23456781'],
      isCursorShown: false,
      isWrapping: false,
    });
  });

  it('passes by no code that it does not know', () => {
    expect(() => readScreen('\u001b[5J', 10)).to.throw('expected an escape code that is known, got [5J');
  });
});
