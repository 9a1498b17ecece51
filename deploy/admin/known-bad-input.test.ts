/** Each was found by `bad-input.test.ts`, or by looking for what it does not try. */
import { StintError } from '@stint/sdk';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { toAdminError } from './http/problems.ts';
import { judgeAnswer } from './testing/judge-answer.ts';
import type { RawAnswer } from './testing/raw-answer.ts';
import { RawClient } from './testing/raw-client.ts';
import { openStand, type Stand } from './testing/stand.ts';

const cursor = (json: string) => Buffer.from(json).toString('base64url');

describe('admin: bad input that is known', function knownTests() {
  this.timeout(60_000);
  let stand: Stand;
  let client: RawClient;

  before(async () => {
    stand = await openStand();
    client = new RawClient(stand.admin.url);
  });
  after(async () => {
    client?.[Symbol.dispose]();
    await stand?.[Symbol.asyncDispose]();
  });

  async function ask(line: string, headers: readonly string[] = [], body = ''): Promise<RawAnswer> {
    const length = body === '' ? [] : [`content-length: ${body.length}`];
    const lines = [line, 'host: a', `authorization: Bearer ${stand.tokens.admin}`, ...headers, ...length];
    const answer = await client.ask(Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1'), false);
    if (answer === undefined) throw new Error('expected an answer, got none');
    judgeAnswer(answer);
    return answer;
  }

  for (const [target, status] of [
    ['http://a/healthz', 200],
    ['HTTPS://a:1/admin/jobs?x=y', 200],
    ['http://a', 302],
    ['http://[', 404],
    ['http://a:99999/healthz', 404],
    ['foo://a', 404],
    ['http:///', 404],
  ] as const) {
    it(`takes the target ${target} for a path, or for none`, async () => {
      expect((await ask(`GET ${target} HTTP/1.1`)).status).to.equal(status);
    });
  }

  it('takes the target * for none', async () => {
    expect((await ask('OPTIONS * HTTP/1.1')).status).to.equal(404);
  });

  it('answers 405 to methods that no route has, with those that it has', async () => {
    for (const method of ['PROPFIND', 'TRACE', 'DELETE']) {
      const { status, headers } = await ask(`${method} /admin/jobs HTTP/1.1`);
      expect(status).to.equal(405);
      expect(headers.allow).to.equal('HEAD, GET, POST');
      expect((await ask(`${method} /nothing HTTP/1.1`)).status).to.equal(404);
    }
  });

  it('answers an expectation that it does not know as any request', async () => {
    expect((await ask('GET /healthz HTTP/1.1', ['expect: 200-ok'])).status).to.equal(200);
  });

  it('ends the connection after a request that would rather speak another protocol', async () => {
    // Node's parser drops what comes after it in the same packet, and forgets to tell of what is malformed later on.
    for (const method of ['GET', 'POST']) {
      const { headers } = await ask(`${method} /healthz HTTP/1.1`, ['connection: upgrade', 'upgrade: h2c']);
      expect(headers.connection).to.equal('close');
    }
  });

  it('refuses cursors that are none', async () => {
    const [runId] = [(await stand.post('/admin/fail-some', {})).json.runId];
    const places = ['{"toString":1,"valueOf":1}', '[1e300,1]', '[-1,-1]', '{}', '"x', '1'];
    for (const place of places.map(cursor))
      for (const list of ['/admin/runs', '/admin/audit', `/admin/runs/${runId}/failures`])
        expect((await ask(`GET ${list}?after=${place} HTTP/1.1`)).status).to.equal(400);
  });

  it('refuses to work failed items of a dry run again, and to go on with one', async () => {
    const { json } = await stand.post('/admin/fail-some', { dryRun: true });
    expect((await ask(`POST /admin/runs/${json.runId}/redrive HTTP/1.1`)).status).to.equal(422);
    expect((await ask(`POST /admin/runs/${json.runId}/resume HTTP/1.1`)).status).to.equal(409);
  });

  it('reads tens of thousands of fields of a form in no time, before it knows who sends them', async () => {
    const body = Array.from({ length: 40_000 }, (_, at) => at.toString(36)).join('&');
    const startedMs = performance.now();
    const { status } = await ask(
      'POST /admin/login HTTP/1.1',
      ['content-type: application/x-www-form-urlencoded'],
      body,
    );
    expect(status).to.be.oneOf([401, 429]);
    // One by one they took 13 s.
    expect(performance.now() - startedMs).to.be.below(3_000);
  });

  it('tells a hundred of the fields that do not fit, not each of thousands', async () => {
    const names = Array.from({ length: 10_000 }, (_, at) => `k${at}`);
    const json = JSON.stringify({ scope: Object.fromEntries(names.map((name) => [name, 1])) });
    const told = await ask('POST /admin/fail-some HTTP/1.1', ['content-type: application/json'], json);
    expect(told.status).to.equal(422);
    expect(JSON.parse(told.body).errors).to.have.length(100);
    const form = names.map((name) => `scope.${name}=1`).join('&');
    const page = await ask(
      'POST /admin/jobs/fail-some HTTP/1.1',
      ['accept: text/html', 'content-type: application/x-www-form-urlencoded'],
      form,
    );
    expect(page.status).to.equal(422);
    expect(page.body.length).to.be.below(50_000);
  });

  it('tells what is wrong with an input, and with a store, by status', () => {
    for (const [code, status] of [
      ['STINT_LEDGER_TOO_LARGE', 422],
      ['STINT_STORE_LOST', 503],
      ['STINT_LEDGER_NO_TABLE', 503],
    ] as const)
      expect(toAdminError(new StintError(code, 'expected less'))).to.include({ status, message: 'expected less' });
  });
});
