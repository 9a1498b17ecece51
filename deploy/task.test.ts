import type { Summary } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Ended, runProgram } from '../harness/testing/program.ts';
import { startInTerminal } from '../harness/testing/terminal.ts';
import { until } from '../harness/testing/until.ts';
import { linesOf, openTaskWorld, summaryOf, task } from './testing/task-world.ts';

/** What the last line says of an input that was refused. */
function refusalOf(ended: Ended): unknown {
  expect(ended.stderr).to.equal('');
  const lines = linesOf(ended);
  expect(lines).to.have.length(1);
  // Its message is not told twice.
  expect(lines[0]?.error).to.have.all.keys('name', 'code');
  return lines[0]?.msg;
}

function expectBalance({ items }: Summary): void {
  const { read, succeeded, skipped, failed, quarantined, remaining } = items;
  expect(read).to.equal(succeeded + skipped + failed + quarantined + remaining);
}

describe('task', () => {
  it('ends with 0 and the summary as its last line when the run succeeds', async () => {
    await using world = await openTaskWorld('publish-cities/happy');
    const ended = await world.run({ STINT_COMMIT: 'abc123', STINT_IMAGE: 'stint:1' });
    const summary = summaryOf(ended);
    expect(ended).to.include({ code: 0, stderr: '' });
    expect(summary).to.include({ job: 'publish-cities', status: 'succeeded', exitCode: 0 });
    expect(summary.items).to.include({ read: 40, succeeded: 40 });
    expect(summary.trigger).to.deep.equal({ kind: 'manual', by: 'task' });
    expect(summary.version).to.deep.equal({ commit: 'abc123', image: 'stint:1' });
    // Logs of a run are looked for by them.
    for (const line of linesOf(ended))
      expect(line).to.include({ job: 'publish-cities', run: summary.runId, attempt: 1 });
    expect(await world.harness.items('cities')).to.have.length(40);
  });

  it('ends with 1 and the summary when the run fails, with neither secret nor password in the output', async () => {
    await using world = await openTaskWorld('poll-payment-status/mixed');
    const ended = await world.run();
    expect(ended.code).to.equal(1);
    expect(summaryOf(ended)).to.include({ status: 'failed', exitCode: 1 });
    const { password } = new URL(world.harness.stores.fork.postgresUrl);
    for (const secret of ['fixture-key', password]) expect(ended.stdout + ended.stderr).to.not.include(secret);
  });

  it('takes its scope from STINT_SCOPE, and a schedule from STINT_SCHEDULED_TIME', async () => {
    await using world = await openTaskWorld('poll-payment-status/mixed');
    const ended = await world.run({
      STINT_SCOPE: '{"paymentIds":["1"]}',
      STINT_SCHEDULED_TIME: '2026-09-30T08:00:00+02:00',
    });
    const summary = summaryOf(ended);
    expect(ended.code).to.equal(0);
    expect(summary.scope).to.deep.equal({ paymentIds: ['1'] });
    expect(summary.items.read).to.equal(1);
    expect(summary.trigger).to.deep.equal({
      kind: 'schedule',
      by: 'scheduler',
      scheduledTime: '2026-09-30T06:00:00.000Z',
    });
  });

  it('takes what else a run is started with from variables: id, dry run, limit, who started it', async () => {
    await using world = await openTaskWorld('poll-payment-status/mixed');
    const runId = '01M856K8D0KCDFSK7YZY5V9Q3T';
    const ended = await world.run({
      STINT_RUN_ID: runId,
      STINT_DRY_RUN: 'true',
      STINT_LIMIT: '2',
      STINT_STARTED_BY: 'ops',
      STINT_FRESH: 'true',
      STINT_OVERLAP: 'skip',
    });
    const summary = summaryOf(ended);
    expect(summary).to.deep.include({ runId, dryRun: true, trigger: { kind: 'admin', by: 'ops' } });
    expect(summary.items.succeeded + summary.items.skipped).to.equal(2);
  });

  it('redrives chosen items of a run, and resumes one, as its variables say', async () => {
    await using world = await openTaskWorld('poll-payment-status/mixed');
    const first = summaryOf(await world.run({ STINT_LEDGER: 'postgres' }));
    const redriven = summaryOf(
      await world.run({ STINT_REDRIVE: JSON.stringify({ runId: first.runId, keys: ['10'] }) }),
    );
    expect(redriven.redriveOf).to.deep.equal({ runId: first.runId, error: null, keys: ['10'] });
    expect(redriven.scope).to.deep.equal({});
    const over = await world.run({ STINT_RESUME_RUN: first.runId });
    expect(refusalOf(over)).to.match(/^expected run .* to be interrupted, but it is failed/);
  });

  it('redrives a run with its scope, when none is given', async () => {
    await using world = await openTaskWorld('poll-payment-status/mixed');
    const scope = { paymentIds: ['10', '1'] };
    const first = summaryOf(await world.run({ STINT_SCOPE: JSON.stringify(scope) }));
    expect(first.items.failed).to.equal(1);
    const redriven = summaryOf(await world.run({ STINT_REDRIVE: JSON.stringify({ runId: first.runId }) }));
    expect(redriven.scope).to.deep.equal(scope);
    expect(redriven.items).to.include({ read: 1 });
  });

  it('goes on when nobody reads its log any more', async () => {
    await using world = await openTaskWorld('poll-payment-status/mixed', 100);
    await using program = world.start({ STINT_SCOPE: '{"paymentIds":["1","3"]}' });
    await program.writes('started');
    program.process.stdout?.destroy();
    expect(await program.ended).to.include({ code: 0, stderr: '' });
    expect(await world.harness.sql(`select from payments where id in (1, 3) and status = 'pending'`)).to.have.length(0);
  });

  it('tells in one line that a store turned it away, and no password', async () => {
    await using world = await openTaskWorld('poll-payment-status/mixed');
    const url = new URL(world.harness.stores.fork.postgresUrl);
    url.pathname = '/nowhere';
    const ended = await world.run({ DATABASE_URL: url.href });
    expect(ended).to.include({ code: 1, stderr: '' });
    const message = `PostgreSQL at ${url.host}/nowhere turned us away (no such database); check DATABASE_URL`;
    expect(refusalOf(ended)).to.equal(message);
    // The same from the job's own store, when its runs are recorded elsewhere.
    const inMemory = await world.run({ DATABASE_URL: url.href, STINT_LEDGER: 'memory' });
    expect(summaryOf(inMemory).error).to.deep.equal({
      name: 'StoreRefusedError',
      code: 'STINT_STORE_REFUSED',
      message,
    });
    expect(ended.stdout).to.not.include(url.password);
    expect(ended.stdout).to.not.match(/ at .*\.ts:/);
  });
});

