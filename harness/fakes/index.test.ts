import { expect } from 'chai';
import { describe, it } from 'mocha';
import { FakeError, fakeNamed, fakeNames } from './index.ts';

describe('fakeNamed', () => {
  it('finds every fake by its name', () => {
    for (const name of fakeNames) expect(fakeNamed(name).name).to.equal(name);
  });

  it('names the fakes there are when there is none of a name', () => {
    expect(() => fakeNamed('paymets'))
      .to.throw(FakeError, 'charges, payments, rates')
      .with.property('code', 'STINT_FAKE_UNKNOWN');
  });
});
