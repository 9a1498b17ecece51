import { expect } from 'chai';
import { describe, it } from 'mocha';
import { repositoryRoot } from '../../repository.ts';
import { failureOf } from './failure-of.ts';

function thrownBy(fn: () => void): unknown {
  try {
    fn();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('failureOf', () => {
  it('tells of a comparison what was expected, what came, and where', () => {
    const failure = failureOf(
      thrownBy(() => expect({ a: 1 }, 'items').to.deep.equal({ a: 2 })),
      repositoryRoot,
    );
    expect(failure).to.deep.include({ expected: '{\n  "a": 2\n}', actual: '{\n  "a": 1\n}' });
    expect(failure.message).to.match(/^items: expected/);
    expect(failure.place).to.match(/^harness\/qa\/report\/failure-of\.test\.ts:\d+$/);
  });

  it('tells the message alone of another error, and of what is none', () => {
    expect(failureOf(new Error('no provider'), '/elsewhere')).to.deep.equal({
      message: 'no provider',
      expected: undefined,
      actual: undefined,
      place: undefined,
    });
    expect(failureOf('boom', repositoryRoot).message).to.equal('threw boom');
  });

  it('cuts off what nobody would read', () => {
    const failure = failureOf(
      thrownBy(() => expect('x'.repeat(5_000)).to.equal('y')),
      repositoryRoot,
    );
    expect(failure.actual).to.have.length(2_001);
    expect(failure.message.length).to.be.at.most(2_000);
  });
});