describe('task, in a terminal', () => {
  it('ends with its summary in words, as the command line does', async () => {
    await using world = await openTaskWorld('poll-payment-status/mixed');
    const env = { ...world.env, STINT_SCOPE: '{"paymentIds":["1","10"]}', NO_COLOR: '1' };
    await using terminal = startInTerminal(task, ['poll-payment-status'], { env });
    expect(await terminal.ended).to.equal(1);
    const { lines } = terminal.screen;
    const at = lines.findIndex((line) => line.startsWith('failed  poll-payment-status  in '));
    const under = lines.indexOf('', at);
    expect(lines.slice(under, under + 3).map((line) => line.trimEnd())).to.deep.equal([
      '',
      '  items        2 read',
      '               1 succeeded: settled 1',
    ]);
    expect(terminal.written).to.not.include('"items"');
  });

  it('writes its lines for people', async () => {
    await using terminal = startInTerminal(task, ['nope'], { env: { NO_COLOR: '1' } });
    expect(await terminal.ended).to.equal(64);
    expect(terminal.screen.lines[0]).to.match(/^\d\d:\d\d:\d\d error expected the name of a job, got "nope"/);
    expect(terminal.written).not.to.include('\u001b');
  });
});

describe('task, given what it cannot work with', () => {
  const complete = {
    DATABASE_URL: 'postgres://stint:hunter2@127.0.0.1:9/db',
    PAYMENTS_API_URL: 'http://127.0.0.1:9',
    PAYMENTS_API_KEY: 'sesame',
  };
  const job = 'poll-payment-status';
  const table: Readonly<Record<string, { args?: string[]; env?: Record<string, string>; code: number; says: string }>> =
    {
      'no job': {
        args: [],
        code: 64,
        says: 'expected the name of a job, got none; run: npx node deploy/task.ts <job>',
      },
      'a misspelt job': {
        args: ['poll-paymnt-status'],
        code: 64,
        says: 'expected the name of a job, got "poll-paymnt-status"; did you mean "poll-payment-status"?',
      },
      'an argument too many': {
        args: [job, '--dry-run'],
        code: 64,
        says: 'expected the name of a job only, got --dry-run after it; use variables such as STINT_SCOPE',
      },
      'a scope that is no JSON': {
        env: { STINT_SCOPE: '{tenantId:"t-1"}' },
        code: 64,
        says: 'expected STINT_SCOPE to be a JSON object like {"tenantId":"t-1"}, got 16 characters that are no JSON',
      },
      'a scope that is no object': {
        env: { STINT_SCOPE: '["t-1"]' },
        code: 64,
        says: 'the scope does not fit the job poll-payment-status:\n  scope: expected object, got array',
      },
      'a scope that does not fit': {
        env: { STINT_SCOPE: '{"tenant":"t-1","paymentIds":[7]}' },
        code: 64,
        says:
          'the scope does not fit the job poll-payment-status:\n' +
          '  scope.paymentIds.0: expected string, got number\n' +
          '  scope.tenant: unknown field; expected one of tenantId, paymentIds',
      },
      'a scheduled time that is none': {
        env: { STINT_SCHEDULED_TIME: '7' },
        code: 64,
        says: 'expected STINT_SCHEDULED_TIME to be an ISO 8601 time like 2026-09-30T06:00:00Z; what it holds is none',
      },
      'a shard that is none': {
        env: { STINT_SHARD: '8/8' },
        code: 64,
        says: 'expected STINT_SHARD to be an index from 0 and a count up to 1000, like "0/8" to "7/8", got "8/8"',
      },
      'a shard of a job that has none': {
        env: { STINT_SHARD: '0/8' },
        code: 64,
        says: 'expected no shard for poll-payment-status, which works all there is in each run, got 0/8; it can be split when its definition has `shards: true` and its sources take `ctx.shard`',
      },
      'starts that are none': {
        env: { STINT_LIMIT: 'sesame', STINT_DRY_RUN: 'maybe', STINT_OVERLAP: 'sesame', STINT_REDRIVE: '{' },
        code: 64,
        says:
          'the task cannot be started, variables of it do not fit: STINT_DRY_RUN: expected true or false; ' +
          'STINT_LIMIT: expected a whole number from 1 to 999,999,999; STINT_OVERLAP: expected one of skip, wait, cancel-other, allow; ' +
          'STINT_REDRIVE: expected JSON like {"runId":"…"}',
      },
      'a run id that is none': {
        env: { STINT_RUN_ID: 'sesame' },
        code: 64,
        says: 'expected runId to be a ULID, 26 characters; leave it out to get a new one',
      },
      'variables and secrets that are missing or unfit, all at once and no value': {
        env: { PAYMENTS_API_URL: 'sesame street', DATABASE_URL: '', PAYMENTS_API_KEY: '' },
        code: 78,
        says:
          'poll-payment-status needs environment variables that are missing or do not fit:\n' +
          '  PAYMENTS_API_URL: does not fit: Invalid URL\n' +
          '  DATABASE_URL: is a secret that is not set\n' +
          '  PAYMENTS_API_KEY: is a secret that is not set',
      },
      'a ledger that there is not': {
        env: { STINT_LEDGER: 'redis://:hunter2@host' },
        code: 78,
        says: 'the ledger cannot be opened:\n  STINT_LEDGER: expected "postgres", "dynamodb:<table>" or "memory", got "redis:…"',
      },
      'a database that is no URL': {
        env: { DATABASE_URL: 'hunter2' },
        code: 78,
        says: 'a store cannot be reached this way:\n  DATABASE_URL: expected a URL; what it holds is none',
      },
    };
  for (const [what, { args = [job], env = {}, code, says }] of Object.entries(table)) {
    it(`ends with ${code} and one line when it gets ${what}`, async () => {
      const ended = await runProgram(task, args, { env: { ...complete, ...env } });
      expect(refusalOf(ended)).to.equal(says);
      expect(ended.code).to.equal(code);
      expect(ended.stdout).to.not.match(/hunter2|sesame/);
    });
  }
});

