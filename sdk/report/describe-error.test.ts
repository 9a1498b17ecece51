import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ScopeError } from '../errors.ts';
import { describeError } from './describe-error.ts';

const secret = 'bob@example.test';

function thrownBy(fn: () => unknown): unknown {
  try {
    return fn();
  } catch (error) {
    return error;
  }
}

describe('describe-error', () => {
  it('tells name, code and message of an error', () => {
    const error = Object.assign(new TypeError('boom'), { code: 'E_BOOM' });
    expect(describeError(error)).to.deep.equal({ name: 'TypeError', code: 'E_BOOM', message: 'boom' });
    expect(describeError(new Error('boom'))).to.deep.equal({ name: 'Error', code: '', message: 'boom' });
    expect(describeError(Object.assign(new Error('boom'), { code: 7 })).code).to.equal('7');
  });

  it('shows nothing of what is no error', () => {
    for (const thrown of [secret, { email: secret }, [secret], () => secret]) {
      expect(JSON.stringify(describeError(thrown))).not.to.include('bob');
    }
    expect(describeError(null).message).to.equal('expected an Error to be thrown, got null; throw new Error(…)');
    expect(describeError(undefined).message).to.include('got undefined');
    expect(describeError('x').message).to.include('got a string');
  });

  it('leaves out what JSON.parse and PostgreSQL quote', () => {
    for (const text of [secret, `{"email": "${secret}", }`, `{"a": ${secret}}`, `["${secret}"`, `{${secret}}`]) {
      expect(describeError(thrownBy(() => JSON.parse(text))).message).to.equal('not valid JSON');
    }
    const data = Object.assign(new Error(`invalid input syntax for type integer: "${secret}"`), { code: '22P02' });
    expect(describeError(data).message).to.equal('invalid input syntax for type integer');
  });

  it('cuts what others write, and not what we do', () => {
    expect(describeError(new Error('x'.repeat(5_000))).message).to.have.length(500);
    const problems = Array.from({ length: 50 }, (_, index) => ({ path: `field${index}`, message: 'is wrong' }));
    expect(describeError(new ScopeError('job', problems)).message).to.include('field49');
  });

  it('tells the reasons of an error that has only those', () => {
    const refused = new AggregateError([new Error('::1 refused'), new Error('127.0.0.1 refused')]);
    expect(describeError(refused).message).to.equal('::1 refused; 127.0.0.1 refused');
  });

  it('describes errors whose fields are not text, or throw', () => {
    const odd = Object.assign(new Error(), { name: {}, code: { email: secret }, message: [secret] });
    expect(describeError(odd)).to.deep.equal({ name: 'Error', code: '', message: '' });
    const trap = Object.defineProperty(new Error('boom'), 'message', { get: () => thrownBy(() => expect.fail()) });
    expect(describeError(trap).message).to.equal('');
  });
});
