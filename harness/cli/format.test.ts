import { expect } from 'chai';
import { describe, it } from 'mocha';
import { coloursOf, formatCount, formatCounts, formatNumber, formatTable, formatTime } from './format.ts';

describe('formatNumber', () => {
  it('groups thousands, and shows a decimal of small numbers only', () => {
    expect([0, 0.44, 9.94, 9.96, 10.4, 1_234_567.8].map(formatNumber)).to.deep.equal([
      '0',
      '0.4',
      '9.9',
      '10',
      '10',
      '1,234,568',
    ]);
  });
});

describe('formatCount', () => {
  it('knows one from many', () => {
    expect([0, 1, 1_234].map((count) => formatCount(count, 'call'))).to.deep.equal([
      '0 calls',
      '1 call',
      '1,234 calls',
    ]);
  });
});

describe('formatCounts', () => {
  it('puts the most first, and equals in their order', () => {
    expect(formatCounts({ a: 1, b: 1_200, c: 1 })).to.equal('b 1,200, a 1, c 1');
    expect(formatCounts({})).to.equal('');
  });
});

describe('coloursOf', () => {
  it('paints in a terminal only', () => {
    expect(coloursOf({ isTTY: false })('red', 'text')).to.equal('text');
    expect(coloursOf({})('red', 'text')).to.equal('text');
  });
});

describe('formatTime', () => {
  it('leaves out what is below a second', () => {
    expect(formatTime('2026-09-30T06:00:01.999Z')).to.equal('2026-09-30 06:00:01');
  });
});

describe('formatTable', () => {
  it('makes columns as wide as what they hold, and ends no line with spaces', () => {
    const rows = [
      ['name', 'count', 'note'],
      ['a', '1,000,000', ''],
    ];
    expect(formatTable(rows, new Set([1]))).to.deep.equal(['name      count  note', 'a     1,000,000']);
  });
});
