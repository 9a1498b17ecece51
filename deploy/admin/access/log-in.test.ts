import { expect } from 'chai';
import { describe, it } from 'mocha';
import { form, openAccessApp } from './testing/access-app.ts';

const logInWith = (token: string) => new URLSearchParams({ token }).toString();

describe('logIn', () => {
  it('takes a token that was copied with its line end', async () => {
    await using app = await openAccessApp();
    const body = logInWith(` ${app.tokens.read}\r\n`);
    const { status, cookies } = await app.send('/admin/login', { method: 'POST', headers: form, body });
    expect(status).to.equal(302);
    expect(cookies).to.have.lengthOf(2);
  });

  it('refuses all else, without a cookie and without showing it', async () => {
    await using app = await openAccessApp({ limit: { failures: 100 } });
    const { read: token } = app.tokens;
    const { sha256 } = app.entries[0]!;
    const bodies = [
      logInWith('stint_wrong'),
      logInWith(`${token}x`),
      logInWith(sha256),
      logInWith(`${token}\r\nSet-Cookie: stint_session=x`),
      `token=${token}&token=${token}`,
      `token[x]=${token}`,
      'token=',
      'other=x',
    ];
    for (const body of bodies) {
      const { status, headers, cookies, text } = await app.send('/admin/login', {
        method: 'POST',
        headers: form,
        body,
      });
      expect(status, body).to.equal(401);
      expect(cookies).to.deep.equal([]);
      expect(`${text} ${JSON.stringify(headers)}`)
        .to.not.include(token)
        .and.not.include('stint_wrong');
      expect(text).to.not.include(sha256);
    }
  });

  const sites: readonly (readonly [string, Record<string, string>, number])[] = [
    ['its own form', { 'Sec-Fetch-Site': 'same-origin', Origin: 'null' }, 302],
    ['its own form, by an old browser', { Origin: 'https://admin.example', Host: 'admin.example' }, 302],
    ['a program', {}, 302],
    ['a sibling', { 'Sec-Fetch-Site': 'same-site' }, 403],
    ['another site', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }, 403],
    ['another site, by an old browser', { Origin: 'https://evil.example' }, 403],
    ['a frame that hides its site', { Origin: 'null' }, 403],
  ];
  for (const [what, headers, status] of sites) {
    it(`answers ${status} to ${what}`, async () => {
      await using app = await openAccessApp();
      const body = logInWith(app.tokens.read);
      const got = await app.send('/admin/login', { method: 'POST', headers: { ...form, ...headers }, body });
      expect(got.status).to.equal(status);
      expect(got.cookies).to.have.lengthOf(status === 302 ? 2 : 0);
    });
  }

  it('says what is missing over plain http, instead of a cookie that the browser drops', async () => {
    await using trusting = await openAccessApp();
    await using wary = await openAccessApp({ proxy: false });
    for (const [app, headers] of [
      [trusting, { ...form, 'X-Forwarded-Proto': 'http' }],
      [wary, form],
    ] as const) {
      const body = logInWith(app.tokens.read);
      const { status, text, cookies } = await app.send('/admin/login', { method: 'POST', headers, body });
      expect(status).to.equal(400);
      expect(text).to.include('expected https, got plain http').and.not.include(app.tokens.read);
      expect(cookies).to.deep.equal([]);
    }
  });
});
