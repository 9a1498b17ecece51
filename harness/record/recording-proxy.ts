/**
 * Stands between a job and a service, on a socket of its own, and keeps every exchange.
 *
 * Guarantees: requests and answers pass as they are, status, headers and body; an answer that never came, or broke off, is
 * kept as an exchange with its reason, and the job's connection is broken off in its turn. Follows no redirects.
 * Does not keep how long single parts of an answer took.
 */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { request as requestTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import type { Exchange, Header } from '../http/har.ts';

export interface RecordingProxy extends AsyncDisposable {
  /** What the job is given in place of the service's URL, path included. */
  readonly url: string;
  /** By the time that they were begun. */
  readonly exchanges: readonly Exchange[];
}

interface Kept {
  requestBody: Buffer;
  status: number;
  responseHeaders: readonly Header[];
  responseBody: Buffer;
  error: string | null;
}

// They are the connection's, not the exchange's.
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'te',
  'host',
]);

/** Starts one on a free port of 127.0.0.1. @param base the service's URL */
export async function startRecordingProxy(base: string): Promise<RecordingProxy> {
  const target = new URL(base);
  const exchanges: Exchange[] = [];
  const server = createServer((incoming, outgoing) => {
    void pass(target, incoming, outgoing).then((exchange) => exchanges.push(exchange));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${target.pathname.replace(/\/$/, '')}`,
    get exchanges() {
      return exchanges.toSorted((one, other) => one.startedAt.getTime() - other.startedAt.getTime());
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function pass(target: URL, incoming: IncomingMessage, outgoing: ServerResponse): Promise<Exchange> {
  const startedAt = new Date();
  const startedMs = performance.now();
  const url = new URL(incoming.url ?? '/', target.origin);
  const kept: Kept = {
    requestBody: Buffer.alloc(0),
    status: 0,
    responseHeaders: [],
    responseBody: Buffer.alloc(0),
    error: null,
  };
  const gone = new AbortController();
  // The job has given up: it timed out, or was told to end.
  outgoing.once('close', () => gone.abort());
  try {
    kept.requestBody = await bodyOf(incoming);
    await forward({ target, url, incoming, outgoing }, kept, gone.signal);
  } catch (error) {
    kept.error = gone.signal.aborted ? 'the job waited no longer' : codeOf(error);
    outgoing.destroy();
  }
  const encoding = kept.responseHeaders.find(({ name }) => name === 'content-encoding')?.value;
  return {
    ...kept,
    method: incoming.method ?? 'GET',
    url: url.href,
    requestHeaders: pairsOf(incoming.rawHeaders).map(({ name, value }) => ({
      name,
      value: name === 'host' ? target.host : value,
    })),
    requestBody: kept.requestBody.length === 0 ? null : kept.requestBody,
    responseBody: decode(kept.responseBody, encoding),
    startedAt,
    durationMs: performance.now() - startedMs,
  };
}

interface Passing {
  readonly target: URL;
  readonly url: URL;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

async function forward({ target, url, incoming, outgoing }: Passing, kept: Kept, signal: AbortSignal): Promise<void> {
  const { username, password } = target;
  const sent = (target.protocol === 'https:' ? requestTls : request)(url, {
    method: incoming.method ?? 'GET',
    headers: withoutHops(incoming.headers),
    ...(username === '' ? {} : { auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` }),
    signal,
  });
  const answered = once(sent, 'response');
  sent.end(kept.requestBody);
  const [answer] = (await answered) as [IncomingMessage];
  kept.responseHeaders = pairsOf(answer.rawHeaders);
  outgoing.writeHead(answer.statusCode ?? 502, withoutHops(answer.headers));
  outgoing.flushHeaders();
  const chunks: Buffer[] = [];
  for await (const chunk of answer) {
    chunks.push(chunk);
    outgoing.write(chunk);
    kept.responseBody = Buffer.concat(chunks);
  }
  kept.status = answer.statusCode ?? 502;
  outgoing.end();
  await once(outgoing, 'finish');
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function withoutHops(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.has(name)));
}

function pairsOf(raw: readonly string[]): readonly Header[] {
  const pairs: Header[] = [];
  for (let index = 0; index < raw.length; index += 2)
    pairs.push({ name: (raw[index] ?? '').toLowerCase(), value: raw[index + 1] ?? '' });
  return pairs;
}

/** A body as it was before it was packed: a case is read by people. */
function decode(body: Buffer, encoding: string | undefined): Buffer {
  try {
    if (encoding === 'gzip') return gunzipSync(body);
    if (encoding === 'br') return brotliDecompressSync(body);
    if (encoding === 'deflate') return inflateSync(body);
  } catch {
    // It broke off: what came of it is of use to nobody.
    return Buffer.alloc(0);
  }
  return body;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
}
