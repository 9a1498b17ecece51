/** A server on a free port of 127.0.0.1, and its end. */
import { once } from 'node:events';
import type { Server } from 'node:http';

export interface Listening {
  /** Such as `http://127.0.0.1:40123`. */
  readonly origin: string;
  /** Stops accepting, destroys open connections, resolves when both are done. May be called twice. */
  readonly close: () => Promise<void>;
}

/** Starts to listen; `signal` closes the server. */
export async function listen(server: Server, signal: AbortSignal | undefined): Promise<Listening> {
  // Idle connections are kept: a client that reuses one as the server drops it would see a reset that no test asked for.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('expected the server to have a port');

  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= new Promise((resolve) => {
      signal?.removeEventListener('abort', close);
      server.close(() => resolve());
      server.closeAllConnections();
    });
    return closed;
  };
  signal?.addEventListener('abort', close, { once: true });
  if (signal?.aborted) await close();
  signal?.throwIfAborted();
  return { origin: `http://127.0.0.1:${address.port}`, close };
}
