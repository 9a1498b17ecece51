import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { payments } from './payments.ts';
import { startFake } from './start-fake.ts';

describe('payments fake', () => {
  const opened: AsyncDisposable[] = [];

  afterEach(async () => {
    for (const fake of opened.splice(0)) await fake[Symbol.asyncDispose]();
  });

  async function setup() {
    const fake = await startFake(payments, {
      state: {
        apiKey: 'test-key',
        payments: {
          pay_1: { status: 'settled' },
          pay_2: { status: 'pending' },
          pay_3: { status: 'failed', throttled: 1, retryAfterSeconds: 2, failures: 2 },
          pay_4: { status: 'settled', failures: 'always' },
        },
      },
    });
    opened.push(fake);
    const ask = (reference: string, key = 'test-key') =>
      fetch(`${fake.url}/payments/${reference}`, { headers: { authorization: `Bearer ${key}` } });
    return { fake, ask };
  }

  it('tells the status of a payment, and the new one after a test changed it', async () => {
    const { fake, ask } = await setup();
    expect(await (await ask('pay_1')).json()).to.deep.equal({ reference: 'pay_1', status: 'settled' });
    expect(await (await ask('pay_2')).json()).to.deep.equal({ reference: 'pay_2', status: 'pending' });
    fake.reset();
    const second = fake.state.payments.pay_2;
    if (second !== undefined) second.status = 'failed';
    expect(await (await ask('pay_2')).json()).to.deep.equal({ reference: 'pay_2', status: 'failed' });
    fake.assertNoUnhandled();
  });

  it('throttles first, fails next, then answers', async () => {
    const { fake, ask } = await setup();
    const throttled = await ask('pay_3');
    expect([throttled.status, throttled.headers.get('retry-after')]).to.deep.equal([429, '2']);
    expect([(await ask('pay_3')).status, (await ask('pay_3')).status]).to.deep.equal([500, 500]);
    expect(await (await ask('pay_3')).json()).to.deep.equal({ reference: 'pay_3', status: 'failed' });
    expect(fake.state.payments.pay_3?.asked).to.equal(4);
  });

  it('fails each time when told so', async () => {
    const { ask } = await setup();
    for (let attempt = 0; attempt < 5; attempt += 1) expect((await ask('pay_4')).status).to.equal(500);
  });

  it('answers 404 for unknown references, names of the prototype included', async () => {
    const { fake, ask } = await setup();
    expect([(await ask('pay_9')).status, (await ask('constructor')).status]).to.deep.equal([404, 404]);
    fake.assertNoUnhandled();
  });

  it('answers 401 on a missing or wrong key and does not count the request against the payment', async () => {
    const { fake, ask } = await setup();
    expect((await ask('pay_3', 'other')).status).to.equal(401);
    expect((await fetch(`${fake.url}/payments/pay_3`)).status).to.equal(401);
    expect(fake.state.payments.pay_3?.asked).to.equal(0);
  });

  it('waits as long as it is told before each answer', async () => {
    const { fake, ask } = await setup();
    fake.state.latencyMs = 20;
    await ask('pay_1');
    const [call] = fake.calls.all;
    // A timer of Node may fire up to a millisecond early.
    expect((call?.finishedAtMs ?? 0) - (call?.startedAtMs ?? 0)).to.be.at.least(19);
  });
});
