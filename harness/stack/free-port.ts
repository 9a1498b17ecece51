/**
 * A port of 127.0.0.1 that the kernel says is free. It can be taken again before its user binds it: whoever hands it
 * to a server must be ready to ask for another one.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';

export async function chooseFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string')
    throw new TypeError('expected a TCP address of a listening server');
  return address.port;
}
