/**
 * Between node:http and the web's Request and Response. Bodies are read and sent whole; nothing is streamed.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

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

/** Sends a response with its body; `Response.error()`, which has no status, resets the connection instead. */
export function sendResponse(response: Response, body: Uint8Array, outgoing: ServerResponse): void {
  if (response.type === 'error') {
    outgoing.destroy();
    return;
  }
  outgoing.statusCode = response.status;
  if (response.statusText !== '') outgoing.statusMessage = response.statusText;
  for (const [name, value] of response.headers) if (name !== 'set-cookie') outgoing.setHeader(name, value);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) outgoing.setHeader('set-cookie', cookies);
  outgoing.end(body);
}
