import { expect } from 'chai';
import { describe, it } from 'mocha';
import { loadCase } from '../fixture/index.ts';
import { startCaseFakes } from '../fixture/start-case-fakes.ts';
import { makeCaseFolder } from '../fixture/testing/case-folder.ts';
import { refusalOf } from '../fixture/testing/refusal.ts';
import { type Exchange, formatHar } from './har.ts';
import { startRecordedService } from './recorded-service.ts';

const base = 'https://provider.example/v1';

function recorded(method: string, path: string, status: number, body = '', more: Partial<Exchange> = {}): Exchange {
  return {
    method,
    url: `${base}${path}`,
    requestHeaders: [],
    requestBody: null,
    status,
    responseHeaders: [{ name: 'content-type', value: 'application/json' }],
    responseBody: Buffer.from(body),
    error: null,
    startedAt: new Date('2026-09-30T06:00:00Z'),
    durationMs: 1,
    ...more,
  };
}

const setup = (exchanges: readonly Exchange[], ignore: readonly string[] = []) =>
  startRecordedService({ name: 'PAYMENTS_API_URL', exchanges, ignore });

describe('a recorded service', () => {
  it('gives the answers to a request in the order in which they were recorded, and the last one again', async () => {
    await using service = await setup([
      recorded('GET', '/payments/1', 500),
      recorded('GET', '/payments/2', 200, '{"id":2}'),
      recorded('GET', '/payments/1', 200, '{"id":1}', { responseHeaders: [{ name: 'x-request', value: 'r-1' }] }),
    ]);
    const ask = async (path: string) => {
      const answer = await fetch(`${service.url}/v1${path}`);
      return [answer.status, await answer.text(), answer.headers.get('x-request')];
    };
    expect(await ask('/payments/1')).to.deep.equal([500, '', null]);
    expect(await ask('/payments/1')).to.deep.equal([200, '{"id":1}', 'r-1']);
    expect(await ask('/payments/1')).to.deep.equal([200, '{"id":1}', 'r-1']);
    expect(await ask('/payments/2')).to.deep.equal([200, '{"id":2}', null]);
    service.reset();
    expect((await ask('/payments/1'))[0]).to.equal(500);
    service.assertNoUnhandled();
  });

  it('knows a request by method, path, query and body, however they are written, not by its headers', async () => {
    const body = Buffer.from('{"amount": 5, "of": {"b": 1, "a": 2}}');
    await using service = await setup([recorded('POST', '/refunds?x=1&y=a%20b', 201, '{}', { requestBody: body })]);
    const post = (query: string, text: string) =>
      fetch(`${service.url}/v1/refunds${query}`, { method: 'POST', body: text, headers: { 'x-other': '1' } });
    expect((await post('?y=a+b&x=1', '{"of":{"a":2,"b":1},"amount":5}')).status).to.equal(201);
    expect((await post('?x=1&y=a%20b', '{"amount":6}')).status).to.equal(501);
    expect((await post('?x=2&y=a%20b', body.toString())).status).to.equal(501);
    expect(() => service.assertNoUnhandled())
      .to.throw('PAYMENTS_API_URL')
      .with.property('code', 'STINT_FAKE_UNHANDLED');
  });

  it('passes over the parts that are to be ignored, and no others', async () => {
    const requestBody = Buffer.from('{"id":"a","of":{"at":1},"lines":[{"no":1,"sum":5},{"no":2,"sum":6}]}');
    const ignore = ['$.id', '$.of.at', '$.lines[*].no', '?at'];
    await using service = await setup([recorded('POST', '/refunds?at=1&x=1', 201, '{}', { requestBody })], ignore);
    const post = async (query: string, body: string) =>
      (await fetch(`${service.url}/v1/refunds${query}`, { method: 'POST', body })).status;
    expect(await post('?x=1&at=2', '{"id":"b","of":{"at":9},"lines":[{"no":8,"sum":5},{"sum":6}]}')).to.equal(201);
    expect(await post('?x=1', '{"of":{},"lines":[{"no":8,"sum":5},{"sum":7}]}')).to.equal(501);
    expect(await post('?x=2', '{"of":{},"lines":[{"no":8,"sum":5},{"sum":6}]}')).to.equal(501);
  });

  it('shows what was never recorded with the nearest request that was, and no value of either', async () => {
    const requestBody = Buffer.from('{"amount":5,"note":"secret-note"}');
    await using service = await setup([
      recorded('GET', '/payments/1', 200),
      recorded('GET', '/payments/1/refunds?page=1', 200),
      recorded('POST', '/refunds?key=s3cret', 201, '{}', { requestBody }),
    ]);
    await fetch(`${service.url}/v1/payments/2`);
    await fetch(`${service.url}/v1/payments/1/refunds?page=2`);
    await fetch(`${service.url}/v1/refunds?key=s3cret`, { method: 'POST', body: '{"amount":6,"note":"secret-note"}' });
    await fetch(`${service.url}/v1/refunds?key=s3cret`, { method: 'PUT', body: '{"amount":5,"note":"secret-note"}' });
    expect(service.unhandled).to.have.length(4);
    let told = '';
    try {
      service.assertNoUnhandled();
    } catch (error) {
      told = String(error);
    }
    expect(told.split('\n').slice(1)).to.deep.equal([
      '  GET /v1/payments/2: the nearest that is recorded is GET /v1/payments/1, which differs in its path',
      '  GET /v1/payments/1/refunds: the nearest that is recorded is GET /v1/payments/1/refunds, which differs in ?page',
      '  POST /v1/refunds: the nearest that is recorded is POST /v1/refunds, which differs in $.amount',
      '  PUT /v1/refunds: the nearest that is recorded is POST /v1/refunds, which differs in its method',
    ]);
    expect(told)
      .to.include('PAYMENTS_API_URL')
      .and.include('got 4 requests')
      .and.not.match(/s3cret|secret-note/);
    service.reset();
    service.assertNoUnhandled();
  });

  it('breaks the connection where there was no answer', async () => {
    await using service = await setup([recorded('GET', '/payments/1', 0, '', { error: 'ECONNRESET' })]);
    expect(await fetch(`${service.url}/v1/payments/1`).catch((error: unknown) => error)).to.be.instanceOf(TypeError);
    service.assertNoUnhandled();
  });

  it('answers with what can have no body, and leaves out what belonged to the connection', async () => {
    const responseHeaders = [
      { name: 'Content-Length', value: '999' },
      { name: 'Transfer-Encoding', value: 'chunked' },
      { name: 'Retry-After', value: '7' },
    ];
    await using service = await setup([recorded('DELETE', '/payments/1', 204, '', { responseHeaders })]);
    const answer = await fetch(`${service.url}/v1/payments/1`, { method: 'DELETE' });
    expect([answer.status, answer.headers.get('retry-after')]).to.deep.equal([204, '7']);
  });
});

