import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { connectRaw, openRaw } from '../testing/rude-client.ts';
import { Connections } from './connections.ts';

async function setUp(answer: RequestListener, { patienceMs = 60_000, drainMs = 60_000 } = {}) {
  const server = createServer(answer);
  const connections = new Connections(server, { patienceMs, drainMs });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    server,
    connections,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () => connections.drain(),
  };
}

const large = Buffer.alloc(64 * 1_024 * 1_024);

describe('Connections', () => {
  it('cuts off a client that does not take its answer, whose answer goes to nobody', async () => {
    const closed = Promise.withResolvers<boolean>();
    await using world = await setUp(
      (_, res) => {
        res.once('close', () => closed.resolve(res.writableFinished));
        res.end(large);
      },
      { patienceMs: 200 },
    );
    using _client = await openRaw(world.url, '/', { reads: false });
    expect(await closed.promise).to.equal(false);
  });

  it('leaves a client in peace that has taken its answer, or waits for one', async () => {
    const late = Promise.withResolvers<void>();
    await using world = await setUp(
      (req, res) => {
        if (req.url === '/late') void late.promise.then(() => res.end('late'));
        else res.end('now');
      },
      { patienceMs: 20 },
    );
    using kept = await openRaw(world.url, '/');
    using waiting = await openRaw(world.url, '/late');
    await kept.reads('now');
    const again = await fetch(world.url);
    await again.text();
    kept.socket.write('GET /late HTTP/1.1\r\nhost: admin\r\n\r\n');
    // Longer than anybody's patience here.
    await new Promise((resolve) => setTimeout(resolve, 100));
    late.resolve();
    await Promise.all([kept.reads('late'), waiting.reads('late')]);
  });

  it('drains at once what carries no answer: kept alive, and never used', async () => {
    const world = await setUp((_, res) => res.end('now'));
    using kept = await openRaw(world.url, '/');
    using unused = await connectRaw(world.url);
    await kept.reads('now');
    const startedMs = performance.now();
    await world.connections.drain();
    await Promise.all([kept.closed, unused.closed]);
    expect(performance.now() - startedMs).to.be.lessThan(2_000);
  });

  it('sends the answers that are on their way, and waits no longer than it may', async () => {
    const late = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const world = await setUp(
      (req, res) => {
        asked.resolve();
        if (req.url === '/late') void late.promise.then(() => res.end('late'));
      },
      { drainMs: 500 },
    );
    using waiting = await openRaw(world.url, '/late');
    using never = await openRaw(world.url, '/never');
    await asked.promise;
    const drained = world.connections.drain();
    late.resolve();
    await waiting.reads('late');
    await waiting.closed;
    expect(never.socket.destroyed).to.equal(false);
    await drained;
    await never.closed;
  });
});
