/**
 * Serves a fake on a real socket of this machine.
 *
 * Guarantees: every request is recorded, answered or not. One that no route answers gets 501 and is listed in
 * `unhandled`; a handler that throws gives 500 and its error is kept; both fail `assertNoUnhandled()`.
 * A client that leaves early disturbs nobody. Closing waits for no one: open connections are destroyed.
 *
 * Does not guarantee: streaming (bodies are whole), HTTP/2, TLS.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { getResponse, type HttpHandler, isPassthroughResponse } from 'msw';
import { type Call, describeCall } from './call.ts';
import { CallLog } from './call-log.ts';
import type { Fake } from './fake.ts';
import { FakeError } from './fake-error.ts';
import { listen } from './listen.ts';
import { readRequest, sendResponse, urlOf } from './node-http.ts';
import { problem } from './problem.ts';

/** Stands around every answer of one fake, outermost first. May answer itself, wait, or give `Response.error()` to reset the connection. */
export type FakeMiddleware = (request: Request, next: () => Promise<Response>) => Promise<Response>;

export interface StartFakeOptions<TInput> {
  readonly state: TInput;
  /** Closes the fake when it aborts. @default never */
  readonly signal?: AbortSignal;
  /** @default none */
  readonly middleware?: readonly FakeMiddleware[];
}

export interface RunningFake<TState extends object, TInput = unknown> extends AsyncDisposable {
  readonly name: string;
  /** Origin without a slash at its end, such as `http://127.0.0.1:40123`. */
  readonly url: string;
  /** The live state: what a test changes here changes the next answer. */
  readonly state: TState;
  readonly calls: CallLog;
  /** Requests that no route answered. */
  readonly unhandled: readonly Call[];
  /** Forgets all calls and errors, and begins again with `state`. @default the state it was started with */
  reset(state?: TInput): void;
  /** Throws the first error of a handler, or a FakeError that names the requests without a route. */
  assertNoUnhandled(): void;
}

/**
 * Starts a fake on a free port of 127.0.0.1.
 * @throws FakeError `STINT_FAKE_BAD_STATE` if the state does not fit the fake's schema
 */
export async function startFake<TState extends object, TInput>(
  fake: Fake<TState, TInput>,
  { state: initial, signal, middleware = [] }: StartFakeOptions<TInput>,
): Promise<RunningFake<TState, TInput>> {
  signal?.throwIfAborted();
  const first = structuredClone(initial);
  const calls = new CallLog();
  const unhandled: Call[] = [];
  const errors: unknown[] = [];
  let state: TState;
  let handlers: readonly HttpHandler[];
  reset();

  const server = createServer((incoming, outgoing) => void serve(incoming, outgoing));
  const { origin, close } = await listen(server, signal);

  function reset(input: TInput = structuredClone(first)): void {
    state = parseState(fake, input);
    handlers = fake.routes(state);
    calls.clear();
    unhandled.length = 0;
    errors.length = 0;
  }

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const key = incoming.headers['idempotency-key'];
    const { call, finish } = calls.start({
      method: incoming.method ?? 'GET',
      path: new URL(urlOf(incoming, origin)).pathname,
      ...(typeof key === 'string' && { idempotencyKey: key }),
    });
    const left = new AbortController();
    outgoing.once('close', () => left.abort());
    let response: Response;
    let body: Uint8Array;
    try {
      response = await answer(await readRequest(incoming, origin, left.signal), call);
      body = await response.bytes();
    } catch (error) {
      if (!left.signal.aborted) errors.push(error);
      response = problem(500, `a handler of the fake ${fake.name} threw`);
      body = await response.bytes();
    }
    const answered = !left.signal.aborted && response.type !== 'error';
    finish(answered ? response.status : undefined);
    if (!left.signal.aborted) sendResponse(response, body, outgoing);
  }

  function answer(request: Request, call: Call): Promise<Response> {
    const innermost = async (): Promise<Response> => {
      const response = await getResponse([...handlers], request, { baseUrl: origin });
      if (response !== undefined && !isPassthroughResponse(response)) return response;
      unhandled.push(call);
      return problem(501, `the fake ${fake.name} has no route for ${request.method} ${new URL(request.url).pathname}`);
    };
    return middleware.reduceRight<() => Promise<Response>>((next, around) => () => around(request, next), innermost)();
  }

  return {
    name: fake.name,
    url: origin,
    get state() {
      return state;
    },
    calls,
    unhandled,
    reset,
    assertNoUnhandled() {
      if (errors.length > 0) throw errors[0];
      if (unhandled.length > 0) throw new FakeError('STINT_FAKE_UNHANDLED', describeUnhandled(fake.name, unhandled));
    },
    [Symbol.asyncDispose]: close,
  };
}

function parseState<TState extends object, TInput>(fake: Fake<TState, TInput>, input: TInput): TState {
  const parsed = fake.state.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `  ${['state', ...issue.path].join('.')}: ${issue.message}`);
  throw new FakeError(
    'STINT_FAKE_BAD_STATE',
    `the state does not fit the fake ${fake.name}; correct it:\n${problems.join('\n')}`,
  );
}

function describeUnhandled(name: string, unhandled: readonly Call[]): string {
  const requests = [...new Set(unhandled.map(describeCall))].slice(0, 10).join(', ');
  return `expected the fake ${name} to have a route for every request, got ${unhandled.length} without one: ${requests}; add a route or correct the job's URL`;
}
