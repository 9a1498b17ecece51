/**
 * The server that the admin's app answers on.
 *
 * Guarantees: a request that comes too slowly is ended, 408; one that is no HTTP is answered by 4xx and the end of its connection; every
 * other one reaches the app.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** Whoever sends slower than this is not served. */
export interface ServerTimeouts {
  /** For all of a request, in ms. @default 30_000 */
  readonly requestMs?: number;
  /** For its headers, in ms. @default 15_000 */
  readonly headersMs?: number;
  /** How long a connection is kept without a request, in ms. @default 65_000 */
  readonly keepAliveMs?: number;
  /** How often requests are looked at, in ms: so much later they may end. @default 1_000 */
  readonly checkEveryMs?: number;
}

export function makeServer(
  app: (request: IncomingMessage, response: ServerResponse) => unknown,
  { requestMs = 30_000, headersMs = 15_000, keepAliveMs = 65_000, checkEveryMs = 1_000 }: ServerTimeouts = {},
): Server {
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    // After a request that asks for another protocol Node's parser drops what came in the same packet, and tells of no error later on:
    // behind a proxy that shares connections that would be somebody else's request.
    if (request.headers.upgrade !== undefined) response.setHeader('connection', 'close');
    void app(request, response);
  };
  const server = createServer(
    {
      requestTimeout: requestMs,
      headersTimeout: headersMs,
      keepAliveTimeout: keepAliveMs,
      connectionsCheckingInterval: checkEveryMs,
    },
    answer,
  );
  // An expectation that nobody knows is passed by, not refused past all that answers have to have.
  server.on('checkExpectation', answer);
  return server;
}
