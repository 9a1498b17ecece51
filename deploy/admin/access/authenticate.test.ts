import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { roles } from '../admin-service.ts';
import { accessOf } from './authenticate.ts';
import { form, openAccessApp } from './testing/access-app.ts';

describe('a bearer token', () => {
  it('brings its caller, in whatever case the scheme is', async () => {
    await using app = await openAccessApp();
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'Bearer  ']) {
      const headers = { Authorization: `${scheme} ${app.tokens.trigger}` };
      const { status, text } = await app.send('/admin/who', { method: 'POST', headers });
      expect(status).to.equal(200);
      expect(JSON.parse(text)).to.deep.equal({ caller: { name: 'trigger', role: 'trigger' }, csrf: null });
    }
  });

  it('is refused when the header is malformed, with a challenge and without showing it', async () => {
    await using app = await openAccessApp({ limit: { failures: 1_000 } });
    const { read: token } = app.tokens;
    const malformed = [
      '',
      'Bearer',
      'Bearer ',
      token,
      `Basic ${Buffer.from(`x:${token}`).toString('base64')}`,
      `Token ${token}`,
      `Bearer${token}`,
      `Bearer\t${token}`,
      `Bearer "${token}"`,
      `Bearer ${token} ${token}`,
      `Bearer ${token}, Bearer ${token}`,
      `Bearer token=${token}`,
      `xBearer ${token}`,
      `Bearer ${token}x`,
      `Bearer ${app.entries[0]!.sha256}`,
    ];
    for (const Authorization of malformed) {
      const { status, headers, text } = await app.send('/admin/who', { headers: { Authorization } });
      expect(status, Authorization).to.equal(401);
      expect(headers['www-authenticate']).to.equal('Bearer realm="stint", error="invalid_token"');
      expect(text).to.not.include('stint_').and.not.include(app.entries[0]!.sha256);
    }
    expect(app.reached).to.deep.equal([]);
  });

  it('is all that counts: a session beside a wrong one does not help, nor does it need its csrf token', async () => {
    await using app = await openAccessApp();
    const { Cookie } = await app.logInAs('admin');
    const wrong = { Cookie, Authorization: 'Bearer stint_wrong' };
    expect((await app.send('/admin/who', { headers: wrong })).status).to.equal(401);
    const right = { Cookie, Authorization: `Bearer ${app.tokens.read}` };
    const { text } = await app.send('/admin/who', { method: 'POST', headers: right });
    expect(JSON.parse(text).caller.name).to.equal('read');
  });

  it('lets nothing through that is none, and never fails otherwise', async () => {
    await using app = await openAccessApp({ limit: { failures: 100_000 } });
    // All that a header may hold; DEL, it may not.
    const code = fc.integer({ min: 0x20, max: 0xff }).filter((one) => one !== 0x7f);
    const visible = fc.string({ unit: code.map((one) => String.fromCharCode(one)) });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('Authorization', 'Cookie'), visible, visible, async (name, one, other) => {
        const value = name === 'Cookie' ? `stint_session=${one}; stint_session.sig=${other}` : `${one}${other}`;
        expect((await app.send('/admin/who', { headers: { [name]: value } })).status).to.equal(401);
      }),
      { numRuns: 300 },
    );
    expect(app.errors).to.deep.equal([]);
    expect(app.reached).to.deep.equal([]);
  });
});

