import { expect } from 'chai';
import { describe, it } from 'mocha';
import { keyText } from './dynamodb-key-schema.ts';

describe('ports/dynamodb key text', () => {
  it('differs when keys differ, though their parts hold the separator or its escape', () => {
    const items = [
      { a: 'x/y', b: 'z' },
      { a: 'x', b: 'y/z' },
      { a: 'x%2Fy', b: 'z' },
      { a: 'x%252Fy', b: 'z' },
      { a: '', b: 'x/y/z' },
    ];
    expect(new Set(items.map((item) => keyText(item, ['a', 'b']))).size).to.equal(items.length);
  });

  it('is the value itself when the key has one part', () => {
    expect(keyText({ id: 'a/b', other: 1 }, ['id'])).to.equal('a/b');
    expect(keyText({ id: 12345678901234567890n }, ['id'])).to.equal('12345678901234567890');
    expect(keyText({ id: new Uint8Array([0, 255]) }, ['id'])).to.equal('AP8=');
  });
});
