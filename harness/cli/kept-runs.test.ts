import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type FailedItem, type RunRecord, type Summary, summarySchema } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Ended } from '../testing/program.ts';
import { until } from '../testing/until.ts';
import { type KeptWorld, openKeptWorld } from './testing/kept-world.ts';

const summaryOf = ({ stdout }: Ended): Summary => summarySchema.parse(JSON.parse(stdout));
// Each command starts a process or two, and stores.
const patienceMs = 40_000;
const calls = (world: KeptWorld) => world.provider.calls.all.length;

/** Starts a run, lets it make so many calls, and kills it. */
async function killInMidRun(world: KeptWorld, afterCalls: number): Promise<void> {
  await using run = world.startRun();
  await until(`${afterCalls} calls`, () => calls(world) >= afterCalls, patienceMs);
  run.process.kill('SIGKILL');
  await run.ended;
}

/** The only run, once its lease has expired. */
async function crashedRun(world: KeptWorld): Promise<RunRecord> {
  const deadlineMs = performance.now() + patienceMs;
  for (;;) {
    const [run] = await world.runs();
    if (run?.leaseHeld === false || performance.now() > deadlineMs) return run!;
  }
}

describe('a kept run that was killed', () => {
  it('is listed as crashed, and gone on with by the next start, so that nothing is left undone', async () => {
    await using world = await openKeptWorld({ payments: 400, latencyMs: 50 });
    // The first checkpoint comes after a second: 250 payments, by the job's rate limit.
    await killInMidRun(world, 300);
    const crashed = await crashedRun(world);
    expect(crashed).to.include({ job: 'poll-payment-status', status: 'running', leaseHeld: false, attempt: 1 });
    const settled = crashed.checkpoint?.tally.succeeded ?? 0;
    expect(settled).to.be.within(1, 399);

    expect((await world.stint('runs')).stdout).to.match(
      new RegExp(`${crashed.runId} .* crashed +1 .* ada \\(manual\\)`),
    );
    const shown = await world.stint('show', crashed.runId);
    expect(shown).to.include({ code: 0, stderr: '' });
    expect(shown.stdout).to.match(/^crashed {2}poll-payment-status {2}/);
    expect(shown.stdout).to.include(`${settled} items settled`).and.include(`npx stint resume ${crashed.runId}`);

    await using again = world.startRun('--json');
    const ended = await again.ended;
    const { runId, attempt, resume, items, status } = summaryOf(ended);
    expect({ code: ended.code, runId, attempt, status }).to.deep.equal({
      code: 0,
      runId: crashed.runId,
      attempt: 2,
      status: 'succeeded',
    });
    expect(resume).to.include({ fromCheckpoint: true, recovered: true });
    expect(items).to.include({ remaining: 0, failed: 0 });
    const asked = new Set(world.provider.calls.all.map(({ path }) => path));
    expect(asked.size, 'payments that were asked about').to.equal(400);
    expect(calls(world)).to.be.at.most(400 + 16 + resume.replayedAtMost);
    expect(await world.runs()).to.have.nested.property('[0].status', 'succeeded');
  }).timeout(180_000);

  it('loads its case anew when it was killed while that was loaded', async () => {
    await using world = await openKeptWorld({ settled: 20_000 });
    {
      await using run = world.startRun();
      await run.writes('loading');
      run.process.kill('SIGKILL');
    }
    await using again = world.startRun('--json');
    expect(summaryOf(await again.ended).items).to.include({ read: 40, succeeded: 40 });
  }).timeout(180_000);
});

describe('a kept run that was interrupted', () => {
  it('is gone on with by its id, with its own scope, once', async () => {
    await using world = await openKeptWorld({ payments: 60, latencyMs: 200 });
    {
      await using run = world.startRun('--scope.tenantId=t-1');
      await until('20 calls', () => calls(world) >= 20, patienceMs);
      run.interrupt('SIGINT');
      expect((await run.ended).code).to.equal(130);
    }
    const [{ runId, status } = {} as RunRecord] = await world.runs();
    expect(status).to.equal('interrupted');
    const summary = await world.json<Summary>('resume', runId);
    expect(summary).to.include({ runId, attempt: 2, status: 'succeeded' });
    expect(summary.scope).to.deep.equal({ tenantId: 't-1' });
    expect(summary.items).to.include({ read: 60, succeeded: 60, remaining: 0 });
    expect(summary.resume).to.include({ fromCheckpoint: true, recovered: false });
    const again = await world.stint('resume', runId);
    expect(again).to.include({ code: 64, stdout: '' });
    expect(again.stderr).to.match(/stint: expected run .* to be interrupted, but it is succeeded; .*\n$/);
  }).timeout(180_000);
});

