/**
 * The guide (harness/README.md) is held to its word: what it shows of TypeScript is run here, to the letter, and the commands
 * that it names are there.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jobs } from '@stint/jobs/registry';
import { findJob } from '@stint/sdk';
import { describe, it } from 'mocha';
import { expect, openHarness } from './index.ts';
import { repositoryRoot } from './repository.ts';
import { runProgram } from './testing/program.ts';

const job = findJob(jobs, 'poll-payment-status');
const readText = (path: string) => readFileSync(join(repositoryRoot, path), 'utf8');
const guide = readText('harness/README.md');
const blocks = (language: string) =>
  [...guide.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, block = '']) => block);

describe('the guide shows', () => {
  it('a first test', async () => {
    await using harness = await openHarness('poll-payment-status/mixed');
    const { summary, calls } = await harness.run(job);

    expect(summary).to.have.settled({
      succeeded: 6,
      skipped: { 'still pending': 2, 'unknown to the provider': 1 },
      failed: 1,
    });
    expect(summary).to.have.failedWith('HttpError', 1);
    expect(calls.PAYMENTS_API_URL).to.stayWithin({ concurrency: 16, perSecond: 250 });
    const refunded = harness.sql(`select id::int from payments where status = 'refunded'`);
    expect(await refunded).to.deep.equal([{ id: 9 }]);
  });

  it('what is in the tables', async () => {
    await using harness = await openHarness('poll-payment-status/happy');
    await harness.run(job, { scope: { tenantId: 't-1' } });
    await expect(harness.db)
      .table('payments')
      .to.equalRows([
        { id: 1, status: 'settled' },
        { id: 2, status: 'pending' },
        { id: 3, status: 'failed' },
        { id: 4, status: 'pending' },
        { id: 5, status: 'settled' },
        { id: 6, status: 'pending' },
      ]);
  });

  it('a sweep', async () => {
    await using harness = await openHarness('poll-payment-status/happy');
    const report = await harness.sweep(job, { kinds: ['crash', 'fault'], points: 5 });
    expect(report).to.prove({ lost: 0, duplicated: 0, differences: 0 });
  });

  it('faults, in virtual time', async () => {
    await using harness = await openHarness('poll-payment-status/happy');
    const provider = harness.fakes.PAYMENTS_API_URL!;
    provider.fault({ path: '/payments/pay_000001', times: 1 }, { kind: 'throttle', retryAfterSeconds: 20 });
    provider.fault({ path: '/payments/pay_000002', times: 1 }, { kind: 'hang' });

    const { summary } = await harness.run(job, { clock: 'virtual' });
    expect(summary).to.have.settled({ succeeded: 6, skipped: 0 });
    expect(summary.items.retried).to.equal(2);
    expect(summary.durationMs).to.be.above(20_000);
  });

  it('an interrupt, and what goes on after it', async () => {
    await using harness = await openHarness('poll-payment-status/happy');
    const first = await harness.run(job, { interrupt: { afterItems: 3, by: 'SIGTERM' } });
    expect(first.summary).to.include({ status: 'interrupted', exitCode: 143 });

    const { summary } = await harness.resume();
    expect(summary).to.include({ status: 'succeeded', attempt: 2 });
    expect(summary).to.have.settled({ read: 6, succeeded: 6 });
  });
});

describe('the guide', () => {
  it('has at most 250 lines', () => {
    expect(guide.split('\n').length).to.be.at.most(250);
  });

  it('shows no TypeScript that is not run above', () => {
    const dedented = readText('harness/guide.test.ts').replaceAll(/^ {4}/gm, '');
    const shown = blocks('ts');
    expect(shown).to.have.length.at.least(4);
    for (const block of shown) expect(dedented).to.include(block);
  });

  it('names only commands that there are, with options that they have', async () => {
    const named = new Map<string, Set<string>>();
    for (const [, command = '', rest = ''] of guide.matchAll(/npx stint ([a-z]+)([^\n`]*)/g)) {
      const options = named.get(command) ?? new Set();
      for (const [option] of rest.matchAll(/--[a-z][a-z-]*/g)) options.add(option);
      named.set(command, options);
    }
    expect([...named.keys()]).to.include.members(['run', 'replay', 'new', 'fakes']);
    for (const [command, options] of named) {
      const { code, stdout } = await runProgram('harness/cli/main.ts', [command, '--help']);
      expect(code, command).to.equal(0);
      for (const option of options) expect(stdout, `stint ${command}`).to.include(option);
    }
  }).timeout(120_000);

  it('names only scripts that there are', () => {
    const { scripts } = JSON.parse(readText('package.json'));
    for (const [, name] of guide.matchAll(/npm run ([a-z:]+)/g)) expect(scripts).to.have.property(name ?? '');
  });
});
