/** Requests that are HTTP, and about anything besides. */
import fc from 'fast-check';
import { brokenBody, formBody, hugeBody, redriveBody, startBody } from './bad-bodies.ts';
import { badHeaders, headerValue } from './bad-headers.ts';
import { badTargets } from './bad-targets.ts';
import { often } from './bad-values.ts';

export type WhoAsks = 'admin' | 'trigger' | 'read' | 'session' | 'session without csrf' | 'wrong' | 'nobody';

export interface BadRequest {
  readonly as: WhoAsks;
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  /** Each character is a byte; undefined: it has none. */
  readonly body: string | undefined;
  readonly isChunked: boolean;
}

type Text = fc.Arbitrary<string>;

const as = fc.oneof(
  often(8, fc.constantFrom<WhoAsks>('admin', 'trigger')),
  often(4, fc.constant<WhoAsks>('session')),
  often(3, fc.constantFrom<WhoAsks>('read', 'session without csrf', 'wrong', 'nobody')),
);

const json = fc.constantFrom('application/json', 'application/json; charset=utf-8', 'Application/JSON;x');
const formType = fc.constant('application/x-www-form-urlencoded');
const oddType = fc.oneof(
  fc.constantFrom(
    '',
    'text/plain',
    'application/json; charset=utf-16',
    'application/json; charset=',
    'multipart/form-data; boundary=x',
    'application/*',
    '*/*',
    ';',
    '/',
    'application/json,text/html',
    'application/vnd.api+json',
  ),
  headerValue,
);

const kinds: fc.Arbitrary<{ readonly type: string; readonly body: string }> = fc.oneof(
  often(6, body(json, startBody)),
  often(2, body(json, redriveBody)),
  often(3, body(formType, formBody)),
  often(2, body(json, brokenBody)),
  often(1, body(oddType, fc.oneof(startBody, formBody))),
  often(1, body(formType, brokenBody)),
);
// Few: each takes longer to send than all else.
const huge = body(json, hugeBody);

function body(type: Text, bytes: fc.Arbitrary<string>) {
  return fc.record({ type, body: bytes });
}

const getting = fc.constantFrom('GET', 'GET', 'GET', 'HEAD');
const oddMethod = fc.constantFrom(
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'SEARCH',
  'QUERY',
  'PURGE',
  'UNLINK',
  'M-SEARCH',
);

/** @param runs ids of runs that are there */
export function badRequests(runs: readonly string[]): fc.Arbitrary<BadRequest> {
  const target = badTargets(runs);
  const starts = fc
    .tuple(fc.constantFrom('narrow', 'wide'), as, body(json, startBody), badHeaders)
    .map(([job, who, { type, body: bytes }, given]) => ({
      as: who,
      method: 'POST',
      target: `/admin/${job}`,
      headers: [...given, ['content-type', type] as const],
      body: bytes,
      isChunked: false,
    }));
  const any = (methods: Text, content: fc.Arbitrary<{ readonly type: string; readonly body: string } | undefined>) =>
    fc
      .tuple(as, methods, target, badHeaders, content, fc.boolean())
      .map(([who, method, path, given, sent, isChunked]) => ({
        as: who,
        method,
        target: path,
        headers: sent === undefined ? given : [...given, ['content-type', sent.type] as const],
        body: sent?.body,
        isChunked,
      }));
  const none = fc.constant(undefined);
  return fc.oneof(
    often(8, starts),
    often(30, any(getting, none)),
    often(30, any(fc.constant('POST'), fc.oneof(often(4, kinds), often(1, none)))),
    often(6, any(oddMethod, fc.oneof(none, kinds))),
    often(3, any(getting, kinds)),
    often(1, any(fc.constant('POST'), huge)),
  );
}

export interface Credentials {
  readonly tokens: Readonly<Record<'admin' | 'trigger' | 'read', string>>;
  readonly cookie: string;
  readonly csrf: string;
}

/** As it goes over the wire. */
export function toWire(request: BadRequest, credentials: Credentials): Buffer {
  const { as: who, method, target, headers: given, body: bytes, isChunked } = request;
  const lines = [
    `${method} ${target} HTTP/1.1`,
    'host: 127.0.0.1',
    ...credentialLines(who, credentials),
    ...given.map(([name, value]) => `${name}: ${value}`),
  ];
  if (bytes !== undefined) lines.push(isChunked ? 'transfer-encoding: chunked' : `content-length: ${bytes.length}`);
  const content = isChunked && bytes !== undefined ? inChunks(bytes) : (bytes ?? '');
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${content}`, 'latin1');
}

function inChunks(bytes: string): string {
  const half = Math.ceil(bytes.length / 2);
  const parts = [bytes.slice(0, half), bytes.slice(half), ''].filter((part, at) => part !== '' || at === 2);
  return parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('');
}

function credentialLines(who: WhoAsks, { tokens, cookie, csrf }: Credentials): readonly string[] {
  switch (who) {
    case 'nobody':
      return [];
    case 'wrong':
      return ['authorization: Bearer stint_wrong'];
    case 'session':
      return [`cookie: ${cookie}`, `x-csrf-token: ${csrf}`];
    case 'session without csrf':
      return [`cookie: ${cookie}`];
    default:
      return [`authorization: Bearer ${tokens[who]}`];
  }
}
