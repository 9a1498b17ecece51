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
import { deserialize, serialize } from 'node:v8';
import { getResponse, type HttpHandler, isPassthroughResponse } from 'msw';
import { type Call, describeCall, type UnhandledCall } from './call.ts';
import { CallLog } from './call-log.ts';
import type { Fake } from './fake.ts';
import { type FakeClock, realFakeClock } from './fake-clock.ts';
import { FakeError } from './fake-error.ts';
import type { Fault, FaultMatch, FaultRule } from './fault.ts';
import { type FaultHandle, Faults } from './faults.ts';
import { type Address, listen } from './listen.ts';
import { readRequest, sendAnswer, urlOf } from './node-http.ts';
import { type Answer, answerWith } from './play-fault.ts';
import { problem } from './problem.ts';
import { describeUnhandled, toUnhandled } from './unhandled.ts';

/** Stands around every answer of one fake, outermost first. May answer itself, wait, or give `Response.error()` to reset the connection. */
export type FakeMiddleware = (request: Request, next: () => Promise<Response>) => Promise<Response>;

export interface StartFakeOptions<TInput> {
  readonly state: TInput;
  /** Closes the fake when it aborts. @default never */
  readonly signal?: AbortSignal;
  /** @default none */
  readonly middleware?: readonly FakeMiddleware[];
  /** What goes wrong from the start, and again after each reset. @default nothing */
  readonly faults?: readonly FaultRule[];
  /** @default the machine's */
  readonly clock?: FakeClock;
  /** @default a free port of 127.0.0.1 */
  readonly address?: Address;
}

export interface RunningFake<TState extends object, TInput = unknown> extends AsyncDisposable {
  readonly name: string;
  /** Origin without a slash at its end, such as `http://127.0.0.1:40123`. */
  readonly url: string;
  /** The live state: what a test changes here changes the next answer. */
  readonly state: TState;
  /** What is in the service's books now, as JSON. */
  readonly books: unknown;
  readonly calls: CallLog;
  /** Requests that no route answered, secrets blanked. */
  readonly unhandled: readonly UnhandledCall[];
  /**
   * Has something go wrong with the calls that `match` is about, until it is taken back. Faults come before routes and
   * middleware. @throws FakeError `STINT_FAKE_BAD_FAULT`
   */
  fault(match: FaultMatch, fault: Fault): FaultHandle;
  /** Takes all faults back, also those that the fake was started with. */
  clearFaults(): void;
  /** Forgets all calls and errors, and begins again with `state` and the first faults. @default the state it was started with */
  reset(state?: TInput): void;
  /** Throws the first error of a handler, or a FakeError that names the requests without a route. */
  assertNoUnhandled(): void;
}

/**
 * Starts a fake, on a free port of 127.0.0.1 unless it is told another address.
 * @throws FakeError `STINT_FAKE_BAD_STATE`, `STINT_FAKE_BAD_FAULT`, `STINT_FAKE_PORT`
 */
export async function startFake<TState extends object, TInput>(
  fake: Fake<TState, TInput>,
  {
    state: initial,
    signal,
    middleware = [],
    faults: firstFaults = [],
    clock = realFakeClock,
    address = {},
  }: StartFakeOptions<TInput>,
): Promise<RunningFake<TState, TInput>> {
  signal?.throwIfAborted();
  // Serialized, not cloned: a start then costs one copy of a large state, as a reset does.
  const first = serialize(initial);
  const calls = new CallLog(() => clock.monotonicMs());
  const faults = new Faults();
  const unhandled: UnhandledCall[] = [];
  const errors: unknown[] = [];
  let state: TState;
  let handlers: readonly HttpHandler[];
  reset();

  const server = createServer((incoming, outgoing) => void serve(incoming, outgoing));
  const { origin, close } = await listen(server, address, signal);

  function reset(input: TInput = deserialize(first)): void {
    state = parseState(fake, input);
    handlers = fake.routes(state, {
      sleep: async (ms, { signal: left, method, url }) => {
        if (ms > 0) await clock.sleep(ms, left, `${method} ${new URL(url).pathname}`);
      },
    });
    calls.clear();
    faults.clear();
    for (const rule of firstFaults) faults.add(rule);
    unhandled.length = 0;
    errors.length = 0;
  }

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const key = incoming.headers['idempotency-key'];
    const { pathname, search } = new URL(urlOf(incoming, origin));
    const { call, finish } = calls.start(
      {
        method: incoming.method ?? 'GET',
        path: pathname,
        ...(typeof key === 'string' && { idempotencyKey: key }),
      },
      search,
    );
    const left = new AbortController();
    outgoing.once('close', () => left.abort());
    let answer: Answer;
    try {
      answer = await answerTo(await readRequest(incoming, origin, left.signal), call);
    } catch (error) {
      if (!left.signal.aborted) errors.push(error);
      const response = problem(500, `a handler of the fake ${fake.name} threw`);
      answer = { response, body: await response.bytes(), end: 'whole' };
    }
    clock.noteAnswer();
    const answered = !left.signal.aborted && answer.response.type !== 'error' && answer.end === 'whole';
    finish(answered ? answer.response.status : undefined);
    if (!left.signal.aborted) sendAnswer(answer, outgoing);
  }

  function answerTo(request: Request, call: Call): Promise<Answer> {
    const { signal: left } = request;
    return answerWith(faults.take(call.method, request.url, origin), {
      sleep: (ms) => clock.sleep(ms, left, describeCall(call)),
      hang: () => clock.hang(left, describeCall(call)),
      next: () => answer(request, call),
    });
  }

  function answer(request: Request, call: Call): Promise<Response> {
    const innermost = async (): Promise<Response> => {
      const response = await getResponse([...handlers], request, { baseUrl: origin });
      if (response !== undefined && !isPassthroughResponse(response)) return response;
      unhandled.push(await toUnhandled(call, request));
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
    get books() {
      return fake.books === undefined ? state : fake.books(state);
    },
    calls,
    unhandled,
    fault: (match, fault) => faults.add({ ...match, fault }),
    clearFaults: () => faults.clear(),
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
