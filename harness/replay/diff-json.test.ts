import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { describeDifference, diffJson } from './diff-json.ts';

const told = (...values: Parameters<typeof diffJson>) => diffJson(...values).map(describeDifference);

describe('diffJson', () => {
  it('finds nothing between a value and its copy', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.parse(JSON.stringify(value));
        expect(diffJson(json, structuredClone(json))).to.deep.equal([]);
      }),
    );
  });

  it('names what differs by its path, what is missing and what is too much', () => {
    expect(told({ items: { read: 3, failed: 0 } }, { items: { read: 4 }, extra: null })).to.deep.equal([
      'items.read: expected 3, got 4',
      'items.failed: expected 0, got nothing',
      'extra: expected nothing, got null',
    ]);
    expect(told([1, { a: 'x' }], [1, { a: 'y' }, 2])).to.deep.equal([
      '[1].a: expected "x", got "y"',
      '[2]: expected nothing, got 2',
    ]);
  });

  it('passes over fields that were not expected when told to, not over elements', () => {
    expect(told({ a: 1 }, { a: 1, b: 2 }, { subset: true })).to.deep.equal([]);
    expect(told({ a: [1] }, { a: [1, 2] }, { subset: true })).to.have.length(1);
  });

  it('tells a value of another type, and cuts a long one', () => {
    expect(told('1', 1)).to.deep.equal(['value: expected "1", got 1']);
    expect(told({ a: 'x'.repeat(500) }, {})[0]).to.match(/… \(502 characters\), got nothing$/);
  });
});
