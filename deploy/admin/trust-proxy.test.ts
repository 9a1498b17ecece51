import { expect } from 'chai';
import { describe, it } from 'mocha';
import { openStand, type StandAdmin } from './testing/stand.ts';

const wrong = (address: string) => ({ headers: { authorization: 'Bearer wrong', 'x-forwarded-for': address } });

/** What a wrong token of this address is answered with, once another address has used up its failures. */
async function answerToAnother(admin: StandAdmin): Promise<number> {
  for (let failure = 0; failure < 11; failure += 1) await admin.get('/admin/jobs', wrong('192.0.2.1'));
  expect((await admin.get('/admin/jobs', wrong('192.0.2.1'))).status).to.equal(429);
  return (await admin.get('/admin/jobs', wrong('192.0.2.2'))).status;
}

/** What the log-in of a page is answered with that came by https, as the proxy says. */
async function answerToHttps({ admin, post }: StandAdmin): Promise<number> {
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    origin: `https://${new URL(admin.url).host}`,
    'x-forwarded-proto': 'https',
    'x-forwarded-for': '192.0.2.3',
  };
  return (await post('/admin/login', 'token=wrong', { headers })).status;
}

describe('the word of a proxy', function trustTests() {
  this.timeout(60_000);

  it('counts when it is trusted', async () => {
    await using stand = await openStand({ trustProxy: true });
    expect(await answerToHttps(stand)).to.equal(401);
    expect(await answerToAnother(stand)).to.equal(401);
  });

  it('does not count otherwise', async () => {
    await using stand = await openStand();
    expect(await answerToHttps(stand)).to.equal(403);
    expect(await answerToAnother(stand)).to.equal(429);
  });
});
