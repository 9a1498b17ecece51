/**
 * HTTP exchanges as HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/): what a browser's developer tools open.
 *
 * An exchange that had no answer has status 0 and says why in `response._error`, as browsers write it. Bodies are text, or
 * base64 where they are not UTF-8. Cookies are headers here; the format's own lists of them stay empty.
 */
import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { readJsonFile } from '../fixture/json-file.ts';

/** One request and what came of it. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly requestHeaders: readonly Header[];
  readonly requestBody: Uint8Array | null;
  /** 0: no answer came. */
  readonly status: number;
  readonly responseHeaders: readonly Header[];
  readonly responseBody: Uint8Array;
  /** Why no answer came, or not a whole one. */
  readonly error: string | null;
  readonly startedAt: Date;
  readonly durationMs: number;
}

export interface Header {
  readonly name: string;
  readonly value: string;
}

const header = z.looseObject({ name: z.string(), value: z.string() });
const entry = z.looseObject({
  startedDateTime: z.iso.datetime({ offset: true }),
  time: z.number().default(0),
  request: z.looseObject({
    method: z.string().regex(/^[A-Z]+$/, 'expected a method in capitals'),
    url: z.url(),
    headers: z.array(header).default([]),
    postData: z.looseObject({ text: z.string().default(''), encoding: z.literal('base64').optional() }).optional(),
  }),
  response: z.looseObject({
    status: z.int().min(0).max(599),
    headers: z.array(header).default([]),
    content: z
      .looseObject({ text: z.string().default(''), encoding: z.literal('base64').optional() })
      .default({ text: '' }),
    _error: z.string().nullish(),
  }),
});
const har = z.looseObject({ log: z.looseObject({ entries: z.array(entry) }) });

/** @throws FixtureError with file, line and reason */
export async function readHar(file: string): Promise<readonly Exchange[]> {
  const { log } = await readJsonFile(file, har);
  return log.entries.map(({ startedDateTime, time, request, response }) => ({
    method: request.method,
    url: request.url,
    requestHeaders: request.headers,
    requestBody: request.postData === undefined ? null : decode(request.postData),
    status: response.status,
    responseHeaders: response.headers,
    responseBody: decode(response.content),
    error: response._error ?? null,
    startedAt: new Date(startedDateTime),
    durationMs: time,
  }));
}

function decode({ text, encoding }: { readonly text: string; readonly encoding?: 'base64' | undefined }): Buffer {
  return Buffer.from(text, encoding ?? 'utf8');
}

/** The text of a HAR file. `version` is Stint's. */
export function formatHar(exchanges: readonly Exchange[], version = '0.1.0'): string {
  const creator = { name: 'Stint', version };
  return `${JSON.stringify({ log: { version: '1.2', creator, pages: [], entries: exchanges.map(toEntry) } }, null, 2)}\n`;
}

function toEntry(exchange: Exchange): object {
  const {
    startedAt,
    durationMs,
    method,
    url,
    requestHeaders,
    requestBody,
    status,
    responseHeaders,
    responseBody,
    error,
  } = exchange;
  const time = Math.round(durationMs);
  return {
    startedDateTime: startedAt.toISOString(),
    time,
    request: {
      method,
      url,
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: requestHeaders,
      queryString: [...new URL(url).searchParams].map(([name, value]) => ({ name, value })),
      headersSize: -1,
      bodySize: requestBody?.length ?? 0,
      ...(requestBody !== null && { postData: { mimeType: typeOf(requestHeaders), ...encode(requestBody) } }),
    },
    response: {
      status,
      statusText: '',
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: responseHeaders,
      content: { size: responseBody.length, mimeType: typeOf(responseHeaders), ...encode(responseBody) },
      redirectURL: headerOf(responseHeaders, 'location') ?? '',
      headersSize: -1,
      bodySize: responseBody.length,
      ...(error !== null && { _error: error }),
    },
    cache: {},
    timings: { send: 0, wait: time, receive: 0 },
    // Or else developer tools guess from the body's type, and call JSON a script.
    _resourceType: 'fetch',
  };
}

function encode(body: Uint8Array): { readonly text: string; readonly encoding?: 'base64' } {
  const bytes = Buffer.from(body);
  return isUtf8(bytes) ? { text: bytes.toString('utf8') } : { text: bytes.toString('base64'), encoding: 'base64' };
}

function typeOf(headers: readonly Header[]): string {
  return headerOf(headers, 'content-type') ?? '';
}

function headerOf(headers: readonly Header[], wanted: string): string | undefined {
  return headers.find(({ name }) => name.toLowerCase() === wanted)?.value;
}
