import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { systemClock } from '../clock.ts';
import { Effects } from '../effects.ts';
import { HttpError, InterruptedError, ItemTimeoutError, StintError } from '../errors.ts';
import { Call, currentCall } from '../loop/call.ts';
import { classifyError } from '../pace/classify.ts';
import { HttpPort, type HttpPortOptions } from './http.ts';

const secret = 'hunter2-hunter2';

/** A server that answers as it is told, and a port to ask it with. */
async function setup(answer: (response: ServerResponse) => unknown, options: Partial<HttpPortOptions> = {}) {
  const stack = new AsyncDisposableStack();
  const arrived = Promise.withResolvers<void>();
  const server = createServer((_request, response) => {
    arrived.resolve();
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  };
  stack.defer(close);
  const run = new AbortController();
  const base = { effects: new Effects(), clock: systemClock, dryRun: false, connections: 4, signal: run.signal };
  const http = stack.use(new HttpPort({ ...base, ...options }));
  return {
    http,
    run,
    close,
    arrived: arrived.promise,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const answering =
  (status: number, body = '', headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    response.writeHead(status, headers).end(body);

const silent = () => {};

const failureOf = (call: PromiseLike<unknown>): Promise<Error> =>
  Promise.resolve(call).then(
    () => expect.fail('expected an error'),
    (error: unknown) => error as Error,
  );

describe('ports/http, when it goes wrong', () => {
  it('takes any status but 2xx for an error, with a code of its own and nothing of the answer', async () => {
    for (const status of [301, 304, 400, 404, 409, 422, 429, 500, 503]) {
      await using world = await setup(answering(status, status === 304 ? '' : secret, { location: '/elsewhere' }));
      const error = await failureOf(world.http.get(`${world.url}/${secret}?${secret}`));
      const { host } = new URL(world.url);
      expect(error)
        .to.be.instanceOf(HttpError)
        .and.to.include({ status, code: `STINT_HTTP_${status}`, host, method: 'GET' });
      expect(error.message).to.equal(`expected a 2xx answer to GET from ${host}, got ${status}`);
    }
  });

  it('takes a status that is allowed for an answer', async () => {
    await using world = await setup(answering(404, 'gone'));
    const answer = await world.http.get(world.url, { allow: [404, 410] });
    expect([answer.status, answer.text()]).to.deep.equal([404, 'gone']);
    expect(await failureOf(world.http.get(world.url, { allow: [410] }))).to.have.property('status', 404);
  });

  it('passes on what Retry-After asks, in seconds or as a date', async () => {
    const inAMinute = new Date(Date.now() + 60_000).toUTCString();
    for (const [header, least, most] of [
      ['7', 7_000, 7_000],
      [inAMinute, 50_000, 60_000],
    ] as const) {
      await using world = await setup(answering(429, '', { 'retry-after': header }));
      const error = await failureOf(world.http.get(world.url));
      expect(classifyError(error).class).to.equal('throttled');
      expect((error as HttpError).retryAfterMs).to.be.within(least, most);
    }
    await using world = await setup(answering(429, '', { 'retry-after': 'soon' }));
    expect(await failureOf(world.http.get(world.url))).to.have.property('retryAfterMs', undefined);
  });

  it('tells the status though the body that came with it is too long', async () => {
    await using world = await setup(answering(503, 'x'.repeat(100_000)), { maxBodyBytes: 1_000 });
    expect(await failureOf(world.http.get(world.url))).to.have.property('code', 'STINT_HTTP_503');
  });

  it('refuses a body that is too long', async () => {
    await using world = await setup(answering(200, 'x'.repeat(100_001)), { maxBodyBytes: 100_000 });
    const error = await failureOf(world.http.get(world.url));
    expect(error).to.have.property('code', 'STINT_HTTP_BODY');
    expect(error.message).to.match(/is longer than 100000 bytes$/);
    expect(classifyError(error).class).to.equal('permanent');
    await using enough = await setup(answering(200, 'x'.repeat(100_000)), { maxBodyBytes: 100_000 });
    expect(await enough.http.get(enough.url).text()).to.have.length(100_000);
  });

  it('refuses a body that is not JSON, and does not show it', async () => {
    await using world = await setup(answering(200, `{"token": ${secret}`));
    const error = await failureOf(world.http.get(world.url).json(z.unknown()));
    expect(error).to.have.property('code', 'STINT_HTTP_BODY');
    expect(error.message).to.match(/is not JSON \(25 characters\)$/);
    expect(error.message + String(error.cause)).not.to.include('hunter2');
  });

  it('refuses JSON that does not fit its schema, says where, and does not show it', async () => {
    await using world = await setup(answering(200, JSON.stringify({ a: secret, b: [1, secret] })));
    const schema = z.object({ a: z.number(), b: z.array(z.number()), c: z.string() });
    const error = await failureOf(world.http.get(world.url).json(schema));
    expect(error).to.have.property('code', 'STINT_HTTP_BODY');
    expect(error.message).to.match(
      /does not fit its schema at a \(invalid_type\), b\.1 \(invalid_type\), c \(invalid_type\)$/,
    );
    expect(error.message + String(error.cause)).not.to.include('hunter2');
  });

  it('names the first few places only when very many do not fit', async () => {
    await using world = await setup(answering(200, JSON.stringify(Array(5_000).fill('x'))));
    const error = await failureOf(world.http.get(world.url).json(z.array(z.number())));
    expect(error.message).to.match(/at 0 \(invalid_type\), .*4 \(invalid_type\) and 4995 more$/);
  });

  it('gives up when there is no answer in time, no end of the body either', async () => {
    for (const answer of [silent, (response: ServerResponse) => response.writeHead(200).write('{')]) {
      await using world = await setup(answer);
      const error = await failureOf(world.http.get(world.url, { timeoutMs: 30 }));
      expect(error).to.have.property('code', 'STINT_HTTP_REQUEST');
      expect(error.message).to.match(/^GET to 127\.0\.0\.1:\d+ got no answer \(within 30 ms\)$/);
      expect(classifyError(error).class).to.equal('transient');
    }
  });

  it('tells of a connection that is refused, reset before the answer, or in its midst', async () => {
    await using refused = await setup(silent);
    await refused.close();
    const errors = [await failureOf(refused.http.get(refused.url))];
    for (const answer of [
      (response: ServerResponse) => response.destroy(),
      (response: ServerResponse) => {
        response.writeHead(200, { 'content-length': '100' }).write('half');
        setImmediate(() => response.destroy());
      },
    ]) {
      await using world = await setup(answer);
      errors.push(await failureOf(world.http.get(world.url)));
    }
    for (const error of errors) {
      expect(error).to.have.property('code', 'STINT_HTTP_REQUEST');
      expect(classifyError(error).class).to.equal('transient');
    }
    expect(errors[0]?.message).to.include('ECONNREFUSED');
  });

  it('ends a request with the reason of its item, or of the run', async () => {
    for (const answer of [silent, (response: ServerResponse) => response.writeHead(200).write('{')]) {
      await using world = await setup(answer);
      const call = new Call();
      const timeout = new ItemTimeoutError(1);
      const failing = failureOf(currentCall.run(call, () => world.http.get(world.url).text()));
      await world.arrived;
      call.abort(timeout);
      expect(await failing).to.equal(timeout);

      const interrupted = new InterruptedError('enough');
      const other = failureOf(world.http.get(world.url));
      world.run.abort(interrupted);
      expect(await other).to.equal(interrupted);
      expect(await failureOf(world.http.get(world.url))).to.equal(interrupted);
    }
  });

  it('takes a request that cannot be written for a mistake of the caller: nothing was sent, no retry helps', async () => {
    await using world = await setup(answering(200));
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    for (const options of [
      { json: { big: 1n } },
      { json: circular },
      { headers: { authorization: `Bearer ${secret}\n` } },
      { headers: { 'not a name': secret } },
    ]) {
      const error = await failureOf(world.http.post(world.url, options));
      expect(error).to.be.instanceOf(StintError).and.to.have.property('code', 'STINT_HTTP_ARGUMENT');
      expect(classifyError(error).class).to.equal('permanent');
      expect(error.message).not.to.include('hunter2');
    }
  });
});
