/**
 * A service that gives the answers that were recorded of it: a fake whose state is the exchanges of a HAR file.
 *
 * A request is known by its method, path, query (in any order) and body (as JSON where it is some); headers do not matter.
 * The same request again gets the next answer that was recorded for it, and the last one again when there is none left; an
 * exchange without an answer breaks the connection. What was never recorded gets 501 and fails `assertNoUnhandled()`, with
 * the recorded request that is most like it.
 */
import { HttpResponse, http } from 'msw';
import { z } from 'zod';
import {
  defineFake,
  type Fake,
  FakeError,
  type RunningFake,
  type StartFakeOptions,
  startFake,
} from '../fakes/index.ts';
import type { Exchange, Header } from './har.ts';
import { describeNearest } from './nearest-request.ts';
import { identify, identityText, type RequestIdentity } from './request-identity.ts';

const shownRequests = 5;

export interface RecordedService {
  readonly exchanges: readonly Exchange[];
  /** Answers given so far, by request. */
  readonly given: Map<string, number>;
  /** Requests that were never recorded. */
  readonly missed: RequestIdentity[];
}

const recordedService: z.ZodType<RecordedService, readonly Exchange[]> = z
  .custom<readonly Exchange[]>((value) => Array.isArray(value))
  .transform((exchanges) => ({ exchanges, given: new Map(), missed: [] }));

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

export interface RecordedServiceOptions extends Omit<StartFakeOptions<readonly Exchange[]>, 'state'> {
  /** Of what it stands for, in error texts: the variable that holds its URL. */
  readonly name: string;
  readonly exchanges: readonly Exchange[];
  /** Parts of requests that are others each time: see `request-identity.ts`. @default none */
  readonly ignore?: readonly string[];
}

/** Starts one on a free port of 127.0.0.1; it is used as any fake is. */
export async function startRecordedService({
  name,
  exchanges,
  ignore = [],
  ...options
}: RecordedServiceOptions): Promise<RunningFake<RecordedService, readonly Exchange[]>> {
  const service = await startFake(recordedFake(name, ignore), { ...options, state: exchanges });
  const { assertNoUnhandled } = service;
  return Object.assign(service, {
    assertNoUnhandled() {
      const { missed, exchanges: recorded } = service.state;
      if (missed.length > 0)
        throw new FakeError('STINT_FAKE_UNHANDLED', describeMissed(name, missed, recorded, ignore));
      assertNoUnhandled();
    },
  });
}

function recordedFake(name: string, ignore: readonly string[]): Fake<RecordedService, readonly Exchange[]> {
  return defineFake({
    name,
    state: recordedService,
    routes({ exchanges, given, missed }) {
      const answers = Map.groupBy(exchanges, (exchange) => identityText(identityOf(exchange, ignore)));
      return [
        http.all('*', async ({ request }) => {
          const identity = identify(request.method, new URL(request.url), await request.clone().text(), ignore);
          const id = identityText(identity);
          const known = answers.get(id);
          if (known === undefined) {
            missed.push(identity);
            return undefined;
          }
          const before = given.get(id) ?? 0;
          given.set(id, before + 1);
          return answer(known[Math.min(before, known.length - 1)] as Exchange);
        }),
      ];
    },
    // It keeps none: it says what was recorded.
    books: () => ({}),
  });
}

function identityOf({ method, url, requestBody }: Exchange, ignore: readonly string[]): RequestIdentity {
  return identify(method, new URL(url), new TextDecoder().decode(requestBody ?? new Uint8Array()), ignore);
}

function describeMissed(
  name: string,
  missed: readonly RequestIdentity[],
  exchanges: readonly Exchange[],
  ignore: readonly string[],
): string {
  const recorded = exchanges.map((exchange) => identityOf(exchange, ignore));
  const lines = new Set(missed.map((each) => `  ${each.method} ${each.path}: ${describeNearest(each, recorded)}`));
  const more = lines.size > shownRequests ? [`  and ${lines.size - shownRequests} more`] : [];
  return [
    `expected ${name} to be asked only what http.har holds, got ${formatRequests(missed.length)} that it does not; record the case anew, or name what is another each time under "ignore" in case.json`,
    ...[...lines].slice(0, shownRequests),
    ...more,
  ].join('\n');
}

function formatRequests(count: number): string {
  return count === 1 ? '1 request' : `${count} requests`;
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
