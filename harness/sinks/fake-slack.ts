/** A Slack webhook on a real socket. It takes messages, unless it is told to do something else with them. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface FakeSlack extends AsyncDisposable {
  /** The webhook; its path is the secret. */
  readonly url: string;
  /** What was posted, also what was not answered. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came
  readonly messages: readonly any[];
}

/** What it does with the n-th message, from 0. */
export type SlackAnswer = (response: ServerResponse, index: number) => void;

export const slackSecret = 'T000/B000/canary-of-the-webhook';

const take: SlackAnswer = (response) => response.end('ok');

export const slackAnswers = {
  take,
  hang: () => {},
  /** Sends its header and then nothing more. */
  hangInBody: (response: ServerResponse) => void response.writeHead(200, { 'content-length': 2 }).write('o'),
  reset: (response: ServerResponse) => response.socket?.resetAndDestroy(),
  status:
    (status: number, body = '', headers = {}): SlackAnswer =>
    (response) =>
      response.writeHead(status, headers).end(body),
} as const;

export async function startFakeSlack(
  answer: SlackAnswer = take,
  tls?: { readonly key: string; readonly cert: string },
): Promise<FakeSlack> {
  const messages: unknown[] = [];
  const server = tls === undefined ? createServer() : createTlsServer(tls);
  server.on('request', async (request, response) => {
    const index = messages.push(JSON.parse((await request.toArray()).join(''))) - 1;
    answer(response, index);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/services/${slackSecret}`,
    messages,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
