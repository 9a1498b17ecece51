import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { SourceError } from '../errors.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';

const leaf = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.string(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
  fc.bigInt(),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array(),
);
const name = fc.oneof(fc.string(), fc.constantFrom('$bigint', '$date', '$bytes', '$object', '__proto__', 'length'));
const { value: values } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  ),
}));

describe('sources/cursor', () => {
  it('gives back what was encoded, through JSON', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(decodeCursor(JSON.parse(JSON.stringify(encodeCursor(value))))).to.deep.equal(value);
      }),
      { numRuns: 500 },
    );
  });

  it('refuses what JSON cannot hold, also deep inside, and does not show it', () => {
    class Email {
      readonly address = 'bob@example.test';
    }
    const refused: [unknown, string][] = [
      [undefined, 'undefined'],
      [Number.NaN, 'a number that is not finite'],
      [Number.NEGATIVE_INFINITY, 'a number that is not finite'],
      [new Date(Number.NaN), 'a Date'],
      [Symbol('x'), 'symbol'],
      [() => 1, 'function'],
      [new Map(), 'a Map'],
      [new Email(), 'a Email'],
      [Object.create(null), 'a bare object'],
    ];
    for (const [value, what] of refused) {
      for (const wrapped of [value, [value], { a: [value] }]) {
        expect(() => encodeCursor(wrapped)).to.throw(
          SourceError,
          `expected a key of JSON values, bigints, dates or bytes, got ${what}; choose another key`,
        );
      }
    }
  });
});
