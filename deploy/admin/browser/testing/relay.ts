/** Stands before a service, and lets so many of the requests to it pass: a run that asks it stands still in its middle, as long as needed. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request as send } from 'undici';
import { Gate } from './gate.ts';

export interface Relay extends AsyncDisposable {
  readonly url: string;
  readonly gate: Gate;
  /** Refuses the next so many that pass. */
  refuse(count: number): void;
}

export async function openRelay(target: string): Promise<Relay> {
  const gate = new Gate();
  let refusals = 0;
  const server = createServer((request, response) => {
    // Who does not wait any longer has gone.
    pass(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    await gate.pass(gone.signal);
    if (refusals > 0) {
      refusals -= 1;
      response.writeHead(403, { 'content-type': 'application/problem+json' });
      response.end('{"title":"Forbidden","status":403,"detail":"this payment is under review"}');
      return;
    }
    const { host: _, connection: __, ...headers } = request.headers;
    const answer = await send(`${target}${request.url}`, { headers, signal: gone.signal });
    const body = await answer.body.text();
    const { connection: ___, 'transfer-encoding': ____, ...answered } = answer.headers;
    response.writeHead(answer.statusCode, answered).end(body);
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    gate,
    refuse(count) {
      refusals += count;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
