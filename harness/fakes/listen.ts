/** A server on an address of this machine, and its end. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { FakeError } from './fake-error.ts';

export interface Address {
  /** Name or number of the interface to listen on. @default 127.0.0.1 */
  readonly host?: string;
  /** @default a free one */
  readonly port?: number;
  /** What URLs name, for clients that reach this machine by another name. @default the host */
  readonly urlHost?: string;
}

export interface Listening {
  /** Such as `http://127.0.0.1:40123`. */
  readonly origin: string;
  /** Stops accepting, destroys open connections, resolves when both are done. May be called twice. */
  readonly close: () => Promise<void>;
}

/** Starts to listen; `signal` closes the server. @throws FakeError `STINT_FAKE_PORT` */
export async function listen(
  server: Server,
  { host = '127.0.0.1', port = 0, urlHost = host }: Address,
  signal: AbortSignal | undefined,
): Promise<Listening> {
  // Idle connections are kept: a client that reuses one as the server drops it would see a reset that no test asked for.
  server.keepAliveTimeout = 0;
  server.listen(port, host);
  await once(server, 'listening').catch((error: unknown) => {
    throw cannotListen(host, port, error);
  });
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
  return { origin: `http://${urlHost.includes(':') ? `[${urlHost}]` : urlHost}:${address.port}`, close };
}

function cannotListen(host: string, port: number, cause: unknown): FakeError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'something else listens there; choose another port',
    EADDRNOTAVAIL: 'this machine has no such address; choose another host',
    EACCES: 'this account may not listen there; choose a port above 1023',
    ENOTFOUND: 'no machine has this name; choose another host',
  };
  const reason = reasons[String(code)] ?? `the system said ${String(code ?? cause)}`;
  return new FakeError('STINT_FAKE_PORT', `expected to listen on ${host}:${port}, but ${reason}`, { cause });
}
