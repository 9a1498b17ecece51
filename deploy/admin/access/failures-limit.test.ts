import { mock } from 'node:test';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { AdminError } from '../admin-error.ts';
import { FailuresLimit } from './failures-limit.ts';
import { form, openAccessApp } from './testing/access-app.ts';

const wrong = { Authorization: 'Bearer stint_wrong' };
const from = (address: string) => ({ 'X-Forwarded-For': address });

describe('FailuresLimit', () => {
  // The limiter reads the clock of the machine; its timers only free memory.
  beforeEach(() => mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 0, 1) }));
  afterEach(() => mock.timers.reset());

  it('answers 429 after 10 failures of an address, until their minute is over', async () => {
    await using app = await openAccessApp();
    for (let failure = 1; failure <= 10; failure++) {
      expect((await app.send('/admin/who', { headers: wrong })).status, String(failure)).to.equal(401);
      mock.timers.tick(1_000);
    }
    const limited = await app.send('/admin/who', { headers: wrong });
    expect(limited.status).to.equal(429);
    expect(limited.headers['retry-after']).to.equal('50');
    expect(limited.text).to.include('try again in 50 s').and.not.include('stint_wrong');
    mock.timers.tick(49_999);
    expect((await app.send('/admin/who', { headers: wrong })).headers['retry-after']).to.equal('1');
    mock.timers.tick(1);
    expect((await app.send('/admin/who', { headers: wrong })).status).to.equal(401);
  });

  it('counts log-ins and bearer tokens together, also those that can be no token', async () => {
    await using app = await openAccessApp({ limit: { failures: 4 } });
    const logIn = (body: string) => app.send('/admin/login', { method: 'POST', headers: form, body });
    expect((await logIn('token=wrong')).status).to.equal(401);
    expect((await logIn('token=a&token=b')).status).to.equal(401);
    expect((await app.send('/admin/who', { headers: wrong })).status).to.equal(401);
    expect((await app.send('/admin/who', { headers: { Authorization: 'Basic eDp5' } })).status).to.equal(401);
    expect((await logIn('token=wrong')).status).to.equal(429);
    expect((await app.send('/admin/who', { headers: wrong })).status).to.equal(429);
  });

  it('lets a good token pass from an address that is limited, by header and by log-in, and so a session', async () => {
    await using app = await openAccessApp({ limit: { failures: 1 } });
    const session = await app.logInAs('read');
    await app.send('/admin/who', { headers: wrong });
    expect((await app.send('/admin/who', { headers: wrong })).status).to.equal(429);
    const good = { Authorization: `Bearer ${app.tokens.read}` };
    expect((await app.send('/admin/who', { headers: good })).status).to.equal(200);
    expect((await app.send('/admin/who', { headers: { Cookie: session.Cookie } })).status).to.equal(200);
    expect((await app.logInAs('read')).Cookie).to.include('stint_session=');
    // And that does not pay for those that were wrong.
    expect((await app.send('/admin/who', { headers: wrong })).status).to.equal(429);
  });

  it('does not count what is good, nor what brings nothing', async () => {
    await using app = await openAccessApp({ limit: { failures: 1 } });
    for (let request = 0; request < 20; request++) {
      await app.send('/admin/who', { headers: { Authorization: `Bearer ${app.tokens.read}` } });
      await app.send('/admin/who');
      await app.send('/admin/who', { headers: { Cookie: 'stint_session=forged; stint_session.sig=forged' } });
    }
    expect((await app.send('/admin/who', { headers: wrong })).status).to.equal(401);
  });

  it('takes the word of a proxy only where one is trusted', async () => {
    await using trusting = await openAccessApp({ limit: { failures: 1 } });
    await using wary = await openAccessApp({ limit: { failures: 1 }, proxy: false, secureCookies: false });
    for (const [app, second] of [
      [trusting, 401],
      [wary, 429],
    ] as const) {
      expect((await app.send('/admin/who', { headers: { ...wrong, ...from('203.0.113.1') } })).status).to.equal(401);
      expect((await app.send('/admin/who', { headers: { ...wrong, ...from('203.0.113.2') } })).status).to.equal(second);
    }
  });

  it('is not evaded by what a client puts before the address that the proxy adds', async () => {
    await using app = await openAccessApp({ limit: { failures: 1 } });
    const statuses: number[] = [];
    for (const forged of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) {
      const headers = { ...wrong, ...from(`${forged}, 203.0.113.9`) };
      statuses.push((await app.send('/admin/who', { headers })).status);
    }
    expect(statuses).to.deep.equal([401, 429, 429]);
  });

  it('counts all of an IPv6 network as one', async () => {
    const limit = new FailuresLimit({ failures: 2 });
    await limit.count('2001:db8::1');
    await limit.count('2001:db8::2');
    const error = await limit.count('2001:db8::ffff').catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(AdminError).with.property('status', 429);
    await limit.count('2001:db8:0:1::1');
  });

  it('has no more counters than it may, and forgets no failure for that', async () => {
    const limit = new FailuresLimit({ failures: 10, counters: 8 });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 2_000 }, (_, n) => limit.count(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`)),
    );
    // Were addresses counted apart, all would pass; were old ones dropped, more would.
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).to.have.lengthOf(80);
  });
});
