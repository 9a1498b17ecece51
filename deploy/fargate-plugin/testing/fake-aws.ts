/**
 * AWS as far as the commands use it, on a real socket: the JSON of ECS, EventBridge, Secrets Manager and SSM, the paths of Scheduler, the
 * forms of IAM. What it answers is set by operation; what is not set is answered as not found.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

// biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came
type Input = any;

export interface Call {
  readonly operation: string;
  readonly input: Input;
}

/** A function of what came and of how many of its kind came before. */
type Answer = object | ((input: Input, before: number) => object | Promise<object>);

export interface FakeAws extends AsyncDisposable {
  readonly environment: Readonly<Record<string, string>>;
  readonly calls: readonly Call[];
  /** By operation: `DescribeTasks`. */
  readonly answers: Record<string, Answer>;
}

/** An answer of AWS that is an error. */
export class Failure {
  readonly status: number;
  readonly type: string;
  readonly message: string;

  constructor(type: string, message = 'no', status = 400) {
    this.type = type;
    this.message = message;
    this.status = status;
  }
}

const notFound = new Failure('ResourceNotFoundException', 'it is not there', 404);

export async function openFakeAws(answers: Record<string, Answer> = {}): Promise<FakeAws> {
  const calls: Call[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const { operation, input } = await readCall(incoming);
    const before = calls.filter((call) => call.operation === operation).length;
    calls.push({ operation, input });
    const answer = answers[operation] ?? notFound;
    const given = typeof answer === 'function' ? await answer(input, before) : answer;
    if (outgoing.destroyed) return;
    const isXml = operation === 'GetRole';
    if (given instanceof Failure) {
      const { status, type, message } = given;
      outgoing.writeHead(status, { 'x-amzn-errortype': type, 'content-type': isXml ? 'text/xml' : 'application/json' });
      const xml = `<ErrorResponse><Error><Code>${type}</Code><Message>${message}</Message></Error></ErrorResponse>`;
      return outgoing.end(isXml ? xml : JSON.stringify({ __type: type, message }));
    }
    outgoing.writeHead(200, { 'content-type': isXml ? 'text/xml' : 'application/x-amz-json-1.1' });
    return outgoing.end(isXml ? roleXml(input.RoleName) : JSON.stringify(given));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    environment: {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'only-of-tests',
    },
    calls,
    answers,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function readCall(incoming: IncomingMessage): Promise<Call> {
  const body = await text(incoming);
  const target = incoming.headers['x-amz-target'];
  if (target !== undefined) return { operation: String(target).split('.')[1]!, input: JSON.parse(body) };
  if (incoming.method === 'GET') {
    const { pathname, searchParams } = new URL(incoming.url!, 'http://aws');
    const name = decodeURIComponent(pathname.split('/')[2] ?? '');
    const input = { ...Object.fromEntries(searchParams), ...(name && { Name: name }) };
    return { operation: name ? 'GetSchedule' : 'ListSchedules', input };
  }
  const { Action = '', ...input } = Object.fromEntries(new URLSearchParams(body));
  return { operation: Action, input };
}

function roleXml(name: string): string {
  const role = `<Path>/</Path><RoleName>${name}</RoleName><RoleId>AROAEXAMPLE</RoleId><Arn>arn:aws:iam::123456789012:role/${name}</Arn>`;
  return `<GetRoleResponse><GetRoleResult><Role>${role}<CreateDate>2026-01-01T00:00:00Z</CreateDate></Role></GetRoleResult></GetRoleResponse>`;
}
