import { EnvironmentError } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { isLoopback, resolveAccess } from './resolve-access.ts';
import { findCaller, makeToken } from './tokens.ts';

const { token, entry } = makeToken('qa', 'trigger');
const tokens = JSON.stringify([entry]);

describe('resolveAccess', () => {
  const refused = [
    { host: '0.0.0.0', development: true },
    { host: '::', development: true },
    { host: 'admin.local', development: true },
    { host: '127.0.0.1', development: false },
  ];
  for (const { host, development } of refused) {
    for (const text of [undefined, '', '[]']) {
      it(`refuses to start with ${text ?? 'no'} tokens on ${host}, development ${development}`, () => {
        expect(() => resolveAccess({ tokens: text, host, development }))
          .to.throw(EnvironmentError)
          .with.property('message')
          .that.includes('STINT_ADMIN_TOKENS: expected at least one token, got none')
          .and.includes('npx stint admin-token <name> --role <role>');
      });
    }
  }

  it('makes a token for this process on loopback in development', () => {
    for (const host of ['127.0.0.1', '127.8.8.8', '::1', '[::1]', 'localhost']) {
      const { tokens: made, madeToken, secureCookies } = resolveAccess({ tokens: undefined, host, development: true });
      expect(findCaller(made, madeToken!)).to.deep.equal({ name: 'development', role: 'admin' });
      expect(secureCookies).to.equal(false);
    }
  });

  it('makes another for each process, and none where one is configured', () => {
    const made = () => resolveAccess({ tokens: '', host: 'localhost', development: true }).madeToken;
    expect(made()).not.to.equal(made());
    const resolved = resolveAccess({ tokens, host: 'localhost', development: true });
    expect(resolved).to.deep.equal({ tokens: [entry], madeToken: undefined, sessionSecret: '', secureCookies: false });
    expect(findCaller(resolved.tokens, token)).to.deep.equal({ name: 'qa', role: 'trigger' });
  });

  it('keeps cookies to https everywhere else', () => {
    for (const { host, development } of refused) {
      expect(resolveAccess({ tokens, host, development }).secureCookies).to.equal(true);
    }
  });

  it('refuses a secret that is too short, without showing it', () => {
    const resolve = (sessionSecret: string) =>
      resolveAccess({ tokens, host: '0.0.0.0', development: false, sessionSecret });
    expect(() => resolve('hunter2'))
      .to.throw(EnvironmentError, 'STINT_ADMIN_SESSION_SECRET: expected at least 32 characters')
      .with.property('message')
      .that.does.not.include('hunter2');
    expect(resolve('x'.repeat(32)).sessionSecret).to.equal('x'.repeat(32));
  });
});

describe('isLoopback', () => {
  it('takes a name that only looks like it for what it is', () => {
    for (const host of ['127.0.0.1.example.com', 'localhost.example.com', '127.evil', '', '::', '1.127.0.0']) {
      expect(isLoopback(host), host).to.equal(false);
    }
  });
});
