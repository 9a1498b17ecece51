import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { startRecordingProxy } from './recording-proxy.ts';

async function setup(service: RequestListener) {
  const opened = new AsyncDisposableStack();
  const server = createServer(service);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const proxy = opened.use(await startRecordingProxy(base));
  return { base, proxy, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** Until the proxy has kept so many: an answer arrives before its exchange is written down. */
async function kept(proxy: { readonly exchanges: readonly unknown[] }, count: number) {
  while (proxy.exchanges.length < count) await new Promise((resolve) => setImmediate(resolve));
}

describe('startRecordingProxy', () => {
  it('passes requests and answers as they are, and keeps both', async () => {
    await using world = await setup(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      response.writeHead(201, { 'x-seen': `${request.method} ${request.url}`, 'content-type': 'text/plain' });
      response.end(`got ${Buffer.concat(chunks)}`);
    });
    const response = await fetch(`${world.proxy.url}/things?a=1`, { method: 'POST', body: 'hello' });
    expect(response.status).to.equal(201);
    expect(response.headers.get('x-seen')).to.equal('POST /v1/things?a=1');
    expect(await response.text()).to.equal('got hello');
    await kept(world.proxy, 1);
    const [exchange] = world.proxy.exchanges;
    expect(exchange).to.include({ method: 'POST', url: `${world.base}/things?a=1`, status: 201, error: null });
    expect(String(exchange?.requestBody)).to.equal('hello');
    expect(String(exchange?.responseBody)).to.equal('got hello');
  });

  it('keeps an answer that broke off as none, and breaks the connection off as well', async () => {
    await using world = await setup((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    });
    const error = await fetch(world.proxy.url)
      .then((response) => response.text())
      .catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Error);
    await kept(world.proxy, 1);
    expect(world.proxy.exchanges[0]?.status).to.equal(0);
    expect(world.proxy.exchanges[0]?.error).to.be.a('string');
  });

  it('unpacks what it keeps, not what it passes', async () => {
    await using world = await setup((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(gzipSync('unpacked'));
    });
    const response = await fetch(world.proxy.url);
    expect(response.headers.get('content-encoding')).to.equal('gzip');
    expect(await response.text()).to.equal('unpacked');
    await kept(world.proxy, 1);
    expect(String(world.proxy.exchanges[0]?.responseBody)).to.equal('unpacked');
  });

  it('keeps a request that the job gave up on', async () => {
    const arrived = Promise.withResolvers<void>();
    await using world = await setup(() => arrived.resolve());
    const giveUp = new AbortController();
    const asking = fetch(world.proxy.url, { signal: giveUp.signal }).catch((reason: unknown) => reason);
    await arrived.promise;
    giveUp.abort();
    await asking;
    await kept(world.proxy, 1);
    expect(world.proxy.exchanges[0]).to.include({ status: 0, error: 'the job waited no longer' });
  });
});
