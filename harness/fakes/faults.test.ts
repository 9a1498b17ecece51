import { connect } from 'node:net';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { HttpResponse, http } from 'msw';
import { z } from 'zod';
import { defineFake, type FakeClock, FakeError, type Fault, type FaultMatch, startFake } from './index.ts';

const counter = defineFake({
  name: 'counter',
  state: z.strictObject({ count: z.number().default(0) }),
  routes: (state) => [
    http.get('/things/:id', ({ params }) => HttpResponse.json({ id: params.id, name: 'a thing that has a name' })),
    http.post('/things', () => {
      state.count += 1;
      return HttpResponse.json({ count: state.count }, { status: 201 });
    }),
    http.delete('/things/:id', () => new HttpResponse(null, { status: 204 })),
  ],
});

async function setUp(clock?: FakeClock) {
  const fake = await startFake(counter, { state: {}, ...(clock && { clock }) });
  const ask = async (path: string, init?: RequestInit): Promise<string> => {
    try {
      const answer = await fetch(`${fake.url}${path}`, init);
      return `${answer.status} ${await answer.text()}`;
    } catch (error) {
      const cause = (error as Error).cause as { code?: string } | undefined;
      return `${(error as Error).name} ${cause?.code ?? (error as Error).message}`;
    }
  };
  return { fake, ask, [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose]() };
}

const things: FaultMatch = { path: '/things/:id' };
const whole = '200 {"id":"1","name":"a thing that has a name"}';

/** The bytes of an answer as they come, and how their connection ends. */
async function bytesOf(url: string, path: string) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  let error = 'none';
  socket.on('error', (reason: NodeJS.ErrnoException) => {
    error = reason.code ?? reason.name;
  });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  // Not once(): an error is what some of them are meant to end with.
  await new Promise((resolve) => socket.on('close', resolve));
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return { body, length: Number(/content-length: (\d+)/i.exec(head)?.[1]), error };
}