describe('a kept run that goes on', () => {
  it('is seen from another terminal, and ended from there', async () => {
    // More than it can get to before it is ended, however long the commands take.
    await using world = await openKeptWorld({ payments: 10_000, latencyMs: 400 });
    await using run = world.startRun('--json');
    await until('some calls', () => calls(world) >= 20, patienceMs);
    const [{ runId, ...seen } = {} as RunRecord] = await world.runs();
    expect(seen).to.include({ status: 'running', leaseHeld: true }).and.not.have.property('finishedAt');
    const cancelled = await world.stint('cancel', runId);
    expect(cancelled).to.include({ code: 0, stderr: '' });
    expect(cancelled.stdout).to.match(/^\w{26} was asked to end, and hears of it within seconds \(cancelling\)/);
    const ended = await run.ended;
    expect(summaryOf(ended)).to.include({ runId, status: 'cancelled' });
    expect((await world.stint('cancel', runId)).stdout).to.equal(`${runId} is over already: cancelled\n`);
  }).timeout(180_000);

  it('keeps the stores up for another that began beside it, on another case', async () => {
    await using world = await openKeptWorld({ payments: 30, latencyMs: 200 });
    await using first = world.startRun('--json');
    await until('a call', () => calls(world) >= 1, patienceMs);
    const cities = await world.stint('run', 'publish-cities', '--keep', '--fixture', 'happy', '--json');
    expect(summaryOf(cities).items).to.include({ read: 40, succeeded: 40 });
    expect(summaryOf(await first.ended).items).to.include({ read: 30, succeeded: 30 });
    const jobs = (await world.runs()).map(({ job }) => job);
    expect(jobs).to.deep.equal(['publish-cities', 'poll-payment-status']);
    const again = await world.stint('run', 'publish-cities', '--keep', '--fixture', 'happy', '--json');
    expect(summaryOf(again).items).to.include({ read: 40, succeeded: 0, skipped: 40 });
    expect(existsSync(join(world.slot, 'address.json'))).to.equal(false);
  }).timeout(180_000);
});

describe('failed items of a kept run', () => {
  it('are shown with what was said, without secrets, and worked again by a redrive', async () => {
    await using world = await openKeptWorld({ payments: 60 });
    const failing = ['pay_7', 'pay_8'];
    for (const reference of failing) world.state.payments[reference]!.failures = 'always';
    await using run = world.startRun('--json');
    const { runId, items } = summaryOf(await run.ended);
    expect(items).to.include({ read: 60, succeeded: 58, failed: 2 });

    const { stdout } = await world.stint('show', runId, '--failures');
    expect(stdout).to.include(`GET ${world.provider.url}/payments/pay_7  500`).and.include('the provider failed');
    expect(stdout).to.include(`npx stint redrive ${runId} `).and.not.include('key-of-the-case');
    expect((await world.stint('show', runId)).stdout)
      .to.include('    7  expected')
      .and.not.include('the provider failed');
    const { failures } = await world.json<{ failures: readonly FailedItem[] }>('show', runId);
    expect(failures.map(({ key }) => key)).to.have.members(['7', '8']);
    expect(failures[0]?.exchanges).to.have.length.greaterThan(0);

    for (const reference of failing) world.state.payments[reference]!.failures = 0;
    const dry = await world.json<Summary>('redrive', runId, '--dry-run');
    expect(dry.items).to.include({ read: 2, succeeded: 0, skipped: 2 });
    const chosen = await world.json<Summary>('redrive', runId, '--dry-run', '--key', '8', '8');
    expect(chosen).to.deep.include({ redriveOf: { runId, error: null, keys: ['8'] } });
    expect(chosen.items).to.include({ read: 1, skipped: 1 });
    expect((await world.stint('show', chosen.runId)).stdout).to.include(`  of the failed items of ${runId}: 8\n`);
    const wrong = await world.stint('redrive', runId, '--key', '8', '--key', '9');
    expect(wrong).to.deep.include({ code: 64, stdout: '' });
    expect(wrong.stderr).to.include(
      `stint: expected keys of failed items of run ${runId}, but it has none of "9"; see \`stint show ${runId} --failures\`\n`,
    );
    const one = await world.json<Summary>('redrive', runId, '--error', 'HttpError', '--limit', '1');
    expect(one.items).to.include({ succeeded: 1, failed: 0 });
    const redriven = await world.json<Summary>('redrive', runId);
    expect(redriven.items).to.include({ failed: 0, remaining: 0 });
    expect(redriven).to.deep.include({ status: 'succeeded', redriveOf: { runId, error: null, keys: null } });
    const ends = world.provider.calls.all.filter(({ path, status }) => /pay_[78]$/.test(path) && status === 200);
    expect(new Set(ends.map(({ path }) => path)).size).to.equal(2);
  }).timeout(180_000);
});

describe('commands on runs, where nothing was kept', () => {
  it('say so without starting a store', async () => {
    await using world = await openKeptWorld();
    const runs = await world.stint('runs');
    expect(runs).to.include({ code: 0, stdout: 'no runs\n' });
    expect(runs.stderr).to.contain('--keep` keeps a run in .stint/');
    for (const command of ['show', 'resume']) {
      const ended = await world.stint(command, 'no-such-run');
      expect(ended, command).to.include({ code: 64, stdout: '' });
      expect(ended.stderr).to.equal(
        'stint: expected the id of a run, got "no-such-run"; see `stint runs` for the list\n',
      );
    }
    expect(existsSync(world.slot)).to.equal(false);
  });
});
