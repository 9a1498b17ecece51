import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { formatHar } from '../http/har.ts';
import { repositoryRoot } from '../repository.ts';
import { runProgram } from '../testing/program.ts';

const replay = (...args: readonly string[]) => runProgram('harness/cli/main.ts', ['replay', ...args]);

/** Copies of cases, and cases written for a test, side by side. */
function setup() {
  const root = mkdtempSync(join(tmpdir(), 'stint-replay-'));
  const path = (file: string) => join(root, file);
  return {
    path,
    read: (file: string) => readFileSync(path(file), 'utf8'),
    copy: (name: string) => cpSync(join(repositoryRoot, 'fixtures', name), path(name), { recursive: true }),
    write(file: string, text: string) {
      mkdirSync(dirname(path(file)), { recursive: true });
      writeFileSync(path(file), text);
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true }),
  };
}

const recorded = 'poll-payment-status/recorded';
const base = 'https://provider.example/v1';
const schema = `create table payments (id bigint primary key, tenant_id text not null, provider_ref text not null,
  amount_cents bigint not null, currency text not null, status text not null, created_at timestamptz not null,
  updated_at timestamptz);`;

/** A case of two payments in CSV; the provider was recorded when it was asked about the first. */
function writeRecorded(world: ReturnType<typeof setup>) {
  const text = { description: 'recorded', secrets: { PAYMENTS_API_KEY: 'k' }, http: { PAYMENTS_API_URL: base } };
  world.write(`${recorded}/case.json`, JSON.stringify(text));
  world.write(`${recorded}/postgres/schema.sql`, schema);
  const rows = [1, 2].map((id) => `${id},t-1,pay_${id},100,EUR,pending,2026-09-30T04:00:00Z`);
  world.write(
    `${recorded}/postgres/payments.csv`,
    `id,tenant_id,provider_ref,amount_cents,currency,status,created_at\n${rows.join('\n')}\n`,
  );
  const exchange = (id: number) => ({
    method: 'GET',
    url: `${base}/payments/pay_${id}`,
    requestHeaders: [],
    requestBody: null,
    status: 200,
    responseHeaders: [{ name: 'content-type', value: 'application/json' }],
    responseBody: Buffer.from('{"status":"settled"}'),
    error: null,
    startedAt: new Date('2026-09-30T06:00:00Z'),
    durationMs: 5,
  });
  const record = (...ids: readonly number[]) => world.write(`${recorded}/http.har`, formatHar(ids.map(exchange)));
  record(1);
  return { record };
}

describe('stint replay', () => {
  it('ends with 0 when a case is as expected, named in either way, and with 1 when one is not, and tells what', async () => {
    using world = setup();
    world.copy('publish-cities/happy');
    const file = 'publish-cities/happy/expected/dynamodb/cities.jsonl';
    world.write(file, world.read(file).replace('"population":2750547', '"population":5'));
    const ended = await replay('publish-cities/happy', world.path('publish-cities/happy'));
    expect(ended).to.include({ code: 1 });
    expect(ended.stdout).to.match(/^same {2}publish-cities\/happy {2}.*\ndifferent {2}publish-cities\/happy {2}/);
    expect(ended.stdout).to.include('\n  dynamodb cities\n    ~ 184745  population: expected 5, got 2750547\n');
    expect(ended.stdout).to.not.include('\u001b');
    expect(await replay('publish-cities/happy')).to.include({ code: 0 });
  });

  it('accepts what came with --update, and puts one JSON document on stdout with --json', async () => {
    using world = setup();
    const { record } = writeRecorded(world);
    record(1, 2);
    const first = await replay(world.path(recorded));
    expect(first).to.include({ code: 0 });
    expect(first.stdout).to.include('no outcome is accepted yet; --update accepts this one');
    expect(await replay(world.path(recorded), '--update')).to.include({ code: 0 });
    expect(JSON.parse(world.read(`${recorded}/summary.json`))).to.deep.include({ counts: { settled: 2 } });
    const ended = await replay(world.path(recorded), '--json');
    expect(ended).to.include({ code: 0 });
    expect(JSON.parse(ended.stdout)).to.have.length(1);
    expect(JSON.parse(ended.stdout)[0]).to.include({ case: recorded, status: 'same', accepted: true });
  });

  it('ends with 1 when a request was not recorded, shows it, and replays the other cases all the same', async () => {
    using world = setup();
    writeRecorded(world);
    const ended = await replay(world.path(recorded), 'publish-cities/happy');
    expect(ended).to.include({ code: 1 });
    expect(ended.stdout).to.match(
      /^broken {2}poll-payment-status\/recorded\n {2}expected PAYMENTS_API_URL to be asked/,
    );
    expect(ended.stdout).to.include(
      'GET /v1/payments/pay_2: the nearest that is recorded is GET /v1/payments/pay_1, which differs in its path',
    );
    expect(ended.stdout).to.match(/^same {2}publish-cities\/happy/m);
  });

  it('ends with 64 when a row cannot be loaded, and says where', async () => {
    using world = setup();
    writeRecorded(world);
    const file = `${recorded}/postgres/payments.csv`;
    world.write(file, world.read(file).replace('\n2,', '\nsesame,'));
    const ended = await replay(world.path(recorded), '--json');
    expect(ended).to.include({ code: 64 });
    const [{ message, ...result }] = JSON.parse(ended.stdout);
    expect(result).to.deep.equal({ case: recorded, status: 'broken', code: 'STINT_FIXTURE_ROW' });
    expect(message).to.include('payments.csv:3: table payments: ').and.not.include('sesame');
  });

  it('ends with 64 before anything is started when cases cannot be read, and names all of them', async () => {
    using world = setup();
    world.write('publish-cities/one/case.json', '{\n"description": }');
    world.write('publish-cities/two/case.json', '{\n"description": "x",\n"scop": {} }');
    const ended = await replay(world.path('publish-cities/one'), world.path('publish-cities/two'));
    expect(ended).to.include({ code: 64, stdout: '' });
    expect(ended.stderr).to.include('one/case.json:2: expected JSON').and.include('two/case.json:3: ');
  });

  it('ends with 64 when it is called in a way that means nothing', async () => {
    using world = setup();
    world.write('no-such-job/one/case.json', '{"description":"x"}');
    const calls: readonly [readonly string[], string][] = [
      [[], 'got none; or use --all'],
      [['publish-cities/none'], 'got "publish-cities/none"'],
      [['publish-cities/happy', '--all'], 'either cases or --all'],
      [['publish-cities/happy', '--stack', 'external'], 'Allowed choices are embedded, containers, auto'],
      [[world.path('no-such-job/one')], 'expected the name of a job, got "no-such-job"'],
    ];
    for (const [args, says] of calls) {
      const ended = await replay(...args);
      expect(ended, args.join(' ')).to.include({ code: 64, stdout: '' });
      expect(ended.stderr).to.include(says);
    }
  });
});
