/** What no client sends: broken lines, lengths and chunks, requests inside of others, things cut off. */
import fc from 'fast-check';
import { badText } from './bad-values.ts';

/** The scope's tenant of a start that is hidden where no request is. */
export const smuggled = 'smuggled';

const hidden = (token: string) => {
  const body = `{"scope":{"tenantId":"${smuggled}"}}`;
  return `POST /admin/narrow HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
};

/** Each character is a byte. @param token one that may start runs: what is refused is refused for its form alone */
export function badBytes(token: string): fc.Arbitrary<string> {
  const inner = hidden(token);
  const auth = `host: a\r\nauthorization: Bearer ${token}\r\n`;
  const post = `POST /admin/narrow HTTP/1.1\r\n${auth}content-type: application/json\r\n`;
  const text = badText.map((each) => Buffer.from(each.toWellFormed()).toString('latin1'));
  const lines = fc
    .tuple(
      fc.oneof(fc.constantFrom('GET', 'get', 'POST', 'CONNECT', 'PRI', 'X', ''), text),
      fc.oneof(
        fc.constantFrom(
          '/healthz',
          '*',
          '?a',
          'admin',
          'http://a/healthz',
          'http://[',
          'http://a:99999/',
          'http://',
          'https://a@b:c/',
          'foo://a',
          'mailto:a',
          'http:///healthz',
          '//a/healthz',
          '/a#b',
          'a:80',
          '/\x80\xa0',
        ),
        text,
      ),
      fc.oneof(
        fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/9.9', 'http/1.1', 'HTTP/1.1 x', ''),
        text,
      ),
      fc.constantFrom('\r\n', '\n', '\r', '\r\n\r\n', '\0'),
      fc.oneof(
        fc.constantFrom(
          'host: a',
          'host: a\r\nhost: b',
          '',
          'host:',
          ': a',
          'host : a',
          ' host: a',
          'host: a\r\n b: c',
          'host: a\0b',
          'host: a\nx: y',
          'host: a\rx: y',
          'h\x80st: a',
        ),
        text,
      ),
      fc.constantFrom('\r\n', '\n', '\r'),
    )
    .map(
      ([method, target, version, first, header, last]) =>
        `${method} ${target} ${version}${first}${header}${last}${auth}\r\n`,
    );
  const framed = fc.constantFrom(
    `${post}content-length: 2\r\ncontent-length: 3\r\n\r\n{}${inner}`,
    `${post}content-length: 2, 2\r\n\r\n{}${inner}`,
    `${post}content-length: -1\r\n\r\n${inner}`,
    `${post}content-length: 1e2\r\n\r\n${inner}`,
    `${post}content-length: 99999999999999999999\r\n\r\n${inner}`,
    `${post}content-length: +2\r\n\r\n{}${inner}`,
    `${post}content-length: 0x2\r\n\r\n{}${inner}`,
    `${post}content-length: ${inner.length}\r\n\r\n${inner}`,
    `${post}content-length: ${inner.length}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
    `${post}transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n${inner}`,
    `${post}transfer-encoding: identity, chunked, identity\r\n\r\n0\r\n\r\n${inner}`,
    `${post}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n${inner}`,
    `${post}transfer-encoding\r\n : chunked\r\n\r\n0\r\n\r\n${inner}`,
    `${post}transfer-encoding : chunked\r\n\r\n0\r\n\r\n${inner}`,
    `${post}transfer-encoding: chunked\r\n\r\nzz\r\n${inner}`,
    `${post}transfer-encoding: chunked\r\n\r\n-1\r\n${inner}`,
    `${post}transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n${inner}`,
    `${post}transfer-encoding: chunked\r\n\r\n2\r\n{}${inner}`,
    `${post}transfer-encoding: chunked\r\n\r\n2\n{}\n0\n\n${inner}`,
    `${post}transfer-encoding: chunked\r\n\r\n2;${'a'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`,
    `${post}transfer-encoding: chunked\r\n\r\n${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`,
    `${post}transfer-encoding: chunked\r\n\r\n0\r\n${'x: y\r\n'.repeat(9_000)}\r\n`,
    `${post}content-length: 60\r\nexpect: 100-continue\r\n\r\n`,
    `GET /admin/jobs HTTP/1.1\r\n${auth}content-length: ${inner.length}\r\n\r\n${inner}`,
    `GET /healthz HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\ncontent-length: ${inner.length}\r\n\r\n${inner}`,
    `POST /admin/login HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: ${inner.length}\r\n\r\n${inner}`,
    `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${auth}\r\n`,
    `GET / HTTP/1.1\r\n${auth}x: ${'a'.repeat(20_000)}\r\n\r\n`,
    `GET / HTTP/1.1\r\n${auth}${'x: y\r\n'.repeat(2_500)}\r\n`,
    `GET /healthz HTTP/1.1\r\nx: a\r\n\r\n`,
    `GET /healthz HTTP/1.0\r\n\r\n`,
    `GET /healthz\r\n\r\n`,
    `${`GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n`.repeat(50)}`,
    `GET /admin/%0d%0a%0d%0a${encodeURIComponent(inner)} HTTP/1.1\r\n${auth}\r\n`,
    `GET /admin/runs HTTP/1.1\r\n${auth}prefer: a\r\n\tb\r\n\r\n`,
    '\r\n\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  );
  const cut = fc.nat(inner.length - 1).map((at) => inner.slice(0, at));
  const noise = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
  return fc.oneof(
    { weight: 4, arbitrary: lines },
    { weight: 6, arbitrary: framed },
    { weight: 2, arbitrary: cut },
    { weight: 1, arbitrary: noise },
  );
}

/** How a request begins that never comes to its end. */
export function unfinished(token: string): readonly string[] {
  const auth = `host: a\r\nauthorization: Bearer ${token}\r\n`;
  const body = `{"scope":{"tenantId":"${smuggled}"}}`;
  const post = `POST /admin/narrow HTTP/1.1\r\n${auth}content-type: application/json\r\n`;
  return [
    '',
    'G',
    'GET /healthz HTTP/1.1\r\n',
    `GET /healthz HTTP/1.1\r\nhost: a\r\nx: `,
    `${post}content-length: 1000\r\n\r\n`,
    `${post}content-length: ${body.length + 1}\r\n\r\n${body}`,
    `${post}transfer-encoding: chunked\r\n\r\n`,
    `${post}transfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n`,
    `${post}transfer-encoding: chunked\r\n\r\nfffff\r\n`,
    `POST /admin/login HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 1000\r\n\r\ntoken=`,
    `POST /admin/nothing HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n`,
  ];
}
