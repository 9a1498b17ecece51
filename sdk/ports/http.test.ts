import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { systemClock } from '../clock.ts';
import { type Effect, Effects } from '../effects.ts';
import { StintError } from '../errors.ts';
import { Call, currentCall } from '../loop/call.ts';
import { WorkItem } from '../loop/item.ts';
import { SegmentProgress } from '../loop/segment-progress.ts';
import { openRunWorld } from '../testing/run-world.ts';
import { HttpPort, type HttpPortOptions } from './http.ts';

const secret = 'hunter2-hunter2';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

type Answer = (request: Seen, response: ServerResponse) => unknown;

/** A server that answers as it is told, and a port to ask it with. */
async function setup(answer: Answer, options: Partial<HttpPortOptions> = {}) {
  const stack = new AsyncDisposableStack();
  const seen: Seen[] = [];
  const effects: Effect[] = [];
  let connections = 0;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method = '', url = '', headers, rawHeaders } = request;
    const asked = { method, url, headers, rawHeaders, body };
    seen.push(asked);
    await answer(asked, response);
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stack.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  const run = new AbortController();
  const watching = new Effects([
    (effect, next) => {
      effects.push(effect);
      return next();
    },
  ]);
  const http = stack.use(
    new HttpPort({
      effects: watching,
      clock: systemClock,
      dryRun: false,
      signal: run.signal,
      connections: 4,
      ...options,
    }),
  );
  return {
    http,
    run,
    seen,
    effects,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const answering =
  (status: number, body = '', headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    response.writeHead(status, headers).end(body);

const failureOf = (call: PromiseLike<unknown>): Promise<StintError> =>
  Promise.resolve(call).then(
    () => expect.fail('expected an error'),
    (error: unknown) => {
      expect(error).to.be.instanceOf(StintError);
      return error as StintError;
    },
  );

function itemOf(key: string): WorkItem<string> {
  const page = { items: [key], readMsOf: () => 0, cursorOf: () => 0 };
  const segment = new SegmentProgress<string>({ resumedAfter: undefined, suspects: 0, inFlight: 1 });
  const home = { runId: 'run', keyRoot: 'run', loopName: 'loop', keyOf: (value: string) => value, segment };
  return new WorkItem(home, page, 0);
}

describe('ports/http', () => {
  it('gives the answer to any 2xx, with its text, its JSON and its headers', async () => {
    await using world = await setup(answering(201, '{"a":1}', { 'x-test': 'yes' }));
    const answer = await world.http.get(`${world.url}/path?q=1`);
    expect([answer.status, answer.text(), answer.headers['x-test']]).to.deep.equal([201, '{"a":1}', 'yes']);
    const schema = z.object({ a: z.number() });
    expect(answer.json(schema)).to.deep.equal({ a: 1 });
    expect(await world.http.get(world.url).json(schema)).to.deep.equal({ a: 1 });
    expect(await world.http.get(world.url).text()).to.equal('{"a":1}');
    expect(world.seen[0]).to.include({ method: 'GET', url: '/path?q=1', body: '' });
    expect(world.seen[0]?.headers.accept).to.equal('application/json');
  });

  it('sends each method with its body, through the door', async () => {
    await using world = await setup(answering(200));
    await world.http.head(world.url);
    await world.http.post(world.url, { json: { a: 'ü' } });
    await world.http.put(world.url, { body: 'plain', headers: { 'content-type': 'text/plain' } });
    await world.http.patch(world.url, { json: null });
    await world.http.delete(world.url);
    expect(world.seen.map(({ method, body }) => `${method} ${body}`)).to.deep.equal([
      'HEAD ',
      'POST {"a":"ü"}',
      'PUT plain',
      'PATCH null',
      'DELETE ',
    ]);
    expect(world.seen.map(({ headers }) => headers['content-type'])).to.deep.equal([
      undefined,
      'application/json',
      'text/plain',
      'application/json',
      undefined,
    ]);
    const target = new URL(world.url).host;
    expect(world.effects[0]).to.deep.equal({ kind: 'http', operation: 'HEAD', target, write: false });
    expect(world.effects.map(({ write }) => write)).to.deep.equal([false, true, true, true, true]);
  });

  it('lets a header of the caller replace its own, however it is written', async () => {
    await using world = await setup(answering(200));
    await world.http.post(world.url, { json: {}, headers: { Accept: 'text/csv', 'Content-Type': 'application/x' } });
    const names = world.seen[0]?.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
    expect(names?.filter((name) => name === 'accept' || name === 'content-type')).to.have.length(2);
    expect(world.seen[0]?.headers).to.include({ accept: 'text/csv', 'content-type': 'application/x' });
  });

  it('sends the item’s idempotency key on writes, the same in each attempt, and none on reads', async () => {
    await using world = await setup(answering(200));
    const item = itemOf('a');
    const send = () =>
      currentCall.run(item, async () => {
        await world.http.get(world.url);
        await world.http.post(world.url);
      });
    await send();
    item.renew();
    await send();
    await currentCall.run(itemOf('b'), () => world.http.post(world.url).text());
    await currentCall.run(new Call(), () => world.http.post(world.url).text());
    await world.http.post(world.url);
    const keys = world.seen.map(({ headers }) => headers['idempotency-key']);
    expect([keys[0], keys[2], keys[5], keys[6]]).to.deep.equal([undefined, undefined, undefined, undefined]);
    expect(keys[1]).to.be.a('string').and.equal(keys[3]);
    expect(keys[4]).to.be.a('string').and.not.equal(keys[1]);
  });

  it('refuses writes in a dry run, and lets reads pass', async () => {
    await using world = await setup(answering(200, 'ok'), { dryRun: true });
    expect(await world.http.get(world.url).text()).to.equal('ok');
    await world.http.head(world.url);
    for (const method of ['post', 'put', 'patch', 'delete'] as const) {
      const error = await failureOf(world.http[method](`${world.url}/${secret}`));
      expect(error.code).to.equal('STINT_DRY_RUN_WRITE');
      expect(error.message).to.equal(`dry run: would write ${method.toUpperCase()} ${new URL(world.url).host}`);
    }
    expect(world.seen).to.have.length(2);
  });

  it('counts what a dry run would write, and what it reads as calls', async () => {
    await using world = await setup(answering(200, '"ok"'));
    const { host } = new URL(world.url);
    const { start, source } = openRunWorld();
    const summary = await start(
      (ctx) =>
        ctx.each(source(3), async (value, item) => {
          await ctx.http.get(world.url);
          if (value < 2) await ctx.http.post(world.url);
          item.count('sent');
        }),
      { dryRun: true, clock: systemClock } as object,
    );
    expect(summary.items).to.include({ succeeded: 1, skipped: 2, failed: 0 });
    expect(summary.skipped).to.deep.equal({ 'would write': 2 });
    expect(summary.wouldWrite).to.deep.equal({ [`POST ${host}`]: 2 });
    expect(world.seen.map(({ method }) => method)).to.deep.equal(['GET', 'GET', 'GET']);
  });

  it('opens no more connections to an origin than it may, and uses them again', async () => {
    let inside = 0;
    let most = 0;
    await using world = await setup(async (_request, response) => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 2));
      inside -= 1;
      response.end();
    });
    await Promise.all(Array.from({ length: 40 }, () => world.http.get(world.url).text()));
    expect(most).to.be.within(2, 4);
    expect(world.connections()).to.be.at.most(4);
  });

  it('refuses a URL that is none, and does not show it', async () => {
    await using world = await setup(answering(200));
    for (const url of ['', secret, `/${secret}`, `ftp://${secret}/`, `file:///${secret}`, `http://`]) {
      const error = await failureOf(world.http.get(url));
      expect(error.code).to.equal('STINT_HTTP_URL');
      expect(error.message).not.to.include('hunter2');
    }
    expect(world.effects).to.deep.equal([]);
  });
});