describe('faults of a fake', () => {
  it('answers with a status, a body and headers', async () => {
    await using world = await setUp();
    world.fake.fault(
      { path: '/things/1' },
      { kind: 'status', status: 418, body: { tea: true }, headers: { 'x-pot': 'yes' } },
    );
    world.fake.fault({ path: '/things/2' }, { kind: 'status', status: 502, body: '<html>bad gateway</html>' });
    world.fake.fault({ path: '/things/3' }, { kind: 'status', status: 503 });
    world.fake.fault({ path: '/things/4' }, { kind: 'status', status: 204 });
    const tea = await fetch(`${world.fake.url}/things/1`);
    expect([tea.status, tea.headers.get('x-pot'), await tea.json()]).to.deep.equal([418, 'yes', { tea: true }]);
    expect(await world.ask('/things/2')).to.equal('502 <html>bad gateway</html>');
    expect(await world.ask('/things/3')).to.equal('503 {"title":"a fault of the fake","status":503}');
    expect(await world.ask('/things/4')).to.equal('204 ');
    world.fake.assertNoUnhandled();
  });

  it('answers late, by the clock of the fake', async () => {
    const waited: string[] = [];
    const clock: FakeClock = {
      monotonicMs: () => 0,
      sleep: async (ms, _signal, call) => void waited.push(`${call} ${ms}`),
      hang: () => new Promise(() => {}),
      noteAnswer() {},
    };
    await using world = await setUp(clock);
    world.fake.fault(things, { kind: 'latency', ms: 90_000 });
    expect(await world.ask('/things/1')).to.equal(whole);
    expect(waited).to.deep.equal(['GET /things/1 90000']);
  });

  it('never answers, until its client leaves', async () => {
    await using world = await setUp();
    world.fake.fault(things, { kind: 'hang' });
    const leave = new AbortController();
    const asked = world.ask('/things/1', { signal: leave.signal });
    expect(await world.ask('/things', { method: 'POST' })).to.equal('201 {"count":1}');
    leave.abort();
    expect(await asked).to.include('AbortError');
    world.fake.assertNoUnhandled();
  });

  it('resets the connection before an answer', async () => {
    await using world = await setUp();
    world.fake.fault({ path: '/things', method: 'POST' }, { kind: 'reset' });
    expect(await world.ask('/things', { method: 'POST' })).to.match(/^TypeError (ECONNRESET|UND_ERR_SOCKET)$/);
    expect(world.fake.state.count, 'it has done nothing').to.equal(0);
    expect(world.fake.calls.all[0]?.status).to.equal(undefined);
  });

  it('resets it in the middle of a body, when the work is done', async () => {
    await using world = await setUp();
    world.fake.fault({ path: '/things', method: 'POST' }, { kind: 'reset-mid-body' });
    expect(await world.ask('/things', { method: 'POST' })).to.match(
      /^TypeError (ECONNRESET|UND_ERR_SOCKET|terminated)$/,
    );
    expect(world.fake.state.count).to.equal(1);
    world.fake.fault(things, { kind: 'reset-mid-body' });
    const { body, length, error } = await bytesOf(world.fake.url, '/things/1');
    expect(length).to.equal(whole.length - 4);
    expect(body.length).to.be.lessThan(length);
    expect(error).to.equal('ECONNRESET');
    expect(await world.ask('/things/1', { method: 'DELETE' }), 'without a body').to.match(/^TypeError/);
  });

  it('closes it in good order in the middle of a body', async () => {
    await using world = await setUp();
    world.fake.fault(things, { kind: 'truncated' });
    const { body, length, error } = await bytesOf(world.fake.url, '/things/1');
    expect(body).to.equal(whole.slice(4, 4 + Math.floor(length / 2)));
    expect(error).to.equal('none');
    expect(await world.ask('/things/1')).to.match(/^TypeError (UND_ERR_SOCKET|terminated)$/);
  });

  it('answers with a body that is no JSON, whole as it may seem', async () => {
    await using world = await setUp();
    world.fake.fault(things, { kind: 'malformed-json' });
    const answer = await fetch(`${world.fake.url}/things/1`);
    const text = await answer.text();
    expect(answer.status).to.equal(200);
    expect(text).to.include('{{"id":"1"');
    expect(() => JSON.parse(text)).to.throw(SyntaxError);
  });

  it('throttles with Retry-After', async () => {
    await using world = await setUp();
    world.fake.fault(things, { kind: 'throttle', retryAfterSeconds: 600 });
    const answer = await fetch(`${world.fake.url}/things/1`);
    expect([answer.status, answer.headers.get('retry-after')]).to.deep.equal([429, '600']);
  });

  it('flaps: some fail, some work, and so on', async () => {
    await using world = await setUp();
    const flapping = world.fake.fault({ ...things, after: 1 }, { kind: 'flapping', fail: 2, work: 1 });
    const statuses: string[] = [];
    for (let call = 0; call < 8; call += 1) statuses.push((await world.ask('/things/1')).slice(0, 3));
    expect(statuses).to.deep.equal(['200', '503', '503', '200', '503', '503', '200', '503']);
    expect(flapping.hits).to.equal(5);
  });

  it('is meant for so many calls of a method and a path, after so many others', async () => {
    await using world = await setUp();
    const fault = world.fake.fault(
      { method: 'GET', path: '/things/*', after: 1, times: 2 },
      { kind: 'status', status: 500 },
    );
    const statuses: string[] = [];
    for (let call = 0; call < 5; call += 1) {
      await world.ask('/things', { method: 'POST' });
      statuses.push((await world.ask(`/things/${call}`)).slice(0, 3));
    }
    expect(statuses).to.deep.equal(['200', '500', '500', '200', '200']);
    expect(fault.hits).to.equal(2);
    expect(world.fake.state.count).to.equal(5);
  });

  it('gives way to the one that was added first, and comes back after it', async () => {
    await using world = await setUp();
    world.fake.fault({ ...things, times: 1 }, { kind: 'status', status: 501 });
    world.fake.fault(things, { kind: 'status', status: 502 });
    expect([await world.ask('/things/1'), await world.ask('/things/1')].map((text) => text.slice(0, 3))).to.deep.equal([
      '501',
      '502',
    ]);
  });

  it('is taken back by its handle, at the end of its block, and with all others', async () => {
    await using world = await setUp();
    const down = { kind: 'status', status: 500 } as const;
    const handle = world.fake.fault(things, down);
    handle.remove();
    expect(await world.ask('/things/1')).to.equal(whole);
    {
      using _fault = world.fake.fault(things, down);
      expect(await world.ask('/things/1')).to.match(/^500/);
    }
    expect(await world.ask('/things/1')).to.equal(whole);
    world.fake.fault(things, down);
    world.fake.clearFaults();
    expect(await world.ask('/things/1')).to.equal(whole);
  });

  it('is there from the start when the fake is started with it, and again after a reset', async () => {
    await using fake = await startFake(counter, {
      state: {},
      faults: [{ path: '/things/1', times: 1, fault: { kind: 'status', status: 500 } }],
    });
    const status = async () => (await fetch(`${fake.url}/things/1`)).status;
    expect([await status(), await status()]).to.deep.equal([500, 200]);
    fake.reset();
    expect([await status(), await status()]).to.deep.equal([500, 200]);
  });

  it('is refused when it does not fit, with the field and not its value', async () => {
    await using world = await setUp();
    const refused = (match: object, fault: object) => {
      try {
        world.fake.fault(match as FaultMatch, fault as Fault);
        return 'taken';
      } catch (error) {
        expect(error).to.be.instanceOf(FakeError).with.property('code', 'STINT_FAKE_BAD_FAULT');
        return String(error);
      }
    };
    expect(refused({ path: 'things' }, { kind: 'hang' })).to.include('path: expected a path');
    expect(refused({ path: '/a', method: 'get' }, { kind: 'hang' })).to.include(
      'method: expected a method in capitals',
    );
    expect(refused({ path: '/a', times: 0 }, { kind: 'hang' })).to.include('times:');
    expect(refused({ path: '/a' }, { kind: 'explode' })).to.include('fault.kind:');
    expect(refused({ path: '/a' }, { kind: 'status', status: 'sesame' }))
      .to.include('fault.status:')
      .and.not.include('sesame');
    expect(refused({ path: '/a' }, { kind: 'hang', hurry: true })).to.include('hurry');
  });
});
