/**
 * `ctx.http`: requests to other services.
 *
 * Guarantees: one connection pool an origin, at most `connections` wide; a request ends with its item (signal, time) and
 * is counted by host; a status other than 2xx is an `HttpError` unless the call allows it; writes carry the item's
 * `Idempotency-Key`; a dry run sends reads only. Follows no redirects, keeps no cookies, and never retries by itself:
 * that is the item loop's business. What a handler sends and is answered is kept with its call (`exchange-log.ts`), in
 * case its item fails.
 * Does not guarantee that a write whose answer was lost did not happen.
 */
import type { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Effects } from '../effects.ts';
import { DryRunWrite, HttpBodyError, HttpError, RequestError, StintError } from '../errors.ts';
import { type Call, currentCall } from '../loop/call.ts';
import { type Exchange, ExchangeLog, keepBody } from '../report/exchange-log.ts';
import { type About, readBody, readErrorBody } from './http-body.ts';
import { HttpClient } from './http-client.ts';
import { parseRetryAfter } from './retry-after.ts';

export interface RequestOptions {
  /** Beside those that are sent anyway: accept, content-type, idempotency-key. @default none */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON with its content type. @default no body */
  readonly json?: unknown;
  /** Sent as it is, when there is no `json`. @default no body */
  readonly body?: string;
  /** Statuses besides 2xx that are answers, not errors. @default none */
  readonly allow?: readonly number[];
  /** Time for the whole exchange, in ms. @default 30_000 */
  readonly timeoutMs?: number;
}

/** An answer that has arrived whole. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  text(): string;
  /** The body as JSON, checked by `schema`. @throws HttpBodyError when it is no JSON or does not fit */
  json<TBody>(schema: z.ZodType<TBody>): TBody;
}

/** An answer on its way: await it, or ask for its body at once. */
export interface HttpCall extends PromiseLike<HttpResponse> {
  text(): Promise<string>;
  json<TBody>(schema: z.ZodType<TBody>): Promise<TBody>;
}

export interface Http {
  get(url: string, options?: RequestOptions): HttpCall;
  head(url: string, options?: RequestOptions): HttpCall;
  post(url: string, options?: RequestOptions): HttpCall;
  put(url: string, options?: RequestOptions): HttpCall;
  patch(url: string, options?: RequestOptions): HttpCall;
  delete(url: string, options?: RequestOptions): HttpCall;
}

export interface HttpPortOptions {
  readonly effects: Effects;
  readonly clock: Clock;
  readonly dryRun: boolean;
  /** Ends all requests. */
  readonly signal: AbortSignal;
  /** Connections to one origin at once. */
  readonly connections: number;
  /** Largest body that is taken, in bytes. @default 10 MiB */
  readonly maxBodyBytes?: number;
}

/** A request as it goes out. */
interface Sent {
  readonly method: Method;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD']);
const defaultTimeoutMs = 30_000;
const namedProblems = 5;
const defaultMaxBodyBytes = 10 * 1024 * 1024;

export class HttpPort implements Http, AsyncDisposable {
  readonly #options: HttpPortOptions;
  readonly #client: HttpClient;

  constructor(options: HttpPortOptions) {
    this.#options = options;
    this.#client = new HttpClient(options.connections);
  }

  get(url: string, options?: RequestOptions): HttpCall {
    return this.#call('GET', url, options);
  }

  head(url: string, options?: RequestOptions): HttpCall {
    return this.#call('HEAD', url, options);
  }

  post(url: string, options?: RequestOptions): HttpCall {
    return this.#call('POST', url, options);
  }

  put(url: string, options?: RequestOptions): HttpCall {
    return this.#call('PUT', url, options);
  }

  patch(url: string, options?: RequestOptions): HttpCall {
    return this.#call('PATCH', url, options);
  }

  delete(url: string, options?: RequestOptions): HttpCall {
    return this.#call('DELETE', url, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }

  #call(method: Method, url: string, options: RequestOptions = {}): HttpCall {
    const response = this.#exchange(method, url, options);
    return {
      // biome-ignore lint/suspicious/noThenProperty: an HttpCall is awaited like the promise it stands for.
      then: (onAnswer, onError) => response.then(onAnswer, onError),
      text: async () => (await response).text(),
      json: async (schema) => (await response).json(schema),
    };
  }

  async #exchange(method: Method, url: string, options: RequestOptions): Promise<HttpResponse> {
    const { effects, dryRun } = this.#options;
    const target = parseUrl(url);
    const write = !safeMethods.has(method);
    return effects.perform({ kind: 'http', operation: method, target: target.host, write }, () => {
      if (write && dryRun) throw new DryRunWrite(`${method} ${target.host}`);
      return this.#send(method, target, options);
    });
  }

