import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { charges } from './charges.ts';
import { startFake } from './start-fake.ts';

describe('charges fake', () => {
  const opened: AsyncDisposable[] = [];

  afterEach(async () => {
    for (const fake of opened.splice(0)) await fake[Symbol.asyncDispose]();
  });

  async function setup() {
    const fake = await startFake(charges, { state: {} });
    opened.push(fake);
    const charge = (invoice: string, key?: string) =>
      fetch(`${fake.url}/charges`, {
        method: 'POST',
        body: JSON.stringify({ invoice, amount: 5 }),
        headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) },
      });
    const timesOf = async (invoice: string) => (await fetch(`${fake.url}/charges/${invoice}`)).json();
    return { fake, charge, timesOf };
  }

  it('charges once for a key, however often it is asked', async () => {
    const { charge, timesOf } = await setup();
    for (const key of ['k-1', 'k-1', 'k-2']) expect((await charge('i-1', key)).status).to.equal(200);
    expect(await timesOf('i-1')).to.deep.equal({ invoice: 'i-1', times: 2 });
  });

  it('charges each time without one', async () => {
    const { charge, timesOf } = await setup();
    for (let time = 0; time < 3; time += 1) await charge('i-1');
    expect(await timesOf('i-1')).to.deep.equal({ invoice: 'i-1', times: 3 });
  });

  it('refuses what is no charge', async () => {
    const { fake } = await setup();
    const answers = await Promise.all(
      ['{"invoice":"i-1"}', 'no JSON'].map((body) => fetch(`${fake.url}/charges`, { method: 'POST', body })),
    );
    expect(answers.map(({ status }) => status)).to.deep.equal([422, 422]);
  });

  it('has the charges in its books, whatever their keys', async () => {
    const { fake, charge } = await setup();
    await charge('i-2', 'a');
    await charge('i-1', 'b');
    expect(fake.books).to.deep.equal([
      { invoice: 'i-1', amount: 5 },
      { invoice: 'i-2', amount: 5 },
    ]);
  });
});
