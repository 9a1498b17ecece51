/** Headers that the admin, or what it stands on, looks at. */
import fc from 'fast-check';
import { badText, visible } from './bad-values.ts';

type Text = fc.Arbitrary<string>;
type Header = readonly [name: string, value: string];

export const headerValue = badText.map((text) => visible(text).replaceAll('_', ' ').trim());
export const badHeaders: fc.Arbitrary<readonly Header[]> = fc.array(
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

function header(name: string | Text, value: Text): fc.Arbitrary<Header> {
  return fc.tuple(typeof name === 'string' ? fc.constant(name) : name, value);
}
