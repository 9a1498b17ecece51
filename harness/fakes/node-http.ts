/**
 * Between node:http and the web's Request and Response. Bodies are read and sent whole; nothing is streamed.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer, BodyEnd } from './play-fault.ts';

/** Reads a whole request. Rejects if its client leaves before it is complete. */
export async function readRequest(incoming: IncomingMessage, origin: string, signal: AbortSignal): Promise<Request> {
  const method = incoming.method ?? 'GET';
  const headers = new Headers();
  for (let index = 0; index + 1 < incoming.rawHeaders.length; index += 2) {
    headers.append(incoming.rawHeaders[index] ?? '', incoming.rawHeaders[index + 1] ?? '');
  }
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const hasBody = method !== 'GET' && method !== 'HEAD' && chunks.length > 0;
  return new Request(urlOf(incoming, origin), {
    method,
    headers,
    signal,
    ...(hasBody && { body: Buffer.concat(chunks) }),
  });
}

/** The absolute URL that was asked for. A path of two slashes stays a path. */
export function urlOf(incoming: IncomingMessage, origin: string): string {
  const target = incoming.url ?? '/';
  if (target.startsWith('/')) return origin + target;
  return URL.canParse(target) ? target : `${origin}/${target}`;
}

/** Sends an answer; `Response.error()`, which has no status, resets the connection instead. */
export function sendAnswer({ response, body, end }: Answer, outgoing: ServerResponse): void {
  if (response.type === 'error') {
    reset(outgoing);
    return;
  }
  outgoing.statusCode = response.status;
  if (response.statusText !== '') outgoing.statusMessage = response.statusText;
  for (const [name, value] of response.headers) if (name !== 'set-cookie') outgoing.setHeader(name, value);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) outgoing.setHeader('set-cookie', cookies);
  if (end === 'whole') outgoing.end(body);
  else sendHalf(body, end, outgoing);
}

/** Promises the whole body, and sends half of it. */
function sendHalf(body: Uint8Array, end: BodyEnd, outgoing: ServerResponse): void {
  outgoing.removeHeader('transfer-encoding');
  outgoing.setHeader('content-length', body.length);
  const half = body.subarray(0, Math.floor(body.length / 2));
  outgoing.flushHeaders();
  outgoing.write(half, () => {
    if (end === 'reset') reset(outgoing);
    else outgoing.socket?.end();
  });
}

function reset({ socket }: ServerResponse): void {
  socket?.resetAndDestroy();
}
