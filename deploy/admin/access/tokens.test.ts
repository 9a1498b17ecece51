import crypto, { createHash } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { mock } from 'node:test';
import { UsageError } from '@stint/sdk';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { findCaller, makeToken } from './tokens.ts';

const made = ['first', 'second', 'third'].map((name) => makeToken(name, 'trigger'));
const entries = made.map(({ entry }) => entry);

describe('findCaller', () => {
  afterEach(() => {
    mock.restoreAll();
    syncBuiltinESMExports();
  });

  it('finds whose token it is, and returns no hash', () => {
    for (const { token, entry } of made) {
      expect(findCaller(entries, token)).to.deep.equal({ name: entry.name, role: 'trigger' });
    }
  });

  it('finds nobody for anything else, the hash of a token included', () => {
    const { token, entry } = made[0]!;
    for (const presented of ['', token.slice(0, -1), `${token}a`, token.toUpperCase(), entry.sha256, 'stint_']) {
      expect(findCaller(entries, presented), presented).to.equal(undefined);
    }
    expect(findCaller([], token)).to.equal(undefined);
  });

  it('compares with every token in constant time, whichever it is', () => {
    const compare = mock.method(crypto, 'timingSafeEqual');
    syncBuiltinESMExports();
    for (const presented of [...made.map(({ token }) => token), 'none of them']) {
      compare.mock.resetCalls();
      findCaller(entries, presented);
      expect(compare.mock.callCount(), presented).to.equal(entries.length);
    }
  });
});

describe('makeToken', () => {
  it('makes 32 random bytes, and an entry that has its hash alone', () => {
    const { token, entry } = makeToken('qa', 'read');
    expect(token).to.match(/^stint_[\w-]{43}$/);
    expect(entry).to.deep.equal({ name: 'qa', role: 'read', sha256: createHash('sha256').update(token).digest('hex') });
    expect(makeToken('qa', 'read').token).not.to.equal(token);
  });

  it('refuses a name or a role that is none', () => {
    for (const name of ['', 'a b', 'a\nb', 'é', 'a'.repeat(41)]) {
      expect(() => makeToken(name, 'read'), name).to.throw(UsageError, /expected the name of a token/);
    }
    for (const role of ['', 'root', 'toString', 'Admin']) {
      expect(() => makeToken('qa', role), role).to.throw(UsageError, 'expected the role read, trigger, admin');
    }
  });
});
