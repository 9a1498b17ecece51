/**
 * Asks live services what a case has recorded of them, and tells what has another shape today.
 *
 * Guarantees: nothing is sent but GET and HEAD unless `writes` is set; one request at a time, at most five a second; no value of an answer
 * is told. Compares status, content type and the types of JSON by path. Headers that were blanked are not sent.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { EnvironmentError, type EnvironmentValues } from '@stint/sdk';
import type { Case } from '../fixture/index.ts';
import type { Exchange } from '../http/har.ts';
import { parseExact } from '../replay/exact-json.ts';
import { compareShapes, type Shape, shapeOf } from './shape.ts';

export interface DriftOptions {
  /** Where the services' URLs and the job's secrets are taken from. */
  readonly environment: EnvironmentValues;
  /** Send requests that may change something, too. @default false */
  readonly writes?: boolean;
  /** @default never aborts */
  readonly signal?: AbortSignal;
  /** Least time between two requests, in ms. @default 200 */
  readonly pauseMs?: number;
}

export interface DriftReport {
  /** Requests that were sent. */
  readonly asked: number;
  /** Requests that were not: writes. */
  readonly left: number;
  readonly changes: readonly Change[];
}

export interface Change {
  readonly what: string;
  /** How many requests show it, and one of them. */
  readonly requests: number;
  readonly example: string;
}

const passing = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive', 'accept-encoding']);
const reading = new Set(['GET', 'HEAD']);
const timeoutMs = 30_000;

/** @throws EnvironmentError when a service's variable is not set */
export async function findDrift(testCase: Case, options: DriftOptions): Promise<DriftReport> {
  const { environment, writes = false, signal, pauseMs = 200 } = options;
  const missing = Object.keys(testCase.http).filter((name) => !environment[name]);
  if (missing.length > 0)
    throw new EnvironmentError(
      'there is nobody to ask',
      missing.map((path) => ({ path, message: 'is not set; give it the URL of the live service' })),
    );
  const found = new Map<string, Change>();
  let [asked, left] = [0, 0];
  for (const { variable, path, recorded, first, all } of requestsOf(testCase)) {
    if (!reading.has(first.method) && !writes) {
      left += 1;
      continue;
    }
    if (asked > 0) await sleep(pauseMs, undefined, signal && { signal });
    asked += 1;
    const live = await ask(`${(environment[variable] ?? '').replace(/\/$/, '')}${path}`, first, options);
    for (const what of changesOf(recorded, all, live)) {
      const known = found.get(what) ?? { what, requests: 0, example: `${first.method} ${path.split('?')[0]}` };
      found.set(what, { ...known, requests: known.requests + 1 });
    }
  }
  return { asked, left, changes: [...found.values()] };
}

/** A request that was recorded, once or several times. */
interface Recorded {
  readonly variable: string;
  /** With its query; below the service's URL. */
  readonly path: string;
  readonly recorded: readonly Exchange[];
  readonly first: Exchange;
  /** What was recorded of the service. */
  readonly all: readonly Exchange[];
}

function requestsOf({ http }: Case): readonly Recorded[] {
  return Object.entries(http).flatMap(([variable, { url, exchanges }]) => {
    const all = exchanges.filter(({ status }) => status > 0);
    const same = Map.groupBy(all, ({ method, url: of, requestBody }) => `${method} ${of} ${requestBody ?? ''}`);
    return [...same.values()].flatMap((recorded) => {
      const [first] = recorded;
      if (first === undefined) return [];
      return { variable, path: first.url.slice(url.replace(/\/$/, '').length), recorded, first, all };
    });
  });
}

interface Answer {
  /** 0: none came. */
  readonly status: number;
  readonly type: string;
  readonly shape: Shape | undefined;
}

async function ask(url: string, exchange: Exchange, { environment, signal }: DriftOptions): Promise<Answer> {
  const { method, requestHeaders, requestBody } = exchange;
  const headers = requestHeaders
    .filter(({ name, value }) => !passing.has(name.toLowerCase()) && !value.includes('[redacted]'))
    .map(({ name, value }): [string, string] => [
      name,
      value.replace(/recorded-([A-Z0-9_]+)/g, (whole, secret: string) => environment[secret] ?? whole),
    ]);
  try {
    const response = await fetch(url, {
      method,
      headers,
      redirect: 'manual',
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])]),
      ...(requestBody === null ? {} : { body: new Uint8Array(requestBody) }),
    });
    return answerOf(response.status, response.headers.get('content-type'), await response.text());
  } catch {
    signal?.throwIfAborted();
    return { status: 0, type: '', shape: undefined };
  }
}

function changesOf(recorded: readonly Exchange[], all: readonly Exchange[], live: Answer): readonly string[] {
  if (live.status === 0) return ['no answer came'];
  const before = recorded.map(toAnswer);
  const same = before.find(({ status }) => status === live.status);
  if (same === undefined)
    return [`status was ${[...new Set(before.map(({ status }) => status))].join(' or ')}, is ${live.status}`];
  const type = same.type === live.type ? [] : [`content type was ${same.type || 'none'}, is ${live.type || 'none'}`];
  if (same.shape === undefined || live.shape === undefined) return type;
  const usual = new Map<string, Set<string>>();
  for (const { status, shape } of all.map(toAnswer)) {
    if (status !== live.status) continue;
    for (const [path, types] of shape ?? []) usual.set(path, new Set([...(usual.get(path) ?? []), ...types]));
  }
  return [...type, ...compareShapes(same.shape, live.shape, usual)];
}

function toAnswer({ status, responseHeaders, responseBody }: Exchange): Answer {
  const type = responseHeaders.find(({ name }) => name.toLowerCase() === 'content-type')?.value ?? null;
  return answerOf(status, type, Buffer.from(responseBody).toString('utf8'));
}

function answerOf(status: number, contentType: string | null, body: string): Answer {
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  try {
    return { status, type, shape: shapeOf(parseExact(body)) };
  } catch {
    return { status, type, shape: undefined };
  }
}
