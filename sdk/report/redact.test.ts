import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { HttpError, RequestError } from '../errors.ts';
import type { HttpExchange } from '../ledger/ledger.ts';
import { ExchangeLog, keepBody } from './exchange-log.ts';
import { redactExchanges } from './redact.ts';

interface Talk {
  readonly method: string;
  readonly url: string | URL;
  readonly headers: Record<string, string>;
  readonly body: string | null;
  readonly status: number | null;
  readonly answerHeaders: Record<string, string | string[]>;
  readonly answer: string | null;
  readonly error: unknown;
}

const json = { 'content-type': 'application/json' };

function logOf(...talks: readonly Partial<Talk>[]): ExchangeLog {
  const log = new ExchangeLog();
  for (const talk of talks) {
    const { method = 'POST', url = 'https://api.example/pay', headers = {}, body = null } = talk;
    const times = { startedAtMs: Date.UTC(2026, 0, 2), startedMs: 10 };
    const exchange = log.begin({ method, url: new URL(url), headers, body, ...times });
    exchange.status = talk.status ?? null;
    exchange.headers = talk.answerHeaders ?? {};
    exchange.body = talk.answer === undefined || talk.answer === null ? null : keepBody(talk.answer);
    exchange.error = talk.error;
    exchange.end(52.4);
  }
  return log;
}

const redactOne = (talk: Partial<Talk>, secrets: readonly string[] = []): HttpExchange =>
  redactExchanges(logOf(talk), secrets)[0]!;
const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

/** Where a secret may stand in an exchange, and in which form. */
const places: readonly ((secret: string) => Partial<Talk>)[] = [
  (secret) => ({ headers: { 'x-partner': secret } }),
  (secret) => ({ headers: { 'x-partner': `id ${Buffer.from(`bob:${secret}`).toString('base64')}` } }),
  (secret) => ({ headers: { [secret]: 'x' } }),
  (secret) => ({ answerHeaders: { 'x-echo': ['a', secret] } }),
  (secret) => ({ answerHeaders: { location: `/x?y=${encodeURIComponent(secret)}` } }),
  (secret) => ({ url: `https://api.example/a/${encodeURIComponent(secret)}/b` }),
  (secret) => ({ url: `https://api.example/a?${new URLSearchParams({ q: secret, r: 's' })}` }),
  (secret) => ({ url: Object.assign(new URL('https://api.example/a'), { search: `?q=${secret}` }) }),
  (secret) => ({ url: Object.assign(new URL('https://api.example/a'), { hash: secret }) }),
  (secret) => ({ body: secret }),
  (secret) => ({ body: `a ${secret} b`, answer: `${secret}\n` }),
  (secret) => ({ body: `a=${encodeURIComponent(secret)}&b=1` }),
  (secret) => ({ body: JSON.stringify({ a: [{ [secret]: { b: secret } }] }) }),
  (secret) => ({ body: JSON.stringify({ a: JSON.stringify({ b: JSON.stringify([secret]) }) }) }),
  (secret) => ({ answer: JSON.stringify({ a: Buffer.from(JSON.stringify({ secret })).toString('base64') }) }),
  (secret) => ({ answer: `{"a":"${'x'.repeat(16_384 - 10)}${secret}"}` }),
  (secret) => ({ answer: `${'x'.repeat(16_384 - 10)}${encodeURIComponent(secret)}` }),
  (secret) => ({ error: new Error(`it is ${secret}`) }),
];

/** Where a value of which nobody knows that it is secret stands under a name that says so. */
const named: readonly ((value: string, name: string) => Partial<Talk>)[] = [
  (value, name) => ({ headers: { [name]: value }, answerHeaders: { [name]: [value, value] } }),
  (value) => ({
    headers: { authorization: `Basic ${value}`, cookie: value },
    answerHeaders: { 'set-cookie': [value] },
  }),
  (value, name) => ({ url: `https://api.example/?a=1&${name}=${encodeURIComponent(value)}&b=2` }),
  (value) => ({ url: `https://bob:${encodeURIComponent(value)}@api.example/` }),
  (value, name) => ({ body: `a=1&${name}=${encodeURIComponent(value)}` }),
  (value, name) => ({ body: JSON.stringify({ a: 1, [name]: value, b: 'c' }) }),
  (value, name) => ({ answer: JSON.stringify([{ a: { [name]: { deep: [value, { er: value }] } } }], null, 2) }),
  (value, name) => ({ answer: JSON.stringify({ a: JSON.stringify({ [name]: value }) }) }),
  (value, name) => ({ answer: JSON.stringify({ a: 1, [name]: `${value}${'x'.repeat(20_000)}` }) }),
];

