/** Requests that are HTTP, and about anything besides. */
import fc from 'fast-check';
import { operations } from '../api/operations.ts';
import { brokenBody, formBody, hugeBody, redriveBody, startBody } from './bad-bodies.ts';
import { badText } from './bad-values.ts';
import { quickJobs } from './quick-jobs.ts';

export const whoAsks = ['admin', 'trigger', 'read', 'session', 'session without csrf', 'wrong', 'nobody'] as const;
export type WhoAsks = (typeof whoAsks)[number];

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
const often = <TItem>(weight: number, arbitrary: fc.Arbitrary<TItem>) => ({ weight, arbitrary });

const as = fc.oneof(
  often(8, fc.constantFrom<WhoAsks>('admin', 'trigger')),
  often(4, fc.constant<WhoAsks>('session')),
  often(3, fc.constantFrom<WhoAsks>('read', 'session without csrf', 'wrong', 'nobody')),
);

/** As a client writes it, or somebody by hand. */
const inTarget: Text = fc.oneof(
  often(
    6,
    badText.map((text) => encodeURIComponent(text.toWellFormed())),
  ),
  often(
    2,
    badText.map((text) => visible(text).replace(/[?#]/g, '')),
  ),
  often(
    2,
    fc.constantFrom(
      '%00',
      '%',
      '%zz',
      '%FF',
      '%C0%AE',
      '%ED%A0%80',
      '%2e%2e',
      '..%2f..',
      '%25%30%30',
      '%0d%0aset-cookie:x=1',
      '\\..',
      ';a=b',
    ),
  ),
  often(
    1,
    fc
      .uint8Array({ minLength: 1, maxLength: 8 })
      .map((bytes) => Buffer.from(bytes).toString('hex').replace(/../g, '%$&')),
  ),
  // Longer is not read as headers at all.
  often(1, fc.constantFrom('a'.repeat(10_000), '%00'.repeat(3_000))),
);

/** Bytes that may stand in a line of a request. */
function visible(text: string): string {
  return Buffer.from(text.toWellFormed())
    .toString('latin1')
    .replace(/[\0- \x7f]/g, '_');
}

function targets(runs: readonly string[]): Text {
  const segments: Readonly<Record<string, Text>> = {
    job: fc.oneof(often(5, fc.constantFrom(...quickJobs.map(({ name }) => name))), often(1, inTarget)),
    run: fc.oneof(often(4, fc.constantFrom(...runs)), often(2, inTarget)),
  };
  const pages = [
    '/',
    '/admin',
    '/admin/login',
    '/admin/logout',
    '/admin/jobs/{job}',
    '/admin/assets/{run}',
    '/admin/runs/{run}/cancel',
  ];
  const template = fc.constantFrom(...operations.map(({ path }) => path), ...pages);
  const known = template.chain((path) =>
    fc
      .tuple(segments.job ?? inTarget, segments.run ?? inTarget)
      .map(([job, run]) => path.replace('{job}', () => job).replace('{run}', () => run)),
  );
  const unknown = fc
    .array(fc.oneof(inTarget, fc.constantFrom('admin', 'runs', '', '.', '..')), { maxLength: 4 })
    .map((parts) => `/${parts.join('/')}`);
  const path = fc.oneof(often(12, known), often(1, unknown));
  return fc
    .tuple(path, fc.oneof(often(2, fc.constant('')), often(2, queries(runs))))
    .map(([text, query]) => (query === '' ? text : `${text}?${query}`));
}

function queries(runs: readonly string[]): Text {
  const cursors = [
    '"\\u0000"',
    '{}',
    '[1,2]',
    '[1e300,1]',
    '[-1,-1]',
    '[null]',
    '{"toString":1,"valueOf":1}',
    '['.repeat(300),
    '1e400',
    '"x',
    `"${runs[0]}"`,
  ];
  const cursor = fc
    .oneof(
      fc.constantFrom(...cursors),
      badText.map((text) => JSON.stringify(text)),
    )
    .map((text) => Buffer.from(text).toString('base64url'));
  const values: Readonly<Record<string, Text>> = {
    job: fc.oneof(fc.constantFrom('narrow', 'wide'), inTarget),
    status: fc.oneof(fc.constantFrom('failed', 'succeeded', 'running'), inTarget),
    after: fc.oneof(cursor, inTarget),
    limit: fc.oneof(
      fc.constantFrom('1', '100', '0', '101', '-1', '1e1', '0x10', '1e400', '', 'NaN', '9'.repeat(400)),
      inTarget,
    ),
    error: fc.oneof(fc.constantFrom('RangeError'), inTarget),
    from: fc.oneof(fc.constantFrom(...runs), inTarget),
    to: fc.oneof(fc.constantFrom('/admin/runs', '//evil.example', 'javascript:alert(1)'), inTarget),
  };
  const pair = fc
    .constantFrom(...Object.keys(values))
    .chain((name) => (values[name] ?? inTarget).map((value) => `${name}=${value}`));
  const odd = fc.oneof(
    inTarget,
    fc.constantFrom('limit[]=1', 'a[b][c]=1', '__proto__=1', 'constructor=1', '&&&', 'a&'.repeat(2_000)),
  );
  const some = fc
    .array(fc.oneof(often(8, pair), often(1, odd)), { minLength: 1, maxLength: 3 })
    .map((pairs) => pairs.join('&'));
  // Most operations take few names.
  return fc.oneof(often(3, pair), often(1, some));
}

const headerValue = badText.map((text) => visible(text).replaceAll('_', ' ').trim());
const headers: fc.Arbitrary<BadRequest['headers']> = fc.array(
  fc.oneof(
    header(
      'accept',
      fc.oneof(
        fc.constantFrom('text/html', '*/*', 'application/json;q=0', 'text/html;q=NaN', 'a/b,'.repeat(800)),
        headerValue,
      ),
    ),
    header(
      'prefer',
      fc.oneof(
        fc.constantFrom(
          'respond-async',
          'wait=0',
          'wait=1',
          'wait=-1',
          'wait=1e9',
          'wait="0',
          'WAIT = "0"; a=b',
          ','.repeat(900),
        ),
        headerValue,
      ),
    ),
    header('last-event-id', fc.oneof(fc.constantFrom('end-1', 'end-2', 'x'.repeat(101)), headerValue)),
    header('content-encoding', fc.constantFrom('gzip', 'identity', 'br, gzip', '\t')),
    header(
      'cookie',
      fc.oneof(
        fc.constantFrom('stint_session=a.1.b; stint_session.sig=c', 'stint_session', '='.repeat(3_000)),
        headerValue,
      ),
    ),
    header('origin', fc.oneof(fc.constantFrom('null', 'http://evil.example', 'http://[', '::'), headerValue)),
    header('sec-fetch-site', fc.constantFrom('same-origin', 'cross-site', 'none', 'x')),
    header('x-forwarded-for', headerValue),
    header('x-forwarded-proto', fc.constantFrom('https', 'javascript', ',')),
    header('x-http-method-override', fc.constant('DELETE')),
    header('x-csrf-token', headerValue),
    header('if-none-match', fc.oneof(fc.constantFrom('*', '"a", W/"b"'), headerValue)),
    header('range', fc.constantFrom('bytes=0-0', 'bytes=-1', 'bytes=9-1,')),
    header('expect', fc.constantFrom('100-continue', '200-ok')),
    header('upgrade', fc.constantFrom('websocket', 'h2c')),
    header('connection', fc.constantFrom('close', 'upgrade', 'keep-alive, x')),
    header('te', fc.constant('trailers')),
    header(fc.constantFrom('__proto__', 'constructor', 'x-odd', 'content-location', 'location'), headerValue),
  ),
  { maxLength: 3 },
);

function header(name: string | Text, value: Text): fc.Arbitrary<readonly [string, string]> {
  return fc.tuple(typeof name === 'string' ? fc.constant(name) : name, value);
}

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
  const target = targets(runs);
  const starts = fc
    .tuple(fc.constantFrom('narrow', 'wide'), as, body(json, startBody), headers)
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
      .tuple(as, methods, target, headers, content, fc.boolean())
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
