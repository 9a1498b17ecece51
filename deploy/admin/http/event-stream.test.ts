import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { until } from '../../../harness/testing/until.ts';
import type { RunEvent } from '../schemas.ts';
import { openRaw } from '../testing/rude-client.ts';
import { streamEvents } from './event-stream.ts';

/** A source that is read from by one stream, and knows how often, and whether it was left. */
class Source {
  taken = 0;
  isLeft = false;
  readonly #events: string[] = [];
  #wake: () => void = () => undefined;

  give(...texts: readonly string[]): void {
    this.#events.push(...texts);
    this.#wake();
  }

  async *read(signal: AbortSignal): AsyncGenerator<RunEvent, void> {
    signal.addEventListener('abort', () => this.#wake());
    try {
      for (;;) {
        const json = this.#events.shift();
        if (json !== undefined) {
          this.taken += 1;
          yield { id: `${this.taken}`, event: json === 'end' ? 'end' : 'progress', json } as RunEvent;
          if (json === 'end') return;
        } else if (signal.aborted) return;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.isLeft = true;
    }
  }
}

interface SetUpOptions {
  readonly patienceMs?: number;
  /** Done before the stream begins. */
  readonly before?: (res: ServerResponse) => Promise<unknown>;
}

async function setUp({ patienceMs = 60_000, ...options }: SetUpOptions = {}) {
  const source = new Source();
  const closing = new AbortController();
  const streamed = Promise.withResolvers<void>();
  const server = createServer(async (_, res) => {
    await options.before?.(res);
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    streamEvents(res, (signal) => source.read(signal), { closing: closing.signal, patienceMs }).then(
      streamed.resolve,
      streamed.reject,
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    source,
    closing,
    /** Resolves when the stream is done. */
    streamed: streamed.promise,
    open: (reads: boolean) => openRaw(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, '/', { reads }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const large = 'x'.repeat(512 * 1_024);

describe('streamEvents', () => {
  it('writes events as they come, and ends after the last one', async () => {
    await using world = await setUp();
    using client = await world.open(true);
    world.source.give('one');
    await client.reads('id: 1\nevent: progress\ndata: one\n\n');
    world.source.give('end');
    await client.reads('id: 2\nevent: end\ndata: end\n\n');
    await world.streamed;
  });

  it('takes no more from its source while its client does not read, and cuts it off after a while', async () => {
    await using world = await setUp({ patienceMs: 300 });
    using _client = await world.open(false);
    for (let event = 0; event < 200; event += 1) world.source.give(large);
    await world.streamed;
    // What the sockets of both sides hold, and one more: of 100 MB some.
    expect(world.source.taken).to.be.lessThan(40);
    expect(world.source.isLeft).to.equal(true);
  });

  it('goes on where it was once a slow client reads', async () => {
    await using world = await setUp();
    using client = await world.open(false);
    for (let event = 0; event < 14; event += 1) world.source.give(large);
    world.source.give('end');
    await until('the sockets to be full', () => world.source.taken > 2);
    client.read();
    await client.reads('event: end');
    expect(client.text.match(/id: \d+/g)).to.have.length(15);
  });

  it('leaves its source when its client goes, in mid-event too', async () => {
    for (const reads of [true, false]) {
      await using world = await setUp();
      const client = await world.open(reads);
      for (let event = 0; event < 30; event += 1) world.source.give(large);
      await until('an event', () => world.source.taken > 0);
      client.socket.destroy();
      await world.streamed;
      expect(world.source.isLeft).to.equal(true);
    }
  });

  it('leaves its source when its client went before anything was told', async () => {
    const asked = Promise.withResolvers<void>();
    const before = (res: ServerResponse) => {
      asked.resolve();
      return once(res, 'close');
    };
    await using world = await setUp({ before });
    const client = await world.open(true);
    await asked.promise;
    client.socket.destroy();
    await world.streamed;
    expect(world.source.isLeft).to.equal(true);
  });

  it('tells what its source still has to tell when the server is being stopped', async () => {
    await using world = await setUp();
    using client = await world.open(true);
    world.source.give('one');
    await client.reads('data: one');
    world.source.give('end');
    world.closing.abort();
    await client.reads('data: end');
    await world.streamed;
    using late = await world.open(true);
    await late.reads('retry:');
  });

  it('waits for no slow client when the server is being stopped', async () => {
    await using world = await setUp();
    using client = await world.open(false);
    for (let event = 0; event < 30; event += 1) world.source.give(large);
    await until('the sockets to be full', () => world.source.taken > 2);
    world.closing.abort();
    await world.streamed;
    expect(client.socket.destroyed).to.equal(false);
  });
});
