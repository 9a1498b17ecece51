import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { HttpResponse, http } from 'msw';
import { z } from 'zod';
import { defineFake } from './fake.ts';
import { FakeError } from './fake-error.ts';
import { type RunningFake, type StartFakeOptions, startFake } from './start-fake.ts';

interface Gate {
  readonly entered: PromiseWithResolvers<void>;
  readonly open: PromiseWithResolvers<void>;
}

const gates = new Map<string, Gate>();

const counter = defineFake({
  name: 'counter',
  state: z.strictObject({ count: z.number().default(0) }),
  routes: (state) => [
    http.get('/count', () => HttpResponse.json({ count: state.count })),
    http.post('/count', async ({ request }) => {
      state.count += z.object({ by: z.number() }).parse(await request.json()).by;
      return new HttpResponse(null, { status: 204, headers: { 'set-cookie': 'a=1' } });
    }),
    http.get('/throws', () => {
      throw new TypeError('a handler went wrong');
    }),
    http.get('/resets', () => HttpResponse.error()),
    http.get<{ gate: string }>('/waits/:gate', async ({ params }) => {
      const gate = gates.get(params.gate);
      gate?.entered.resolve();
      await gate?.open.promise;
      return HttpResponse.text('opened');
    }),
  ],
});

type Counter = RunningFake<{ count: number }, { count?: number | undefined }>;