  async #send(method: Method, url: URL, options: RequestOptions): Promise<HttpResponse> {
    const { timeoutMs = defaultTimeoutMs } = options;
    const { clock, signal } = this.#options;
    const call = currentCall.getStore();
    const about = { method, host: url.host };
    const body = bodyOf(about, options);
    const headers = headersFor(method, options, call?.idempotencyKey);
    const overtime = new AbortController();
    const timer = clock.setTimer(timeoutMs, () => overtime.abort());
    const signals = [signal, overtime.signal, ...(call === undefined ? [] : [call.signal])];
    const sent = { method, url, headers, body };
    const exchange = call && this.#record(call, sent);
    try {
      return await this.#answer(about, sent, AbortSignal.any(signals), options, exchange);
    } catch (error) {
      const reason = this.#reasonOf(about, error, call, overtime.signal.aborted ? timeoutMs : undefined);
      if (exchange !== undefined && !(reason instanceof HttpError)) exchange.error = reason;
      throw reason;
    } finally {
      timer.cancel();
      exchange?.end(clock.monotonicMs());
    }
  }

  #record(call: Call, sent: Sent): Exchange {
    const { clock } = this.#options;
    call.exchanges ??= new ExchangeLog();
    return call.exchanges.begin({ ...sent, startedAtMs: clock.now(), startedMs: clock.monotonicMs() });
  }

  async #answer(
    about: About,
    { url, method, headers: sentHeaders, body: sentBody }: Sent,
    signal: AbortSignal,
    { allow = [] }: RequestOptions,
    exchange: Exchange | undefined,
  ): Promise<HttpResponse> {
    const { agent, request } = this.#client.loaded ?? (await this.#client.load());
    const { statusCode, headers, body } = await request(url, {
      method,
      dispatcher: agent,
      signal,
      headers: sentHeaders,
      body: sentBody,
    });
    if (exchange !== undefined) {
      exchange.status = statusCode;
      exchange.headers = headers;
    }
    if ((statusCode < 200 || statusCode > 299) && !allow.includes(statusCode)) {
      // The job never sees it; once it is out of the way the connection can be used again.
      if (exchange === undefined) await body.dump();
      else exchange.body = await readErrorBody(body);
      throw new HttpError(about, statusCode, parseRetryAfter(headers['retry-after'], this.#options.clock.now()));
    }
    const text = await readBody(about, body, this.#options.maxBodyBytes ?? defaultMaxBodyBytes);
    if (exchange !== undefined) exchange.body = keepBody(text);
    return toResponse(about, statusCode, headers, text);
  }

  #reasonOf(about: About, error: unknown, call: Call | undefined, overtimeMs: number | undefined): unknown {
    if (error instanceof StintError) return error;
    // The item's or run's own end: its reason, not ours.
    if (call?.signal.aborted) return call.signal.reason;
    if (this.#options.signal.aborted) return this.#options.signal.reason;
    if (codeOf(error) === 'UND_ERR_INVALID_ARG') return unsendable(about, 'headers');
    const why = overtimeMs === undefined ? codeOf(error) : `within ${overtimeMs} ms`;
    return new RequestError(about, why, { cause: error });
  }
}

function parseUrl(url: string): URL {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new StintError(
      'STINT_HTTP_URL',
      'expected an absolute http or https URL; what came is none (it is not shown, for it may hold a secret)',
    );
  }
  return new URL(url);
}

function headersFor(
  method: Method,
  options: RequestOptions,
  idempotencyKey: string | undefined,
): Record<string, string> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (options.json !== undefined) headers['content-type'] = 'application/json';
  if (idempotencyKey !== undefined && !safeMethods.has(method)) headers['idempotency-key'] = idempotencyKey;
  // Names are the same in any case: one that was given replaces ours.
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = value;
  return headers;
}

function bodyOf(about: About, { json, body }: RequestOptions): string | null {
  if (json === undefined) return body ?? null;
  try {
    return JSON.stringify(json);
  } catch {
    throw unsendable(about, 'a body');
  }
}

// A mistake of the caller: nothing was sent, and trying again would not help.
function unsendable({ method, host }: About, what: string): StintError {
  return new StintError(
    'STINT_HTTP_ARGUMENT',
    `${method} to ${host} was not sent: expected ${what} that can be written; what came is not shown, for it may hold a secret`,
  );
}

function toResponse(about: About, status: number, headers: HttpResponse['headers'], text: string): HttpResponse {
  return {
    status,
    headers,
    text: () => text,
    json: (schema) => {
      const parsed = schema.safeParse(parseJson(about, text));
      if (parsed.success) return parsed.data;
      const { issues } = parsed.error;
      const problems = issues.slice(0, namedProblems).map(({ path, code }) => `${path.join('.') || 'body'} (${code})`);
      const more = issues.length > namedProblems ? ` and ${issues.length - namedProblems} more` : '';
      throw new HttpBodyError(about, `does not fit its schema at ${problems.join(', ')}${more}`);
    },
  };
}

function parseJson(about: About, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // V8 quotes the text in its message; it may be a record.
    throw new HttpBodyError(about, `is not JSON (${text.length} characters)`);
  }
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
