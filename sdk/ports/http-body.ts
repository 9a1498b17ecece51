/**
 * Reads the bodies of answers.
 *
 * Guarantees: a body is taken whole or not at all, and never more of it than its limit; after an answer that is an error
 * the connection can be used again, unless its body is longer than 128 KiB.
 */
import { HttpBodyError } from '../errors.ts';
import { type KeptBody, keepBody } from '../report/exchange-log.ts';

/** What may be said of a request. */
export interface About {
  readonly method: string;
  readonly host: string;
}

type Body = AsyncIterable<Uint8Array> & { destroy(): void };

// As much as undici's own dump() would read to save the connection.
const longestErrorBytes = 128 * 1024;

/** @throws HttpBodyError when it is longer than `maxBytes` */
export async function readBody(about: About, body: Body, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) {
      body.destroy();
      throw new HttpBodyError(about, `is longer than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The beginning of a body that comes with an error. Never throws: the status says more than the end of its body. */
export async function readErrorBody(body: Body): Promise<KeptBody> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let open = false;
  try {
    for await (const chunk of body) {
      bytes += chunk.byteLength;
      chunks.push(chunk);
      open = bytes > longestErrorBytes;
      if (open) break;
    }
  } catch {
    open = true;
  }
  return keepBody(Buffer.concat(chunks).toString('utf8'), open);
}