describe('a case with recorded services', () => {
  const caseJson = (http: object) => JSON.stringify({ description: 'recorded', http });

  it('starts them at the URLs that their variables get', async () => {
    using folder = makeCaseFolder({
      'case.json': caseJson({ PAYMENTS_API_URL: `${base}/`, RATES_API_URL: 'https://rates.example' }),
      'http.har': formatHar([
        recorded('GET', '/payments/1', 200, '{"id":1}'),
        recorded('GET', '', 200, '{"base":"EUR"}', { url: 'https://rates.example/v2/EUR?x=1' }),
      ]),
    });
    await using fakes = await startCaseFakes(await loadCase(folder.path));
    expect(await (await fetch(`${fakes.env.PAYMENTS_API_URL}/payments/1`)).json()).to.deep.equal({ id: 1 });
    expect(await (await fetch(`${fakes.env.RATES_API_URL}/v2/EUR?x=1`)).json()).to.deep.equal({ base: 'EUR' });
    expect((await fetch(`${fakes.env.RATES_API_URL}/v1/payments/1`)).status).to.equal(501);
    expect(fakes.running.PAYMENTS_API_URL?.calls.count()).to.equal(1);
  });

  it('is refused when it ignores what is no part of a request', async () => {
    using folder = makeCaseFolder({ 'case.json': '{\n"description": "recorded",\n"ignore": ["$.id", "id"]\n}' });
    const { message } = await refusalOf(loadCase(folder.path));
    expect(message).to.include('case.json:3: ignore.1: expected a part of requests');
  });

  it('is refused when the recording is missing, or has calls of a service that is not named', async () => {
    using without = makeCaseFolder({ 'case.json': caseJson({ PAYMENTS_API_URL: base }) });
    expect((await refusalOf(loadCase(without.path))).message).to.match(/http\.har: expected it beside case\.json/);
    using stray = makeCaseFolder({
      'case.json': caseJson({ PAYMENTS_API_URL: base }),
      'http.har': formatHar([
        recorded('GET', '/payments/1', 200),
        recorded('GET', '', 200, '', { url: `${base}0?key=s` }),
      ]),
    });
    const { message } = await refusalOf(loadCase(stray.path));
    expect(message).to.include('log.entries.1: expected the URL of a service').and.to.include('provider.example/v10;');
    expect(message).to.not.include('key=s');
  });
});
