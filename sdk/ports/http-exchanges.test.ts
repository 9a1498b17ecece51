import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { systemClock } from '../clock.ts';
import { Effects } from '../effects.ts';
import { DryRunWrite, HttpBodyError, HttpError, ItemTimeoutError, RequestError } from '../errors.ts';
import { Call, currentCall } from '../loop/call.ts';
import type { CutBody } from '../report/exchange-log.ts';
import { redactExchanges } from '../report/redact.ts';
import { HttpPort, type HttpPortOptions, type RequestOptions } from './http.ts';

type Answer = (response: ServerResponse, request: IncomingMessage) => unknown;

/** A server that answers as it is told, and a call on whose behalf it is asked. */
async function setup(answer: Answer, options: Partial<HttpPortOptions> = {}) {
  const stack = new AsyncDisposableStack();
  const arrived = Promise.withResolvers<void>();
  let connections = 0;
  const server = createServer((request, response) => {
    arrived.resolve();
    answer(response, request);
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stack.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  const signal = new AbortController().signal;
  const base = { effects: new Effects(), clock: systemClock, dryRun: false, connections: 1, signal };
  const http = stack.use(new HttpPort({ ...base, ...options }));
  const call = new Call();
  return {
    http,
    call,
    arrived: arrived.promise,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    /** Asks within the call; gives the error that came of it. */
    ask(method: 'get' | 'post', path = '/', requestOptions?: RequestOptions): Promise<unknown> {
      const send = async () => http[method](`${this.url}${path}`, requestOptions).text();
      return currentCall.run(call, send).then(
        () => undefined,
        (error: unknown) => error,
      );
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const answering =
  (status: number, body = '', headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(status, headers).end(body);

const last = (call: Call) => call.exchanges!.exchanges.at(-1)!;

describe('ports/http, the exchanges of a call', () => {
  it('keeps what was asked and answered, as it is', async () => {
    await using world = await setup(answering(201, '{"b":2}', { 'x-test': 'yes' }));
    const before = Date.now();
    await world.ask('post', '/pay?x=1', { json: { a: 1 }, headers: { Authorization: 'Bearer t' } });
    const exchange = last(world.call);
    expect(exchange.request).to.include({ method: 'POST', body: '{"a":1}' });
    expect(exchange.request.url.href).to.equal(`${world.url}/pay?x=1`);
    expect(exchange.request.headers).to.include({ authorization: 'Bearer t', 'content-type': 'application/json' });
    expect(exchange.request.startedAtMs).to.be.within(before, Date.now());
    expect(exchange).to.include({ requestBody: '{"a":1}', status: 201, body: '{"b":2}', error: undefined });
    expect(exchange.headers).to.include({ 'x-test': 'yes' });
    expect(exchange.durationMs).to.be.within(0, 5_000);
  });

  it('keeps the body of an error, though the error itself does not show it', async () => {
    await using world = await setup(answering(422, '{"reason":"no such account"}'));
    const error = await world.ask('get');
    expect(error)
      .to.be.instanceOf(HttpError)
      .and.to.have.all.keys('name', 'code', 'status', 'method', 'host', 'retryAfterMs');
    expect((error as Error).message).not.to.include('account');
    expect(last(world.call)).to.include({ status: 422, body: '{"reason":"no such account"}', error: undefined });
  });

  it('keeps the beginning of a long body, and uses the connection again', async () => {
    await using world = await setup((response, { url }) =>
      answering(url === '/bad' ? 500 : 200, 'ä'.repeat(20_000))(response, null!),
    );
    for (const path of ['/bad', '/', '/bad'] as const) {
      await world.ask('post', path, { body: 'x'.repeat(17_000) });
      const { body, requestBody, request } = last(world.call);
      expect(body).to.deep.equal({ text: 'ä'.repeat(16_384), more: 3_616, open: false });
      expect(requestBody).to.deep.equal({ text: 'x'.repeat(16_384), more: 616, open: false });
      expect(request.body).to.equal(null);
    }
    expect(world.connections()).to.equal(1);
  });

  it('gives up on an error’s body that does not end, or breaks off, and still tells the status', async () => {
    await using endless = await setup((response) => {
      response.writeHead(500);
      const more = () => response.write('x'.repeat(65_536), (error) => error || setImmediate(more));
      more();
    });
    expect(await endless.ask('get')).to.have.property('code', 'STINT_HTTP_500');
    expect(last(endless.call).body).to.include({ text: 'x'.repeat(16_384), open: true });
    await using broken = await setup((response) => {
      response.writeHead(500, { 'content-length': '100' }).write('half', () => response.destroy());
    });
    expect(await broken.ask('get')).to.have.property('code', 'STINT_HTTP_500');
    expect(last(broken.call).body as CutBody).to.include({ text: 'half', open: true });
  });

  it('keeps why no answer came, or none that was taken', async () => {
    await using silent = await setup(() => {});
    const error = await silent.ask('get', '/', { timeoutMs: 20 });
    expect(error).to.be.instanceOf(RequestError);
    expect(last(silent.call)).to.include({ error, status: null, body: null });

    await using long = await setup(answering(200, 'x'.repeat(100)), { maxBodyBytes: 10 });
    expect(await long.ask('get')).to.be.instanceOf(HttpBodyError);
    expect(last(long.call).error).to.be.instanceOf(HttpBodyError);
    expect(last(long.call)).to.include({ status: 200, body: null });
  });

  it('keeps the reason when the item was ended', async () => {
    await using world = await setup(() => {});
    const timeout = new ItemTimeoutError(1);
    const asking = world.ask('get');
    await world.arrived;
    world.call.abort(timeout);
    expect(await asking).to.equal(timeout);
    expect(last(world.call).error).to.equal(timeout);
    expect(redactExchanges(world.call.exchanges, [])[0]?.error).to.equal(timeout.message);
  });

  it('keeps the last five, over all attempts', async () => {
    await using world = await setup(answering(200));
    for (let attempt = 1; attempt <= 3; attempt++) {
      await world.ask('get', `/${attempt}/a`);
      await world.ask('get', `/${attempt}/b`);
      world.call.renew();
    }
    const paths = world.call.exchanges?.exchanges.map(({ request }) => request.url.pathname);
    expect(paths).to.deep.equal(['/1/b', '/2/a', '/2/b', '/3/a', '/3/b']);
  });

  it('gives a copy that goes on by itself', async () => {
    await using world = await setup(answering(200));
    await world.ask('get', '/1');
    const copy = world.call.exchanges?.copy();
    await world.ask('get', '/2');
    expect(copy?.exchanges).to.have.length(1);
    expect(copy?.exchanges[0]).to.equal(world.call.exchanges?.exchanges[0]);
  });

  it('keeps nothing of requests that were not made, nor outside calls', async () => {
    await using world = await setup(answering(200, '1'), { dryRun: true });
    expect(await world.ask('post')).to.be.instanceOf(DryRunWrite);
    expect(await world.http.get(world.url).json(z.number())).to.equal(1);
    expect(world.call.exchanges).to.equal(undefined);
  });

  it('shows no secret that was sent or answered', async () => {
    const secret = 'Zq9-hunter2-hunter2';
    await using world = await setup(
      answering(401, `{"message":"unknown key ${secret}"}`, { 'set-cookie': `s=${secret}` }),
    );
    await world.ask('post', `/${secret}?key=${secret}`, {
      json: { secret },
      headers: { authorization: `Bearer ${secret}` },
    });
    const [shown] = redactExchanges(world.call.exchanges, [secret]);
    expect(JSON.stringify(shown)).not.to.include('hunter2');
    expect(shown).to.include({
      url: `${world.url}/[redacted]?key=[redacted]`,
      status: 401,
      requestBody: '{"secret":"[redacted]"}',
      responseBody: '{"message":"unknown key [redacted]"}',
      error: null,
    });
  });
});
