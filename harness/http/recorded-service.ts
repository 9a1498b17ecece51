/**
 * A service that gives the answers that were recorded of it: a fake whose state is the exchanges of a HAR file.
 *
 * A request is known by its method, path, query (in any order) and body (as JSON where it is some); headers do not matter.
 * The same request again gets the next answer that was recorded for it, and the last one again when there is none left; an
 * exchange without an answer breaks the connection. What was never recorded is unhandled, as in any fake.
 */
import { HttpResponse, http } from 'msw';
import { z } from 'zod';
import { defineFake, type Fake } from '../fakes/index.ts';
import type { Exchange, Header } from './har.ts';

export interface RecordedService {
  readonly exchanges: readonly Exchange[];
  /** Answers given so far, by request. */
  readonly given: Map<string, number>;
}

const recordedService: z.ZodType<RecordedService, readonly Exchange[]> = z
  .custom<readonly Exchange[]>((value) => Array.isArray(value))
  .transform((exchanges) => ({ exchanges, given: new Map() }));

// What belongs to the connection that was recorded, or was undone before it was written down.
const passingHeaders = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'content-encoding',
  'date',
]);
// A status that can have no body: the web's Response refuses one.
const withoutBody = new Set([204, 205, 304]);

/** @param name of what it stands for, in error texts: the variable that holds its URL */
export function recordedFake(name: string): Fake<RecordedService, readonly Exchange[]> {
  return defineFake({
    name,
    state: recordedService,
    routes({ exchanges, given }) {
      const answers = Map.groupBy(exchanges, (exchange) =>
        identify(
          exchange.method,
          new URL(exchange.url),
          new TextDecoder().decode(exchange.requestBody ?? new Uint8Array()),
        ),
      );
      return [
        http.all('*', async ({ request }) => {
          const id = identify(request.method, new URL(request.url), await request.text());
          const known = answers.get(id);
          if (known === undefined) return undefined;
          const before = given.get(id) ?? 0;
          given.set(id, before + 1);
          return answer(known[Math.min(before, known.length - 1)] as Exchange);
        }),
      ];
    },
  });
}

function answer({ status, error, responseHeaders, responseBody }: Exchange): Response {
  if (status === 0 || error !== null) return HttpResponse.error();
  const headers = new Headers();
  for (const { name, value } of responseHeaders.filter(isKept)) headers.append(name, value);
  return new Response(withoutBody.has(status) ? null : new Uint8Array(responseBody), { status, headers });
}

function isKept({ name }: Header): boolean {
  return !passingHeaders.has(name.toLowerCase()) && !name.startsWith(':');
}

/** What tells requests apart, as text. The origin does not: it is another one each time. */
export function identify(method: string, url: URL, body: string): string {
  const query = [...url.searchParams].map((pair) => JSON.stringify(pair)).sort();
  return [method, decodeURI(url.pathname), query.join('&'), canonicalBody(body)].join(' ');
}

function canonicalBody(body: string): string {
  try {
    return JSON.stringify(sorted(JSON.parse(body)));
  } catch {
    return body;
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([name, each]) => [name, sorted(each)]));
}