describe('a session on an unsafe method', () => {
  it('needs its csrf token, as a field or as a header', async () => {
    await using app = await openAccessApp();
    const { Cookie, csrf } = await app.logInAs('trigger');
    const statusOf = async (headers: Record<string, string>, body = '') =>
      (await app.send('/admin/who', { method: 'POST', headers: { Cookie, ...headers }, body })).status;
    expect(await statusOf(form, new URLSearchParams({ csrf }).toString())).to.equal(200);
    expect(await statusOf({ 'X-CSRF-Token': csrf })).to.equal(200);

    const other = await app.logInAs('trigger');
    expect(await statusOf({})).to.equal(403);
    expect(await statusOf({ 'X-CSRF-Token': '' })).to.equal(403);
    expect(await statusOf({ 'X-CSRF-Token': other.csrf })).to.equal(403);
    // A program has the header for it.
    expect(await statusOf({ 'Content-Type': 'application/json' }, JSON.stringify({ csrf }))).to.equal(403);
    expect(await statusOf(form, 'csrf=')).to.equal(403);
    expect(await statusOf(form, `csrf=${csrf}&csrf=${csrf}`)).to.equal(403);
    expect(await statusOf(form, `csrf[]=${csrf}`)).to.equal(403);
    expect(await statusOf(form, new URLSearchParams({ csrf: other.csrf }).toString())).to.equal(403);
    expect(await statusOf({ 'Content-Type': 'text/plain' }, `csrf=${csrf}`)).to.equal(403);
    expect(app.reached).to.have.lengthOf(2);
  });

  it('needs it for every method that may change something', async () => {
    await using app = await openAccessApp();
    const { Cookie, csrf } = await app.logInAs('trigger');
    const statusOf = async (method: 'GET' | 'HEAD' | 'POST' | 'DELETE', headers = {}) =>
      (await app.send('/admin/who', { method, headers: { Cookie, ...headers } })).status;
    expect([await statusOf('GET'), await statusOf('HEAD')]).to.deep.equal([200, 200]);
    expect([await statusOf('POST'), await statusOf('DELETE')]).to.deep.equal([403, 403]);
    expect(await statusOf('DELETE', { 'X-CSRF-Token': csrf })).to.equal(200);
  });

  const sites: readonly (readonly [string, Record<string, string>, number])[] = [
    ['the same origin', { 'Sec-Fetch-Site': 'same-origin' }, 200],
    // As Chromium sends it from a page that asks for no referrer.
    ['the same origin, hidden', { 'Sec-Fetch-Site': 'same-origin', Origin: 'null' }, 200],
    ['the person', { 'Sec-Fetch-Site': 'none' }, 200],
    ['a sibling', { 'Sec-Fetch-Site': 'same-site' }, 403],
    ['another site', { 'Sec-Fetch-Site': 'cross-site' }, 403],
    ['who knows what', { 'Sec-Fetch-Site': 'x' }, 403],
    ['another origin', { Origin: 'https://evil.example' }, 403],
    ['another port', { Origin: 'https://admin.example:8443', Host: 'admin.example' }, 403],
    ['another scheme', { Origin: 'http://admin.example', Host: 'admin.example' }, 403],
    ['the same origin, by Origin alone', { Origin: 'https://admin.example', Host: 'admin.example' }, 200],
    ['no origin at all', { Origin: '/admin' }, 403],
    ['a hidden origin', { Origin: 'null' }, 200],
  ];
  for (const [what, headers, status] of sites) {
    it(`is answered ${status} when it comes from ${what} with its csrf token, and 403 without`, async () => {
      await using app = await openAccessApp();
      const { Cookie, csrf } = await app.logInAs('trigger');
      const send = (more: Record<string, string>) =>
        app.send('/admin/who', { method: 'POST', headers: { Cookie, ...headers, ...more } });
      expect((await send({ 'X-CSRF-Token': csrf })).status).to.equal(status);
      expect((await send({})).status).to.equal(403);
    });
  }

  it('has no body read for anybody who is not let in', async () => {
    await using app = await openAccessApp();
    const headers = { 'Content-Type': 'application/json' };
    // Were it read, it would be answered 400.
    expect((await app.send('/admin/who', { method: 'POST', headers, body: '{' })).status).to.equal(401);
  });
});

describe('requireRole', () => {
  it('lets each do what those before it may, and says which role is needed', async () => {
    await using app = await openAccessApp();
    for (const [has, role] of roles.entries()) {
      for (const [needs, needed] of roles.entries()) {
        const headers = { Authorization: `Bearer ${app.tokens[role]}` };
        const { status, text } = await app.send(`/admin/for/${needed}`, { headers });
        expect(status, `${role} for ${needed}`).to.equal(has >= needs ? 200 : 403);
        if (has >= needs) continue;
        expect(JSON.parse(text).detail).to.equal(
          `expected a token with the role ${needed}, got "${role}" with the role ${role}; ask for another`,
        );
      }
    }
  });
});

describe('accessOf', () => {
  it('throws where nobody was asked who they are', () => {
    expect(() => accessOf({ state: {} } as never)).to.throw(TypeError, 'expected authenticate to have run');
  });
});
