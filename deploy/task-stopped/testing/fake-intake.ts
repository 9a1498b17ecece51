/** Datadog's API and Secrets Manager, each on a real socket of its own. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What it does with the n-th request, from 0. */
export type Answer = (response: ServerResponse, index: number) => void;

export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came
  readonly body: any;
}

export interface FakeServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
}

export const answers = {
  take: (response: ServerResponse) => void response.writeHead(202).end('{"errors":[]}'),
  complain: (response: ServerResponse) => void response.writeHead(202).end('{"errors":["canary of a complaint"]}'),
  hang: () => {},
  /** Sends its header and then nothing more. */
  hangInBody: (response: ServerResponse) => void response.writeHead(202, { 'content-length': 20 }).write('{'),
  reset: (response: ServerResponse) => void response.socket?.resetAndDestroy(),
  status:
    (status: number, headers: Readonly<Record<string, string>> = {}): Answer =>
    (response) =>
      response.writeHead(status, headers).end('{"errors":["canary of a refusal"]}'),
  /** One after the other; the last one for all that come after it. */
  each:
    (...list: readonly Answer[]): Answer =>
    (response, index) =>
      list[Math.min(index, list.length - 1)]?.(response, index),
  secret:
    (text: string): Answer =>
    (response) =>
      response.end(JSON.stringify({ Name: 'datadog', SecretString: text })),
  awsError:
    (status: number, type: string): Answer =>
    (response) =>
      response.writeHead(status, { 'x-amzn-errortype': type }).end(JSON.stringify({ __type: type, message: 'no' })),
} as const;

export async function startFake(answer: Answer): Promise<FakeServer> {
  const requests: ReceivedRequest[] = [];
  const listener: RequestListener = async (request, response) => {
    const body = JSON.parse((await request.toArray()).join(''));
    answer(response, requests.push({ path: request.url ?? '', headers: request.headers, body }) - 1);
  };
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
