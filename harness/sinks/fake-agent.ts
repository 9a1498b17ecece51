/**
 * A Datadog agent on real sockets: takes traces over HTTP, and metrics over UDP, or over HTTP when it is told to.
 *
 * Everything else that a tracer asks it for is answered with 404, as by an old agent.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeMsgpack } from './decode-msgpack.ts';

export interface ReceivedSpan {
  readonly name: string;
  readonly service: string;
  readonly resource: string;
  readonly trace_id: bigint | number;
  readonly span_id: bigint | number;
  readonly parent_id: bigint | number;
  /** Ns since the epoch. */
  readonly start: bigint | number;
  /** Ns. */
  readonly duration: bigint | number;
  readonly error: number;
  readonly meta: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, number>>;
}

export interface ReceivedMetric {
  readonly name: string;
  readonly value: number;
  /** `c`: a count, `d`: a distribution. */
  readonly type: string;
  /** In order. */
  readonly tags: readonly string[];
}

export interface FakeAgentOptions {
  /** What it does with requests. @default answers them */
  readonly behaviour?: 'answer' | 'hang' | 'reset' | 'refuse';
  /** Whether it takes metrics over HTTP. @default false: over UDP */
  readonly takesMetricsOverHttp?: boolean;
}

export interface FakeAgent extends AsyncDisposable {
  /** Variables that lead a task here. */
  readonly environment: Readonly<Record<string, string>>;
  readonly spans: readonly ReceivedSpan[];
  /** Of the application: what the client tells of itself is left out. */
  readonly metrics: readonly ReceivedMetric[];
  /** Paths that were asked for, in order, and `udp` for a datagram. */
  readonly asked: readonly string[];
  /** What the values of a metric add up to, of those whose tags hold all of `tags`. */
  sum(name: string, ...tags: readonly string[]): number;
}

export async function startFakeAgent({
  behaviour = 'answer',
  takesMetricsOverHttp = false,
}: FakeAgentOptions = {}): Promise<FakeAgent> {
  const spans: ReceivedSpan[] = [];
  const metrics: ReceivedMetric[] = [];
  const asked: string[] = [];
  const noteMetrics = (text: string) => metrics.push(...parseMetrics(text));
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { url = '' } = request;
    asked.push(url);
    const body = Buffer.concat(await request.toArray());
    if (behaviour === 'hang') return;
    if (behaviour === 'reset') return void request.socket.resetAndDestroy();
    if (behaviour === 'refuse') return void response.writeHead(500).end();
    if (url.endsWith('/traces')) {
      spans.push(...(decodeMsgpack(body) as ReceivedSpan[][]).flat());
      return void response.end(JSON.stringify({ rate_by_service: {} }));
    }
    const isMetrics = takesMetricsOverHttp && url === '/dogstatsd/v2/proxy';
    if (isMetrics) noteMetrics(body.toString());
    response.writeHead(isMetrics ? 200 : 404).end();
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 2 ** 20 });
  socket.on('message', (datagram) => {
    asked.push('udp');
    noteMetrics(datagram.toString());
  });
  socket.bind(0, '127.0.0.1');
  await Promise.all([once(server, 'listening'), once(socket, 'listening')]);
  const { port } = server.address() as AddressInfo;
  return {
    environment: {
      DD_TRACE_AGENT_URL: `http://127.0.0.1:${port}`,
      DD_DOGSTATSD_HOST: '127.0.0.1',
      DD_DOGSTATSD_PORT: `${socket.address().port}`,
    },
    spans,
    metrics,
    asked,
    sum: (name, ...tags) =>
      metrics
        .filter((metric) => metric.name === name && tags.every((tag) => metric.tags.includes(tag)))
        .reduce((sum, { value }) => sum + value, 0),
    async [Symbol.asyncDispose]() {
      socket.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** `name:1|c|#tag:a,tag:b|c:…` */
function parseMetrics(text: string): readonly ReceivedMetric[] {
  return text.split('\n').flatMap((line) => {
    const [, name, value, type = '', tags = ''] = /^([^:]+):([^|]+)\|(\w+)(?:\|#([^|]*))?/.exec(line) ?? [];
    if (name === undefined || name.startsWith('datadog.')) return [];
    return [{ name, value: Number(value), type, tags: tags.split(',').filter(Boolean).sort() }];
  });
}
