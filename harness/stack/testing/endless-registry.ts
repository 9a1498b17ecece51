/** A registry on loopback, for tests: an image whose only layer is sent for ever, a little at a time. Engines ask loopback without TLS. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const dripEveryMs = 5;
const manifestType = 'application/vnd.docker.distribution.manifest.v2+json';

export interface EndlessRegistry extends AsyncDisposable {
  readonly image: string;
  /** Resolves when the layer is being sent. */
  readonly pulling: Promise<void>;
  /** Resolves when whoever was sent the layer has hung up. */
  readonly hungUp: Promise<void>;
}

export async function openEndlessRegistry(): Promise<EndlessRegistry> {
  const layer = digestOf('never sent whole');
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [layer] } });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: 'application/vnd.docker.container.image.v1+json', ...sized(config) },
    layers: [{ mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', size: 2 ** 30, digest: layer }],
  });
  const pulling = Promise.withResolvers<void>();
  const hungUp = Promise.withResolvers<void>();
  const send = (response: ServerResponse, type: string, text: string) =>
    response
      .writeHead(200, { 'content-type': type, 'content-length': text.length, 'docker-content-digest': digestOf(text) })
      .end(text);
  const server = createServer(({ url = '' }, response) => {
    if (url === '/v2/') send(response, 'application/json', '{}');
    else if (url.includes('/manifests/')) send(response, manifestType, manifest);
    else if (!url.endsWith(layer)) send(response, 'application/octet-stream', config);
    else {
      response.writeHead(200, { 'content-length': 2 ** 30 });
      const drip = setInterval(() => response.write('drip'), dripEveryMs);
      response.on('close', () => {
        clearInterval(drip);
        hungUp.resolve();
      });
      pulling.resolve();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    image: `127.0.0.1:${(server.address() as AddressInfo).port}/stint/endless:1`,
    pulling: pulling.promise,
    hungUp: hungUp.promise,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const sized = (text: string) => ({ size: text.length, digest: digestOf(text) });
