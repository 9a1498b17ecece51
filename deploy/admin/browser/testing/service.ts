/** A service that jobs of the browser's tests call: it refuses some items, until it is healed. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Service extends AsyncDisposable {
  readonly url: string;
  /** From now on nothing is refused. */
  heal(): void;
}

/** What it answers with: markup that must stay text. */
export const refusal = '{"reason":"<script>alert(\'body\')</script></pre><img src=x onerror=alert(1)>"}';

/** @param refuses by the item's key */
export async function openService(refuses: (key: string) => boolean): Promise<Service> {
  let isHealed = false;
  const server = createServer((request, response) => {
    const key = decodeURIComponent(request.url?.split('/').at(-1) ?? '');
    const isRefused = !isHealed && refuses(key);
    response.writeHead(isRefused ? 403 : 200, { 'content-type': 'application/json' });
    response.end(isRefused ? refusal : '{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heal() {
      isHealed = true;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