describe('task, told to end in mid-run', () => {
  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    it(`finishes what is in flight and ends with ${code} on ${signal}`, async () => {
      await using world = await openTaskWorld('poll-payment-status/demo', 700);
      const settledBefore = await world.settled();
      await using program = world.start();
      await until('a full pool', () => world.calls().length >= 16);
      program.process.kill(signal);
      const ended = await program.ended;
      const summary = summaryOf(ended);

      expect(ended).to.include({ code, signal: null, stderr: '' });
      expect(summary).to.include({ status: 'interrupted', exitCode: code });
      expect(summary.error?.message).to.equal(`the run was interrupted by ${signal}`);
      expectBalance(summary);
      expect(summary.items.remaining).to.be.greaterThan(0);
      // Every request was answered, and every answer acted upon.
      expect(world.calls().filter(({ status }) => status === undefined)).to.deep.equal([]);
      expect(world.calls().filter(({ status }) => status === 200)).to.not.deep.equal([]);
      expect((await world.settled()) - settledBefore).to.equal(summary.items.succeeded);
    });
  }

  it('ends at once on a second signal', async () => {
    await using world = await openTaskWorld('poll-payment-status/mixed', 60_000);
    await using program = world.start();
    await until('a request in flight', () => world.calls().length > 0);
    program.process.kill('SIGTERM');
    await program.writes('finishing what is in flight');
    const secondMs = performance.now();
    program.process.kill('SIGTERM');
    expect(await program.ended).to.include({ code: 143, signal: null, stderr: '' });
    // The job gives a payment 10 s.
    expect(performance.now() - secondMs).to.be.lessThan(5_000);
  });
});
