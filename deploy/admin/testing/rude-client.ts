/** Clients that do what a well-behaved one does not: they read nothing, or leave in the middle. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawClient extends Disposable {
  readonly socket: Socket;
  /** All that was read so far. */
  readonly text: string;
  /** Resolves when the connection is gone, by whomever. A client that does not read does not hear of it. */
  readonly closed: Promise<void>;
  /** Begins to read, or goes on. */
  read(): void;
  /** Waits until `text` was read; it has to read. @throws Error when the connection is gone before */
  reads(text: string): Promise<void>;
}

export interface RawRequest {
  readonly method?: 'GET' | 'POST' | 'HEAD';
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** @default true */
  readonly reads?: boolean;
}

/** Sends one request on a connection of its own. */
export async function openRaw(
  url: string,
  path: string,
  { method = 'GET', token, headers = {}, body = '', reads = true }: RawRequest = {},
): Promise<RawClient> {
  const client = await connectRaw(url, { reads });
  const lines = Object.entries({
    host: new URL(url).host,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body === '' ? {} : { 'content-type': 'application/json', 'content-length': `${Buffer.byteLength(body)}` }),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  client.socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
  return client;
}

/** Only connects. */
export async function connectRaw(url: string, { reads = true }: { reads?: boolean } = {}): Promise<RawClient> {
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname });
  socket.on('error', () => {});
  await once(socket, 'connect');
  let text = '';
  let came = Promise.withResolvers<void>();
  const tell = () => {
    came.resolve();
    came = Promise.withResolvers();
  };
  const closed = once(socket, 'close').then(tell);
  const read = () => {
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      tell();
    });
  };
  if (reads) read();
  return {
    socket,
    get text() {
      return text;
    },
    closed,
    read,
    async reads(expected) {
      // Streams may be long: what was looked through is not looked through again.
      for (let recent = text; !recent.includes(expected); ) {
        if (socket.destroyed) throw new Error(`expected "${expected}", got the end of the connection`);
        const { length } = text;
        await came.promise;
        recent = recent.slice(-expected.length) + text.slice(length);
      }
    },
    [Symbol.dispose]: () => socket.destroy(),
  };
}
