import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { PageSize } from './page-size.ts';

const options = {
  initial: 40,
  max: 1_000,
  maxStalenessMs: 5_000,
  maxItemsPerSecond: Number.POSITIVE_INFINITY,
  multipleOf: 1,
};

describe('page-size', () => {
  it('starts with what is given, up to the greatest', () => {
    expect(new PageSize(options).current).to.equal(40);
    expect(new PageSize({ ...options, initial: 5_000 }).current).to.equal(1_000);
    expect(new PageSize({ ...options, initial: 0.2 }).current).to.equal(1);
  });

  it('starts with no more than the rate limit lets start in a quarter of the time that an item may wait', () => {
    expect(new PageSize({ ...options, maxItemsPerSecond: 10 }).current).to.equal(12);
    expect(new PageSize({ ...options, maxItemsPerSecond: 0.1 }).current).to.equal(1);
  });

  it('comes to what is worked in a quarter of the time that an item may wait', () => {
    const size = new PageSize(options);
    for (let page = 0; page < 20; page++) size.note(size.current, size.current * 20);
    expect(size.current).to.be.within(62, 63);
  });

  it('takes a burst for no more than the rate limit', () => {
    const size = new PageSize({ ...options, maxItemsPerSecond: 20 });
    for (let page = 0; page < 20; page++) size.note(size.current, 1);
    expect(size.current).to.equal(25);
  });

  it('shrinks at once when work slows down, and grows by no more than four times a page', () => {
    const size = new PageSize(options);
    size.note(40, 1);
    expect(size.current).to.equal(160);
    size.note(160, 1);
    expect(size.current).to.equal(640);
    const slow = new PageSize(options);
    slow.note(40, 40_000);
    expect(slow.current).to.equal(1);
  });

  it('learns nothing from an empty page', () => {
    const size = new PageSize(options);
    size.note(40, 400);
    const before = size.current;
    for (let page = 0; page < 10; page++) size.note(0, 1);
    expect(size.current).to.equal(before);
  });

  it('is a whole multiple within its bounds, whatever it is told', () => {
    const bounds = fc.record({
      initial: fc.double({ min: 0, max: 1e6, noNaN: true }),
      max: fc.integer({ min: 1, max: 5_000 }),
      maxStalenessMs: fc.integer({ min: 1, max: 60_000 }),
      maxItemsPerSecond: fc.oneof(
        fc.constant(Number.POSITIVE_INFINITY),
        fc.double({ min: 0.01, max: 1e5, noNaN: true }),
      ),
      multipleOf: fc.integer({ min: 1, max: 100 }),
    });
    const notes = fc.array(fc.tuple(fc.nat(5_000), fc.double({ min: 0, max: 1e6, noNaN: true })), { maxLength: 30 });
    fc.assert(
      fc.property(bounds, notes, (any, pages) => {
        const size = new PageSize(any);
        for (const [items, elapsedMs] of pages) {
          size.note(items, elapsedMs);
          expect(size.current).to.be.within(1, any.max);
          if (any.max >= any.multipleOf) expect(size.current % any.multipleOf).to.equal(0);
        }
      }),
    );
  });
});