describe('startFake', () => {
  const started: Counter[] = [];

  afterEach(async () => {
    for (const gate of gates.values()) gate.open.resolve();
    gates.clear();
    for (const fake of started.splice(0)) await fake[Symbol.asyncDispose]();
  });

  async function setup(options: Partial<StartFakeOptions<{ count?: number | undefined }>> = {}): Promise<Counter> {
    const fake = await startFake(counter, { state: { count: 1 }, ...options });
    started.push(fake);
    return fake;
  }

  function addGate(name: string): Gate {
    const gate = { entered: Promise.withResolvers<void>(), open: Promise.withResolvers<void>() };
    gates.set(name, gate);
    return gate;
  }

  it('answers from its live state', async () => {
    const fake = await setup();
    fake.state.count = 41;
    const answer = await fetch(`${fake.url}/count`, { method: 'POST', body: '{"by":1}' });
    expect(answer.status).to.equal(204);
    expect(answer.headers.getSetCookie()).to.deep.equal(['a=1']);
    expect(await (await fetch(`${fake.url}/count`)).json()).to.deep.equal({ count: 42 });
  });

  it('records each call without its query, body or auth header', async () => {
    const fake = await setup();
    const headers = { authorization: 'Bearer sesame', 'idempotency-key': 'key-1' };
    await fetch(`${fake.url}/count?token=sesame`, { headers });
    await fetch(`${fake.url}/count`, { method: 'POST', headers, body: '{"by":1,"note":"sesame"}' });
    const [first, second] = fake.calls.all;
    expect(first).to.include({ method: 'GET', path: '/count', status: 200, idempotencyKey: 'key-1' });
    expect(second).to.include({ method: 'POST', path: '/count', status: 204 });
    expect(first?.finishedAtMs).to.be.at.least(first?.startedAtMs ?? Number.NaN);
    expect(JSON.stringify(fake.calls.all)).not.to.contain('sesame');
    expect(fake.calls.count()).to.equal(2);
    expect(fake.calls.count('POST')).to.equal(1);
    expect(fake.calls.count('GET', '/other')).to.equal(0);
    expect(fake.calls.byStatus).to.deep.equal({ 200: 1, 204: 1 });
    expect([...fake.calls.idempotencyKeys]).to.deep.equal([['key-1', 2]]);
  });

  it('knows how many calls were open at one time', async () => {
    const fake = await setup();
    const names = ['a', 'b', 'c'];
    const opened = names.map(addGate);
    const answers = names.map((name) => fetch(`${fake.url}/waits/${name}`));
    await Promise.all(opened.map((gate) => gate.entered.promise));
    for (const gate of opened) gate.open.resolve();
    await Promise.all(answers);
    await fetch(`${fake.url}/count`);
    expect(fake.calls.peakConcurrency).to.equal(3);
    expect(fake.calls.peakPerSecond).to.equal(4);
  });

  it('answers 501 and remembers a request that no route answers', async () => {
    const fake = await setup();
    const answer = await fetch(`${fake.url}/nowhere`, { method: 'DELETE' });
    expect(answer.status).to.equal(501);
    expect(await answer.text()).to.contain('no route for DELETE /nowhere');
    expect(fake.unhandled).to.have.length(1);
    expect(() => fake.assertNoUnhandled())
      .to.throw(FakeError, 'DELETE /nowhere')
      .with.property('code', 'STINT_FAKE_UNHANDLED');
  });

  it('answers 500 when a handler throws, and rethrows its error when asked', async () => {
    const fake = await setup();
    expect((await fetch(`${fake.url}/throws`)).status).to.equal(500);
    expect(() => fake.assertNoUnhandled()).to.throw(TypeError, 'a handler went wrong');
  });

  it('resets the connection when a handler answers with a network error', async () => {
    const fake = await setup();
    const failed = await fetch(`${fake.url}/resets`).catch((error: unknown) => error);
    expect(failed).to.be.instanceOf(TypeError);
    expect(fake.calls.all[0]).to.include({ status: undefined });
  });

  it('goes on serving when a client leaves before its answer', async () => {
    const fake = await setup();
    const gate = addGate('left');
    const leave = new AbortController();
    const left = fetch(`${fake.url}/waits/left`, { signal: leave.signal }).catch((error: unknown) => error);
    await gate.entered.promise;
    leave.abort();
    await left;
    gate.open.resolve();
    expect((await fetch(`${fake.url}/count`)).status).to.equal(200);
    fake.assertNoUnhandled();
  });

  it('goes on serving when a client breaks off in the middle of its body', async () => {
    const fake = await setup();
    const socket = connect(Number(new URL(fake.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write('POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"by"');
    socket.destroy();
    await once(socket, 'close');
    expect((await fetch(`${fake.url}/count`)).status).to.equal(200);
    fake.assertNoUnhandled();
  });

  it('forgets calls and begins again with its first state when reset', async () => {
    const fake = await setup();
    fake.state.count = 9;
    await fetch(`${fake.url}/nowhere`);
    fake.reset();
    expect(fake.state.count).to.equal(1);
    expect(fake.calls.all).to.deep.equal([]);
    fake.assertNoUnhandled();
    fake.reset({});
    expect(await (await fetch(`${fake.url}/count`)).json()).to.deep.equal({ count: 0 });
  });

  it('lets a middleware answer instead', async () => {
    const fake = await setup({
      middleware: [async (request, next) => (request.method === 'GET' ? Response.json('other') : next())],
    });
    expect(await (await fetch(`${fake.url}/count`)).json()).to.equal('other');
    expect((await fetch(`${fake.url}/count`, { method: 'POST', body: '{"by":1}' })).status).to.equal(204);
  });

  it('refuses a state that does not fit, naming the field and not its value', async () => {
    const failed = await startFake(counter, { state: JSON.parse('{"count":"sesame"}') }).catch(
      (error: unknown) => error,
    );
    expect(failed).to.be.instanceOf(FakeError).with.property('code', 'STINT_FAKE_BAD_STATE');
    expect(String(failed)).to.contain('state.count').and.not.to.contain('sesame');
  });

  it('destroys open connections when it is closed', async () => {
    const fake = await setup();
    const gate = addGate('closing');
    const open = fetch(`${fake.url}/waits/closing`).catch((error: unknown) => error);
    await gate.entered.promise;
    await fake[Symbol.asyncDispose]();
    expect(await open).to.be.instanceOf(TypeError);
    expect(await fetch(`${fake.url}/count`).catch((error: unknown) => error)).to.be.instanceOf(TypeError);
  });

  it('closes when its signal aborts', async () => {
    const stop = new AbortController();
    const fake = await setup({ signal: stop.signal });
    stop.abort();
    await fake[Symbol.asyncDispose]();
    expect(await fetch(`${fake.url}/count`).catch((error: unknown) => error)).to.be.instanceOf(TypeError);
  });
});
