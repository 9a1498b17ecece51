import { expect } from 'chai';
import { describe, it } from 'mocha';
import { deriveSessionKeys, tokenId } from './session-keys.ts';
import { checkCsrf } from './sessions.ts';
import { form, openAccessApp } from './testing/access-app.ts';
import { makeToken } from './tokens.ts';

const hourMs = 3_600_000;

/** The value of the cookie `name` in a `Cookie` header. */
function valueIn(header: string, name: string): string {
  return header
    .split('; ')
    .find((pair) => pair.startsWith(`${name}=`))!
    .slice(name.length + 1);
}

/** One character of another value, of the same kind. */
function flip(text: string, at: number): string {
  return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
}

describe('a session', () => {
  it('is a signed cookie that no script and no other site can use, and that holds neither token nor hash', async () => {
    await using app = await openAccessApp();
    const body = new URLSearchParams({ token: app.tokens.trigger }).toString();
    const { cookies, text, headers } = await app.send('/admin/login', { method: 'POST', headers: form, body });
    expect(cookies).to.have.lengthOf(2);
    for (const line of cookies) {
      const [, ...attributes] = line.split('; ');
      expect(attributes.filter((attribute) => !attribute.startsWith('expires='))).to.have.members([
        'path=/admin',
        'samesite=strict',
        'secure',
        'httponly',
      ]);
      const expires = Date.parse(attributes.find((attribute) => attribute.startsWith('expires='))!.slice(8));
      expect(expires).to.be.closeTo(Date.now() + 12 * hourMs, 60_000);
    }
    const { sha256 } = app.entries.find(({ role }) => role === 'trigger')!;
    const all = `${cookies.join()} ${text} ${JSON.stringify(headers)}`;
    for (const form of [sha256, Buffer.from(sha256, 'hex').toString('base64url'), app.tokens.trigger]) {
      expect(all).not.to.include(form.slice(0, 20));
    }
  });

  it('brings its caller and its csrf token', async () => {
    await using app = await openAccessApp();
    const { Cookie, csrf } = await app.logInAs('trigger');
    const { status, text } = await app.send('/admin/who', { headers: { Cookie } });
    expect(status).to.equal(200);
    expect(JSON.parse(text)).to.deep.equal({ caller: { name: 'trigger', role: 'trigger' }, csrf });
  });

  it('has a csrf token of its own, each', async () => {
    await using app = await openAccessApp();
    const [one, other] = [await app.logInAs('read'), await app.logInAs('read')];
    expect(one.csrf).not.to.equal(other.csrf);
    expect(one.Cookie).not.to.equal(other.Cookie);
  });

  it('is none when any of its bytes, or any of its signature, is another', async () => {
    await using app = await openAccessApp();
    const { Cookie } = await app.logInAs('admin');
    const value = valueIn(Cookie, 'stint_session');
    const signature = valueIn(Cookie, 'stint_session.sig');
    // The last digit of a signature has bits to spare in base64, but they are compared as text.
    const forged = [
      ...Array.from(value, (_, at) => [flip(value, at), signature]),
      ...Array.from(signature, (_, at) => [value, flip(signature, at)]),
      [value, ''],
      [value, signature.slice(0, -1)],
      ['', signature],
      [`${value}.`, signature],
    ];
    for (const [one, other] of forged) {
      const headers = { Cookie: `stint_session=${one}; stint_session.sig=${other}` };
      expect((await app.send('/admin/who', { headers })).status, headers.Cookie).to.equal(401);
    }
    expect((await app.send('/admin/who', { headers: { Cookie: `stint_session=${value}` } })).status).to.equal(401);
    expect(app.errors).to.deep.equal([]);
  });

  it('ends 12 hours after its log-in', async () => {
    const clock = { at: Date.UTC(2026, 0, 1), now: () => clock.at };
    await using app = await openAccessApp({ clock });
    const { Cookie } = await app.logInAs('read');
    clock.at += 12 * hourMs - 1;
    expect((await app.send('/admin/who', { headers: { Cookie } })).status).to.equal(200);
    clock.at += 1;
    expect((await app.send('/admin/who', { headers: { Cookie } })).status).to.equal(401);
  });

  it('may come from an instance whose clock is a little ahead, and no more', async () => {
    const clock = { at: Date.UTC(2026, 0, 1), now: () => clock.at };
    await using app = await openAccessApp({ clock });
    const { Cookie } = await app.logInAs('read');
    clock.at -= 60_000;
    expect((await app.send('/admin/who', { headers: { Cookie } })).status).to.equal(200);
    clock.at -= 1;
    expect((await app.send('/admin/who', { headers: { Cookie } })).status).to.equal(401);
  });

  it('is known to every instance with the same tokens in whatever order, and to no other', async () => {
    await using app = await openAccessApp();
    const { Cookie, csrf } = await app.logInAs('trigger');
    const [read, trigger, admin] = app.entries;
    await using same = await openAccessApp({ tokens: [admin!, read!, trigger!] });
    const known = await same.send('/admin/who', { method: 'POST', headers: { Cookie, 'X-CSRF-Token': csrf } });
    expect(known.status).to.equal(200);
    const changed = makeToken('read', 'read').entry;
    for (const others of [
      { tokens: [read!, admin!] },
      { tokens: [changed, trigger!, admin!] },
      { tokens: app.entries, sessionSecret: 'of this instance alone, 32 or more' },
    ]) {
      await using other = await openAccessApp(others);
      expect((await other.send('/admin/who', { headers: { Cookie } })).status).to.equal(401);
    }
  });

  it('is none when its token is configured no longer, however well it is signed', async () => {
    await using app = await openAccessApp();
    const signed = (id: string) => {
      const pair = `stint_session=${id}.${Date.now()}.${'n'.repeat(22)}`;
      return { Cookie: `${pair}; stint_session.sig=${app.access.sessions.keys.sign(pair)}` };
    };
    const [read] = app.entries;
    expect((await app.send('/admin/who', { headers: signed(tokenId(read!)) })).status).to.equal(200);
    for (const id of [tokenId(makeToken('read', 'read').entry), 'constructor', read!.sha256, '']) {
      expect((await app.send('/admin/who', { headers: signed(id) })).status, id).to.equal(401);
    }
  });

  it('has the role that its token has today', async () => {
    await using app = await openAccessApp();
    const { Cookie } = await app.logInAs('admin');
    const tokens = app.entries.map((entry) => ({ ...entry, role: 'read' as const }));
    await using later = await openAccessApp({ tokens });
    const { text } = await later.send('/admin/who', { headers: { Cookie } });
    expect(JSON.parse(text).caller).to.deep.equal({ name: 'admin', role: 'read' });
    expect((await later.send('/admin/for/trigger', { headers: { Cookie } })).status).to.equal(403);
  });

  it('is taken away by the log-out, which needs its csrf token', async () => {
    await using app = await openAccessApp();
    const { Cookie, csrf } = await app.logInAs('read');
    const refused = await app.send('/admin/logout', { method: 'POST', headers: { Cookie } });
    expect(refused.status).to.equal(403);
    expect(refused.cookies).to.deep.equal([]);
    const { status, cookies } = await app.send('/admin/logout', {
      method: 'POST',
      headers: { Cookie, 'X-CSRF-Token': csrf },
    });
    expect(status).to.equal(302);
    for (const line of cookies) expect(line).to.match(/; path=\/admin; expires=Thu, 01 Jan 1970/);
    expect(cookies.map((line) => line.split('=')[0])).to.deep.equal(['stint_session', 'stint_session.sig']);
  });

  it('is for plain http too where it is told so', async () => {
    await using app = await openAccessApp({ secureCookies: false, proxy: false });
    const { Cookie } = await app.logInAs('read');
    expect((await app.send('/admin/who', { headers: { Cookie } })).status).to.equal(200);
  });
});

describe('deriveSessionKeys', () => {
  it('gives cookies and csrf tokens keys of their own', () => {
    const keys = deriveSessionKeys([makeToken('qa', 'read').entry], '');
    expect(keys.cookies.sign('same')).not.to.equal(keys.csrf.sign('same'));
    expect(Buffer.from(keys.cookies.sign('same'), 'base64url')).to.have.lengthOf(32);
  });
});

describe('checkCsrf', () => {
  it('takes the one text that it is, and nothing else', () => {
    const session = { caller: { name: 'qa', role: 'read' as const }, csrf: 'right' };
    expect(checkCsrf(session, 'right')).to.equal(true);
    for (const wrong of ['', 'righ', 'right ', 'Right', undefined, null, 7, ['right'], { right: 1 }]) {
      expect(checkCsrf(session, wrong)).to.equal(false);
    }
  });
});
