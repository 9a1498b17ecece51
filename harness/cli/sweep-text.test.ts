import { expect } from 'chai';
import { describe, it } from 'mocha';
import { triedText } from './sweep-text.ts';

describe('what a sweep says it has tried', () => {
  it('is all only when none was left out and none could not be tried', () => {
    expect(triedText({ tried: 1_234, possible: 1_234 })).to.equal('all 1,234 points');
    expect(triedText({ tried: 1_233, possible: 1_234 })).to.equal('1,233 of 1,234 points');
  });
});
