import { expect } from 'chai';
import { describe, it } from 'mocha';
import { openAccessApp } from './testing/access-app.ts';

const expected = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

describe('securityHeaders', () => {
  for (const path of ['/admin/login', '/admin/who', '/admin/none', '/nowhere', '/admin/assets/none.css']) {
    it(`are on the answer to ${path}`, async () => {
      await using app = await openAccessApp();
      const { headers } = await app.send(path);
      expect(headers).to.include(expected);
      expect(headers['permissions-policy'])
        .to.match(/^[a-z-]+=\(\)(, [a-z-]+=\(\))*$/)
        .and.include('camera=()');
      expect(headers).not.to.have.any.keys('x-powered-by', 'server');
    });
  }

  it('let a browser keep an asset as its route says', async () => {
    await using app = await openAccessApp();
    const { headers } = await app.send('/admin/assets/style.css');
    expect(headers).to.include({ ...expected, 'cache-control': 'public, max-age=31536000, immutable' });
  });

  it('bind to https only where that is known', async () => {
    await using trusting = await openAccessApp();
    await using wary = await openAccessApp({ proxy: false });
    const plain = { 'X-Forwarded-Proto': 'http' };
    const name = 'strict-transport-security';
    expect((await trusting.send('/admin/login')).headers[name]).to.equal('max-age=31536000');
    expect((await trusting.send('/admin/login', { headers: plain })).headers).not.to.have.property(name);
    expect((await wary.send('/admin/login')).headers).not.to.have.property(name);
  });
});
