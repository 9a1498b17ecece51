/**
 * The control API of served fakes: what they were asked, and what they are to do.
 *
 *   GET    /healthz       200 when they serve
 *   GET    /calls         the calls of each fake, by the variable that holds its URL
 *   POST   /reset         all begin again: state, calls, faults
 *   POST   /faults        { fake, method?, path, times?, after?, fault } → 201 { id }
 *   DELETE /faults/<id>   takes it back; without an id all faults of all fakes
 *
 * Errors are `application/problem+json`. There is no access control: it listens where the fakes do, and is for tests.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { describeError } from '@stint/sdk';
import { z } from 'zod';
import { type FaultHandle, faultRuleSchema, type RunningFake } from '../fakes/index.ts';
import { type Address, listen } from '../fakes/listen.ts';

/** Holds the URL of the control API. */
export const controlVariable = 'STINT_FAKES_URL';

export interface Control extends AsyncDisposable {
  readonly url: string;
}

type Fakes = Readonly<Record<string, RunningFake<object>>>;

interface Reply {
  readonly status: number;
  readonly body?: unknown;
}

type Handle = (request: { readonly id: string; readonly body: unknown }) => Reply;

const mostBytes = 1024 * 1024;

class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** @throws FakeError `STINT_FAKE_PORT` */
export async function serveControl(fakes: Fakes, address: Address): Promise<Control> {
  const routes = routesOf(fakes);
  const server = createServer((incoming, outgoing) => void answer(routes, incoming, outgoing));
  const { origin, close } = await listen(server, address, undefined);
  return { url: origin, [Symbol.asyncDispose]: close };
}

function routesOf(fakes: Fakes): Readonly<Record<string, Handle>> {
  const handles = new Map<string, FaultHandle>();
  const schema = z.strictObject({ fake: z.enum(Object.keys(fakes)), ...faultRuleSchema.shape });
  const forget = () => handles.clear();
  let lastId = 0;
  return {
    'GET /healthz': () => ({ status: 200, body: { status: 'ok', fakes: Object.keys(fakes) } }),
    'GET /calls': () => ({
      status: 200,
      body: Object.fromEntries(
        Object.entries(fakes).map(([name, { calls, unhandled }]) => [name, { ...calls.toJSON(), unhandled }]),
      ),
    }),
    'POST /reset': () => {
      for (const fake of Object.values(fakes)) fake.reset();
      forget();
      return { status: 204 };
    },
    'POST /faults': ({ body }) => {
      const parsed = schema.safeParse(body);
      if (!parsed.success) throw new Refusal(422, problemsOf(parsed.error));
      const { fake, fault, ...match } = parsed.data;
      lastId += 1;
      const id = String(lastId);
      const handle = fakes[fake]?.fault(match, fault);
      if (handle !== undefined) handles.set(id, handle);
      return { status: 201, body: { id } };
    },
    'DELETE /faults': () => {
      for (const fake of Object.values(fakes)) fake.clearFaults();
      forget();
      return { status: 204 };
    },
    'DELETE /faults/*': ({ id }) => {
      const handle = handles.get(id);
      if (handle === undefined) throw new Refusal(404, 'expected the id of a fault, got one that there is not');
      handle.remove();
      handles.delete(id);
      return { status: 204 };
    },
  };
}

async function answer(
  routes: Readonly<Record<string, Handle>>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  try {
    const { handle, id } = routeFor(routes, incoming);
    send(outgoing, handle({ id, body: incoming.method === 'POST' ? await readJson(incoming) : undefined }));
  } catch (error) {
    const status = error instanceof Refusal ? error.status : 500;
    send(outgoing, { status, body: { title: describeError(error).message, status } }, 'application/problem+json');
  }
}

function routeFor(routes: Readonly<Record<string, Handle>>, { method = 'GET', url = '/' }: IncomingMessage) {
  const path = url.split('?')[0] ?? '/';
  const id = /^\/faults\/([^/]+)$/.exec(path)?.[1] ?? '';
  const route = id === '' ? path : '/faults/*';
  const handle = routes[`${method} ${route}`];
  if (handle !== undefined) return { handle, id };
  const isKnown = Object.keys(routes).some((known) => known.endsWith(` ${route}`));
  if (isKnown) throw new Refusal(405, 'expected another method for this path');
  throw new Refusal(404, `expected one of ${Object.keys(routes).join(', ')}`);
}

/** The body as JSON; undefined when there is none. */
async function readJson(incoming: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new Refusal(413, `expected a body of at most ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, 'expected a body of JSON');
  }
}

function send(outgoing: ServerResponse, { status, body }: Reply, type = 'application/json'): void {
  outgoing.statusCode = status;
  if (body === undefined) return void outgoing.end();
  outgoing.setHeader('content-type', type);
  outgoing.end(`${JSON.stringify(body)}\n`);
}

function problemsOf({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => `${path.join('.') || 'the body'}: ${message}`).join('; ');
}
