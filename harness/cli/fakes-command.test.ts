import { expect } from 'chai';
import { describe, it } from 'mocha';
import { runProgram, startProgram } from '../testing/program.ts';

const cli = 'harness/cli/main.ts';

/** Serves fakes on free ports, and knows their URLs. */
async function serve(...args: readonly string[]) {
  const program = startProgram(cli, ['fakes', ...args]);
  await program.writes('Ctrl-C ends it');
  const lines = program.stdout.trim().split('\n');
  const urls = args.includes('--json')
    ? (JSON.parse(program.stdout) as Record<string, string>)
    : (Object.fromEntries(lines.map((line) => line.split('='))) as Record<string, string>);
  const control = urls.STINT_FAKES_URL ?? '';
  const send = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${control}${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
  };
  return { program, urls, send, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

describe('stint fakes', () => {
  it('serves the fakes of all jobs, and ends with 0 on SIGTERM', async () => {
    await using fakes = await serve();
    expect(Object.keys(fakes.urls)).to.deep.equal(['PAYMENTS_API_URL', 'RATES_API_URL', 'STINT_FAKES_URL']);
    const answer = await fetch(`${fakes.urls.RATES_API_URL}/v1/rates/EUR/USD`);
    expect(await answer.json()).to.include({ base: 'EUR', quote: 'USD' });
    expect((await fakes.send('GET', '/healthz')).body).to.include({ status: 'ok' });
    fakes.program.interrupt('SIGTERM');
    expect(await fakes.program.ended).to.include({ code: 0, signal: null });
  });

  it('serves those of one case, and tells of them in JSON', async () => {
    await using fakes = await serve(
      'poll-payment-status/mixed',
      '--json',
      '--host',
      '0.0.0.0',
      '--url-host',
      'localhost',
    );
    expect(Object.keys(fakes.urls)).to.deep.equal(['PAYMENTS_API_URL', 'STINT_FAKES_URL']);
    expect(fakes.urls.PAYMENTS_API_URL).to.match(/^http:\/\/localhost:\d+$/);
    const headers = { authorization: 'Bearer fixture-key' };
    expect((await fetch(`${fakes.urls.PAYMENTS_API_URL}/payments/pay_000001`, { headers })).status).to.equal(200);
    fakes.program.interrupt('SIGINT');
    expect((await fakes.program.ended).code).to.equal(0);
  });

  it('tells what was asked, takes faults and takes them back, and begins again when told to', async () => {
    await using fakes = await serve('sync-exchange-rates/demo');
    const status = async () => (await fetch(`${fakes.urls.RATES_API_URL}/v1/rates/EUR/USD`)).status;
    const fault = { fake: 'RATES_API_URL', path: '/v1/rates/:base/:quote', fault: { kind: 'status', status: 503 } };
    expect(await fakes.send('POST', '/faults', fault)).to.deep.equal({ status: 201, body: { id: '1' } });
    expect(await status()).to.equal(503);
    expect((await fakes.send('DELETE', '/faults/1')).status).to.equal(204);
    expect(await status()).to.equal(200);
    await fakes.send('POST', '/faults', fault);
    expect((await fakes.send('DELETE', '/faults')).status).to.equal(204);
    expect(await status()).to.equal(200);
    await fetch(`${fakes.urls.RATES_API_URL}/nowhere`);
    const { RATES_API_URL: calls } = (await fakes.send('GET', '/calls')).body;
    expect(calls).to.deep.include({ count: 4, byStatus: { 200: 2, 501: 1, 503: 1 } });
    expect(calls.unhandled[0]).to.include({ method: 'GET', path: '/nowhere' });
    expect((await fakes.send('POST', '/reset')).status).to.equal(204);
    expect((await fakes.send('GET', '/calls')).body.RATES_API_URL.count).to.equal(0);
  });

  it('refuses what it does not know, with the reason', async () => {
    await using fakes = await serve('sync-exchange-rates/demo');
    expect((await fakes.send('GET', '/nowhere')).status).to.equal(404);
    expect((await fakes.send('GET', '/reset')).status).to.equal(405);
    expect((await fakes.send('DELETE', '/faults/9')).status).to.equal(404);
    const { status, body } = await fakes.send('POST', '/faults', {
      fake: 'OTHER',
      path: 'v1',
      fault: { kind: 'hang' },
    });
    expect(status).to.equal(422);
    expect(body.title).to.include('RATES_API_URL').and.include('path: expected a path');
    const broken = await fetch(`${fakes.urls.STINT_FAKES_URL}/faults`, { method: 'POST', body: '{' });
    expect([broken.status, broken.headers.get('content-type')]).to.deep.equal([400, 'application/problem+json']);
    const long = await fetch(`${fakes.urls.STINT_FAKES_URL}/faults`, { method: 'POST', body: ' '.repeat(2 ** 20 + 1) });
    expect(long.status).to.equal(413);
  });

  it('says in a line what is wrong with its words, or with its port', async () => {
    const ended = async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await runProgram(cli, ['fakes', ...args]);
      expect(stdout).to.equal('');
      expect(stderr).to.not.match(/\n\s+at /);
      return { code, stderr };
    };
    const unknown = await ended('poll-payment-status/nothing');
    expect(unknown.code).to.equal(64);
    expect(unknown.stderr).to.include('poll-payment-status/mixed');
    expect((await ended('publish-cities/small')).stderr).to.include('to have fakes in its case.json');
    expect((await ended('--port-base', 'many')).stderr).to.include('expected a port');
    await using fakes = await serve('sync-exchange-rates/demo');
    const port = new URL(fakes.urls.STINT_FAKES_URL ?? '').port;
    const taken = await ended('sync-exchange-rates/demo', '--port-base', port);
    expect(taken.code).to.equal(1);
    expect(taken.stderr).to.match(/expected to listen on 127\.0\.0\.1:\d+, but something else listens there/);
  });
});
