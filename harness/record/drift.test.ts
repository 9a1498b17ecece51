import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Case } from '../fixture/index.ts';
import type { Exchange } from '../http/har.ts';
import { findDrift } from './drift.ts';

const base = 'http://rates.invalid/v1';

function recorded(method: string, path: string, body: unknown, status = 200): Exchange {
  return {
    method,
    url: `${base}${path}`,
    requestHeaders: [
      { name: 'authorization', value: 'Bearer recorded-RATES_KEY' },
      { name: 'cookie', value: '[redacted]' },
    ],
    requestBody: method === 'GET' ? null : Buffer.from('{}'),
    status,
    responseHeaders: [{ name: 'content-type', value: 'application/json' }],
    responseBody: Buffer.from(JSON.stringify(body)),
    error: null,
    startedAt: new Date(0),
    durationMs: 1,
  };
}

/** A live service, and a case that was recorded of it. */
async function setup(exchanges: readonly Exchange[], answers: Readonly<Record<string, unknown>>) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    const answer = answers[request.url ?? ''];
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify(answer ?? {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/live`;
  const testCase = { http: { RATES_API_URL: { url: base, exchanges } } } as unknown as Case;
  const environment = { RATES_API_URL: url, RATES_KEY: 'the-real-key' };
  return {
    requests,
    find: (options = {}) => findDrift(testCase, { environment, pauseMs: 0, ...options }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('findDrift', () => {
  it('finds none where only values differ', async () => {
    await using world = await setup([recorded('GET', '/a', { rate: 1, tags: ['x'] })], {
      '/live/a': { rate: 2.5, tags: [] },
    });
    expect(await world.find()).to.deep.equal({ asked: 1, left: 0, changes: [] });
  });

  it('tells fields that are gone, new or of another type, by path and without a value', async () => {
    const before = { rate: 1, info: { day: 'monday' }, list: [{ id: 1 }] };
    await using world = await setup([recorded('GET', '/a', before), recorded('GET', '/b', before)], {
      '/live/a': { rate: 'secret-value', info: {}, list: [{ id: 1, extra: true }] },
      '/live/b': { rate: 'secret-value', info: { day: 'friday' }, list: [{ id: 1 }] },
    });
    const { changes } = await world.find();
    expect(changes).to.deep.equal([
      { what: '$.info.day is gone', requests: 1, example: 'GET /a' },
      { what: '$.list[].extra is new', requests: 1, example: 'GET /a' },
      { what: '$.rate was number, is string', requests: 2, example: 'GET /a' },
    ]);
    expect(JSON.stringify(changes)).to.not.include('secret-value');
  });

  it('takes no field for a new one, or a gone one, that only some answers have', async () => {
    await using world = await setup(
      [recorded('GET', '/a', { note: null }), recorded('GET', '/b', { note: 'x', by: 'y' })],
      {
        '/live/a': { note: 'now', by: 'z' },
        '/live/b': { note: null, by: 'y' },
      },
    );
    expect((await world.find()).changes).to.deep.equal([]);
  });

  it('tells another status', async () => {
    await using world = await setup([recorded('GET', '/a', {})], {});
    expect((await world.find()).changes).to.deep.equal([
      { what: 'status was 200, is 404', requests: 1, example: 'GET /a' },
    ]);
  });

  it('sends the real secret in place of the made-up one, and nothing that was blanked', async () => {
    await using world = await setup([recorded('GET', '/a', {})], { '/live/a': {} });
    await world.find();
    expect(world.requests[0]?.headers).to.include({ authorization: 'Bearer the-real-key' });
    expect(world.requests[0]?.headers).to.not.have.property('cookie');
  });

  it('sends writes only when it is told to', async () => {
    await using world = await setup([recorded('POST', '/a', {})], { '/live/a': {} });
    expect(await world.find()).to.deep.equal({ asked: 0, left: 1, changes: [] });
    expect(world.requests).to.deep.equal([]);
    expect(await world.find({ writes: true })).to.deep.equal({ asked: 1, left: 0, changes: [] });
  });

  it('refuses to begin when a service is not in the environment', async () => {
    await using world = await setup([recorded('GET', '/a', {})], {});
    const error = await world.find({ environment: {} }).catch((reason: unknown) => reason);
    expect(String(error)).to.include('RATES_API_URL');
  });
});