describe('report/redact', () => {
  it('tells what was asked and answered, newest last', () => {
    const log = logOf(
      {
        method: 'GET',
        url: 'https://api.example/a?page=2',
        status: 200,
        answer: '{"a":1}',
        answerHeaders: { ...json, via: ['x', 'y'] },
      },
      {
        body: '{"amount":12}',
        headers: { ...json, 'idempotency-key': 'k-1' },
        error: new RequestError({ method: 'POST', host: 'h' }, 'ECONNRESET'),
      },
    );
    expect(redactExchanges(log, [])).to.deep.equal([
      {
        method: 'GET',
        url: 'https://api.example/a?page=2',
        startedAt: '2026-01-02T00:00:00.000Z',
        durationMs: 42,
        requestHeaders: {},
        requestBody: null,
        status: 200,
        responseHeaders: { ...json, via: 'x, y' },
        responseBody: '{"a":1}',
        error: null,
      },
      {
        method: 'POST',
        url: 'https://api.example/pay',
        startedAt: '2026-01-02T00:00:00.000Z',
        durationMs: 42,
        requestHeaders: { ...json, 'idempotency-key': 'k-1' },
        requestBody: '{"amount":12}',
        status: null,
        responseHeaders: {},
        responseBody: null,
        error: 'POST to h got no answer (ECONNRESET)',
      },
    ]);
  });

  it('gives nothing for an item that made no request, and says when one was not over', () => {
    expect(redactExchanges(undefined, [])).to.deep.equal([]);
    const log = new ExchangeLog();
    log.begin({ method: 'GET', url: new URL('https://h/'), headers: {}, body: null, startedAtMs: 0, startedMs: 0 });
    expect(redactExchanges(log, [])[0]).to.include({
      status: null,
      error: 'was not over when its item was',
      durationMs: 0,
    });
  });

  it('tells the same again, and what came after', () => {
    const log = logOf({ body: 'one' });
    const secrets: string[] = [];
    const first = redactExchanges(log, secrets);
    log
      .begin({ method: 'GET', url: new URL('https://h/'), headers: {}, body: 'two', startedAtMs: 0, startedMs: 0 })
      .end(1);
    expect(redactExchanges(log, secrets).map(({ requestBody }) => requestBody)).to.deep.equal(['one', 'two']);
    expect(redactExchanges(log, secrets).slice(0, 1)).to.deep.equal(first);
  });

  it('shows no secret of the job, wherever it is put and however it is written', () => {
    const secrets = fc.string({ unit: 'binary', minLength: 3, maxLength: 40 }).map((rest) => `Zq9${rest}`);
    fc.assert(
      fc.property(secrets, fc.subarray([...places], { minLength: 1, maxLength: 5 }), (secret, chosen) => {
        const shown = redactExchanges(logOf(...chosen.map((place) => place(secret))), ['unrelated', secret]);
        const text = JSON.stringify(shown);
        // Not even its beginning.
        expect(text.toLowerCase()).not.to.include('zq9');
        expect(text).not.to.include(JSON.stringify(secret).slice(1, -1));
        expect(text).not.to.include(Buffer.from(secret).toString('base64').slice(0, 8));
      }),
      { numRuns: 500 },
    );
  });

  it('shows no value whose name says that it is secret', () => {
    const names = fc.constantFrom(
      'password',
      'client_secret',
      'accessToken',
      'x-api-key',
      'cvv',
      'iban',
      'Signature',
      'card_number',
    );
    const values = fc
      .oneof(fc.string({ unit: 'binary' }), fc.constantFrom('"', '\\', '"}],\\"', '&amp;"'))
      .map((rest) => `Zq9${rest}Zq9`);
    fc.assert(
      fc.property(values, names, fc.constantFrom(...named), (value, name, place) => {
        const text = JSON.stringify(redactOne(place(value, name)));
        expect(text).not.to.include('Zq9');
        expect(text).to.include('[redacted]');
      }),
      { numRuns: 500 },
    );
  });

  it('blanks fields beside a name that is itself a secret', () => {
    const { requestBody } = redactOne({ body: '{"password":"x"}' }, ['password']);
    expect(requestBody).to.equal('{"[redacted]":"[redacted]"}');
  });

  it('fits into 64 KB, cuts the bodies of the oldest first, and says by how much', () => {
    for (const letter of ['x', '"', 'ü', '\u0001 some more plain text than that ', '😀', '{"a":1},']) {
      const body = letter.repeat(40_000 / letter.length);
      const talk = { body, answer: body, status: 200 };
      const shown = redactExchanges(logOf(talk, talk, talk, talk, { ...talk, body: 'short' }), []);
      expect(bytesOf(shown)).to.be.within(60_000, 65_536);
      expect(shown).to.have.length(5);
      expect(shown[4]?.requestBody).to.equal('short');
      for (const { responseBody } of shown) {
        const [, kept = '', more = ''] = /^(.*)… \(([\d,]+) more characters\)$/s.exec(responseBody ?? '') ?? [];
        expect(kept.length + Number(more.replaceAll(',', ''))).to.be.within(40_000 - 20, 40_000 + 20);
        expect(kept.length)
          .to.be.at.least(100)
          .and.at.most(16_384 + 1);
      }
      expect(shown[0]?.responseBody?.length).to.be.below(shown[4]?.responseBody?.length ?? 0);
    }
  });

  it('cuts what is long beside the bodies, and leaves the oldest out when nothing else helps', () => {
    const headers = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`x-${index}`, 'é'.repeat(2_000)]));
    const talk = {
      url: `https://h/${'p'.repeat(100_000)}`,
      headers,
      answerHeaders: headers,
      answer: 'x'.repeat(9_000),
    };
    const shown = redactExchanges(logOf(talk, talk, talk, talk, { ...talk, method: 'PUT' }), []);
    expect(bytesOf(shown)).to.be.at.most(65_536);
    expect(shown).to.have.length.within(1, 4);
    expect(shown.at(-1)).to.include({ method: 'PUT' });
    expect(shown.at(-1)?.url).to.match(/p… \(95,914 more characters\)$/);
    expect(shown.at(-1)?.requestHeaders['x-0']).to.match(/é… \(976 more characters\)$/);
    expect(shown.at(-1)?.requestHeaders['…']).to.equal('(497 more headers)');
  });

  it('says of an error’s body what nobody has read', () => {
    const log = logOf({ status: 500 });
    log.exchanges[0]!.body = keepBody('x'.repeat(20_000), true);
    expect(redactExchanges(log, [])[0]?.responseBody).to.match(/x… \(at least 3,616 more characters\)$/);
    log.exchanges[0]!.body = keepBody('x', true);
    expect(redactExchanges(log, ['other'])[0]?.responseBody).to.equal('x… (more was not read)');
  });

  it('leaves out bodies of which nobody can tell what is in them', () => {
    const bodies: Partial<Talk>[] = [
      { answer: Buffer.from(Array.from({ length: 1_000 }, (_, index) => (index * 7) % 256)).toString() },
      { answer: 'x'.repeat(1_000), answerHeaders: { 'content-encoding': 'gzip' } },
      { answer: 'x'.repeat(1_000), answerHeaders: { 'content-type': 'multipart/form-data; boundary=x' } },
    ];
    for (const talk of bodies) expect(redactOne(talk).responseBody).to.equal('… (1,000 more characters)');
  });

  it('takes whatever comes', () => {
    const odd = fc.oneof(
      fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) }),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString()),
      fc.json().map((text) => text.slice(0, -1)),
      fc
        .array(fc.constantFrom('"', '\\', '{', '[', ':', '=', '&', '%', '<', '>', 'password', "'", '\0', '\ud800', 'é'))
        .map((all) => all.join('')),
    );
    const error = new HttpError({ method: 'GET', host: 'h' }, 500, undefined);
    fc.assert(
      fc.property(odd, odd, fc.nat(600), fc.array(odd), (a, b, times, secrets) => {
        const body = a.repeat(times).slice(0, 50_000);
        const talk = {
          headers: { [b]: a, n: undefined, o: {} } as never,
          body,
          answer: a + b,
          answerHeaders: { [a]: [b] },
          error: b,
        };
        const shown = redactExchanges(logOf(talk, { error, body: b }, talk), secrets);
        const text = JSON.stringify(shown);
        expect(Buffer.byteLength(text)).to.be.at.most(65_536);
        // PostgreSQL's jsonb takes neither.
        expect(text).not.to.match(/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/);
      }),
      { numRuns: 300 },
    );
  });
});
