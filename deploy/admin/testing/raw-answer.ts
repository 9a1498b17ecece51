/** Answers as they are on the wire: for those who send what no client would. */

export interface RawAnswer {
  readonly status: number;
  /** By their names in lower case; of those that come more than once the last. */
  readonly headers: Readonly<Record<string, string>>;
  /** `name=value` of each that is set. */
  readonly cookies: readonly string[];
  readonly body: string;
}

/**
 * The first answer in `bytes`, past those that are interim, and what comes after it; undefined: it is not whole yet.
 * @param isEnd nothing more will come
 * @throws Error for what is no answer
 */
export function readAnswer(
  bytes: Buffer,
  { isHead, isEnd }: { readonly isHead: boolean; readonly isEnd: boolean },
): { readonly answer: RawAnswer; readonly rest: Buffer } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [line = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const [, digits] = /^HTTP\/1\.1 (\d{3}) [ -~]*$/.exec(line) ?? [];
  if (digits === undefined) throw new Error(`expected the line of a status, got ${JSON.stringify(line)}`);
  const headers: Record<string, string> = Object.create(null);
  const cookies: string[] = [];
  for (const text of lines) {
    const [, name = '', value = ''] = /^([\w-]+): ?(.*)$/s.exec(text) ?? [];
    if (name === '') throw new Error(`expected a header, got ${JSON.stringify(text)}`);
    headers[name.toLowerCase()] = value;
    if (name.toLowerCase() === 'set-cookie') cookies.push(value.split(';')[0] ?? '');
  }
  const status = Number(digits);
  const after = bytes.subarray(end + 4);
  if (status < 200) return readAnswer(after, { isHead, isEnd });
  const taken = isHead || status === 204 || status === 304 ? none(after) : takeBody(after, headers, isEnd);
  return taken && { answer: { status, headers, cookies, body: taken.body.toString() }, rest: taken.rest };
}

interface Taken {
  readonly body: Buffer;
  readonly rest: Buffer;
}

function none(rest: Buffer): Taken {
  return { body: Buffer.alloc(0), rest };
}

function takeBody(bytes: Buffer, headers: Readonly<Record<string, string>>, isEnd: boolean): Taken | undefined {
  if (headers['transfer-encoding'] === 'chunked') return takeChunks(bytes);
  const length = headers['content-length'];
  if (length === undefined) {
    // As of an answer that the server writes by hand before it ends the connection.
    return isEnd ? { body: bytes, rest: Buffer.alloc(0) } : undefined;
  }
  if (bytes.length < Number(length)) return undefined;
  return { body: bytes.subarray(0, Number(length)), rest: bytes.subarray(Number(length)) };
}

function takeChunks(bytes: Buffer): Taken | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const begin = lineEnd + 2;
    if (bytes.length < begin + size + 2) return undefined;
    parts.push(bytes.subarray(begin, begin + size));
    at = begin + size + 2;
    if (size === 0) return { body: Buffer.concat(parts), rest: bytes.subarray(at) };
  }
}
