import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { safeTarget } from './log-in-location.ts';
import { form, openAccessApp } from './testing/access-app.ts';

const hostile = [
  '//evil.example',
  '///evil.example',
  'https://evil.example/admin',
  'https:evil.example',
  'javascript:alert(1)',
  'data:text/html,x',
  '/\\evil.example',
  '\\\\evil.example',
  '/admin\\..\\..\\evil',
  '/admin//evil.example',
  '/admin/..//evil.example',
  '/admin/../evil',
  '/admin/%2e%2e/evil',
  '/admin/.%2E/%2e./evil',
  '/administrator',
  '/admin@evil.example',
  '/admin.evil.example',
  '/ADMIN',
  ' /admin',
  '/admin\r\nSet-Cookie: a=b',
  '/admin\t/x',
  '/admin/\u0000',
  '/admin/é',
  '/',
  '',
  'admin',
  '/admin/login',
  '/admin/login/?to=/admin/login',
  '/admin/logout',
  `/admin/${'a'.repeat(2_000)}`,
];

describe('safeTarget', () => {
  for (const good of [
    '/admin',
    '/admin/',
    '/admin/runs?status=failed&after=a%2Fb',
    '/admin/jobs/some-job',
    '/admin?x=1',
  ]) {
    it(`keeps ${good}`, () => expect(safeTarget(good)).to.equal(good));
  }

  for (const bad of hostile) {
    it(`leads home instead of to ${JSON.stringify(bad).slice(0, 60)}`, () =>
      expect(safeTarget(bad)).to.equal('/admin'));
  }

  it('leads home instead of to what is no text', () => {
    for (const bad of [undefined, null, 7, {}, ['/admin/runs']]) expect(safeTarget(bad)).to.equal('/admin');
  });

  it('leads a browser to a page of the admin on the same host, whatever it is given', () => {
    const pieces = fc.constantFrom(
      '/',
      '//',
      '\\',
      '..',
      '.',
      '%2e',
      '%2f',
      '%5c',
      'admin',
      '@',
      ':',
      '?',
      '#',
      '\t',
      '\n',
      'x',
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(pieces).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(texts, fc.constantFrom('', '/admin', '/admin/'), (text, start) => {
        const { origin, pathname } = new URL(safeTarget(`${start}${text}`), 'https://host.example');
        expect(origin).to.equal('https://host.example');
        expect(pathname).to.match(/^\/admin(\/|$)/);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('a request without a session', () => {
  const html = { Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

  it('is sent to the log-in when a person sent it, and back from there', async () => {
    await using app = await openAccessApp();
    const { status, headers } = await app.send('/admin/who?a=b%20c&d=e', { headers: html });
    expect(status).to.equal(302);
    expect(headers.location).to.equal('/admin/login?to=%2Fadmin%2Fwho%3Fa%3Db%2520c%26d%3De');
    const to = new URL(String(headers.location), app.origin).searchParams.get('to')!;
    const body = new URLSearchParams({ token: app.tokens.read, to }).toString();
    const back = await app.send('/admin/login', { method: 'POST', headers: form, body });
    expect(back.headers.location).to.equal('/admin/who?a=b%20c&d=e');
  });

  it('leads to the first page after a write', async () => {
    await using app = await openAccessApp();
    const { headers } = await app.send('/admin/who', { method: 'POST', headers: html });
    expect(headers.location).to.equal('/admin/login?to=%2Fadmin');
  });

  it('gets a 401 when a program sent it', async () => {
    await using app = await openAccessApp();
    for (const accept of ['*/*', 'application/json', 'application/problem+json', 'text/event-stream']) {
      const { status, headers } = await app.send('/admin/who', { headers: { Accept: accept } });
      expect(status, accept).to.equal(401);
      expect(headers['www-authenticate']).to.equal('Bearer realm="stint"');
    }
  });

  it('is never sent elsewhere after its log-in', async () => {
    await using app = await openAccessApp();
    for (const to of hostile) {
      const body = new URLSearchParams({ token: app.tokens.read, to }).toString();
      const { status, headers } = await app.send('/admin/login', { method: 'POST', headers: form, body });
      expect(status).to.equal(302);
      expect(headers.location, to).to.equal('/admin');
      expect(headers['set-cookie']).to.have.lengthOf(2);
    }
    const sent = await app.send('/admin/..//evil.example', { headers: html });
    expect(sent.headers.location).to.equal('/admin/login?to=%2Fadmin');
  });
});
