import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { summarySchema } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { makeCaseFolder } from '../fixture/testing/case-folder.ts';
import { repositoryRoot } from '../repository.ts';
import { type Ended, runProgram, startProgram } from '../testing/program.ts';

const stint = (...args: readonly string[]) =>
  // A laptop's own settings must not leak into a run on a fixture.
  runProgram('harness/cli/main.ts', ['run', ...args], { env: { DATABASE_URL: 'postgres://127.0.0.1:9/prod' } });

/** All of stdout is one document. */
const summaryOf = ({ stdout }: Ended) => summarySchema.parse(JSON.parse(stdout));

/** All of stderr is JSON lines when it is a pipe. */
const messagesOf = ({ stderr }: Ended) =>
  stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).msg);

describe('stint run on the embedded stack', () => {
  it('runs a fixture by its name, tells a person what came of it, and ends with 0', async () => {
    const ended = await stint('publish-cities', '--fixture', 'happy');
    expect(ended.code).to.equal(0);
    expect(ended.stdout).to.match(/^succeeded {2}publish-cities {2}in .*, exit code 0\n/);
    expect(ended.stdout).to.include('\n  items        40 read\n               40 succeeded: published 40\n');
    expect(ended.stdout + ended.stderr).to.not.include('\u001b');
    expect(messagesOf(ended)[1]).to.match(/^loading fixtures\/publish-cities\/happy: 40 real cities/);
  });

  it('tells last where the report of the run lies, on stderr with --json', async () => {
    const { stdout } = await stint('publish-cities', '--fixture', 'happy');
    const [, file = '', runId] = /\n\n {2}report {7}(\.stint\/reports\/(\w{26})\.html)\n$/.exec(stdout) ?? [];
    const page = readFileSync(join(repositoryRoot, file), 'utf8');
    expect(page).to.include('publish-cities succeeded').and.include(String(runId));
    const json = await stint('publish-cities', '--fixture', 'happy', '--json');
    expect(messagesOf(json).at(-1)).to.equal(`report: .stint/reports/${summaryOf(json).runId}.html`);
  });

  it('ends with 1 when the run fails, and puts one JSON document on stdout with --json', async () => {
    const ended = await stint('poll-payment-status', '--fixture', 'mixed', '--json');
    expect(ended.code).to.equal(1);
    expect(summaryOf(ended)).to.include({ status: 'failed', exitCode: 1 });
    expect(messagesOf(ended)).to.deep.include.members(['started', 'failed']);
  });

  it('runs a fixture by its path', async () => {
    const path = join(repositoryRoot, 'fixtures/poll-payment-status/nothing-to-do');
    const ended = await stint('poll-payment-status', '--fixture', path, '--fresh', '--json');
    expect(ended.code).to.equal(0);
    expect(summaryOf(ended).items.read).to.equal(0);
  });

  it('ends with 64 for a case that is broken, and names file, line and reason', async () => {
    using folder = makeCaseFolder({ 'case.json': '{\n"description": "x",\n"scop": {} }' });
    const unread = await stint('poll-payment-status', '--fixture', folder.path);
    expect(unread).to.include({ code: 64, stdout: '' });
    expect(unread.stderr)
      .to.match(/^stint: .*case\.json:3: .*scop/m)
      .and.not.match(/\n\s+at /);
    using rows = makeCaseFolder({
      'case.json': '{"description":"x"}',
      'postgres/schema.sql': 'create table payments (id bigint primary key);',
      'postgres/payments.jsonl': '{"id":1}\n{"id":"sesame"}\n',
    });
    const unloaded = await stint('poll-payment-status', '--fixture', rows.path);
    expect(unloaded).to.include({ code: 64, stdout: '' });
    expect(unloaded.stderr)
      .to.match(/payments\.jsonl:2: table payments: expected values/)
      .and.not.include('sesame');
  });

  it('puts a scope together from JSON and flags, of either form, repeated ones being lists', async () => {
    const flags = [
      '--scope',
      '{"tenantId":"t-9"}',
      '--scope.tenantId',
      't-1',
      '--scope.paymentIds=1',
      '--scope.paymentIds=3',
    ];
    const summary = summaryOf(await stint('poll-payment-status', '--fixture', 'mixed', ...flags, '--json'));
    expect(summary.scope).to.deep.equal({ tenantId: 't-1', paymentIds: ['1', '3'] });
    expect(summary.items.read).to.be.within(1, 2);
  });

  it('counts writes and makes none with --dry-run, and works on as many items as --limit says', async () => {
    const ended = await stint('publish-cities', '--fixture', 'happy', '--dry-run', '--limit', '7', '--json');
    const { dryRun, items, wouldWrite, counts } = summaryOf(ended);
    expect({ code: ended.code, dryRun, counts }).to.deep.equal({ code: 0, dryRun: true, counts: {} });
    expect(items.succeeded + items.skipped).to.equal(7);
    expect(Object.values(wouldWrite).reduce((sum, count) => sum + count, 0)).to.be.at.least(1);
  });

  it('ends with 64 at once for a shard that is none, or of a job that has none', async () => {
    for (const [part, says] of [
      ['2/2', 'expected --shard to be an index from 0'],
      ['0/2', 'expected no shard for publish-cities'],
    ] as const) {
      const ended = await stint('publish-cities', '--shard', part);
      expect(ended).to.include({ code: 64, stdout: '' });
      expect(ended.stderr).to.include(says).and.not.include('starting PostgreSQL');
    }
  });

  it('goes on, and ends with 0, when nobody reads what it writes any more', async () => {
    await using program = startProgram('harness/cli/main.ts', ['run', 'publish-cities', '--fixture', 'happy']);
    await program.writes('starting PostgreSQL');
    for (const stream of [program.process.stdout, program.process.stderr]) stream?.destroy();
    expect((await program.ended).code).to.equal(0);
  });
});
