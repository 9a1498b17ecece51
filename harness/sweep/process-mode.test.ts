import { fileURLToPath } from 'node:url';
import { jobs } from '@stint/jobs/registry';
import { findJob } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { loadCase } from '../fixture/index.ts';
import { repositoryRoot } from '../repository.ts';
import { testStack } from '../testing/test-stack.ts';
import { AttemptProcesses } from './process-attempt.ts';
import type { LedgerKind } from './site.ts';
import { type SweepOptions, sweep } from './sweep.ts';
import { openInvoices } from './testing/invoices-case.ts';
import randomKey from './testing/random-key-job.ts';

const randomKeyModule = fileURLToPath(new URL('testing/random-key-job.ts', import.meta.url));

/** Sweeps a case of a sample job, with processes that are killed. */
async function sweepSample(name: string, caseName: string, options: Partial<SweepOptions>) {
  const testCase = await loadCase(`${repositoryRoot}/fixtures/${name}/${caseName}`);
  return sweep({ stack: testStack(), testCase, job: findJob(jobs, name), mode: 'process', ...options });
}

/** What is thrown. */
async function errorOf(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => expect.fail('expected an error'),
    (error: Error) => error,
  );
}

/** Whether a process runs. */
function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a sweep that kills processes', function processTests() {
  this.timeout(180_000);

  const samples: readonly (readonly [job: string, caseName: string, ledger: LedgerKind])[] = [
    ['poll-payment-status', 'mixed', 'postgres'],
    ['publish-cities', 'happy', 'dynamodb'],
    ['sync-exchange-rates', 'mixed', 'postgres'],
  ];
  for (const [name, caseName, ledger] of samples) {
    it(`finds nothing in ${name}/${caseName}, its ledger in ${ledger}`, async () => {
      const report = await sweepSample(name, caseName, { ledger, points: 5 });
      expect(report.stories).to.deep.equal([]);
      expect(report).to.include({ passed: true, tried: 5, sampled: true, mode: 'process' });
    });
  }

  it('kills at the very effect, twice, and lets a process end by SIGTERM', async () => {
    const only = ['crash:8:before', 'crash:8:after', 'crash:8:signal'];
    const report = await sweepSample('poll-payment-status', 'happy', { only });
    expect(report.trials.map(({ point }) => point.id)).to.deep.equal(only);
    expect(report.stories).to.deep.equal([]);
    // The items that were in flight when it was killed are worked again; those of one that could finish them are not.
    expect(report.trials.map(({ workedTwice }) => workedTwice > 0)).to.deep.equal([true, true, false]);
  });

  it('catches a write that is sent again with another key, just as the fast one does', async () => {
    using invoices = await openInvoices(2);
    const options = { stack: testStack(), testCase: invoices.testCase, job: randomKey };
    const all = await sweep({ ...options, points: 'all' });
    const found = all.stories.find(({ text }) => text.startsWith('killed after POST')) ?? expect.fail('found nothing');
    const report = await sweep({ ...options, mode: 'process', jobModule: randomKeyModule, only: [found.id] });
    const [story] = report.stories;
    expect(story?.text).to.equal(found.text).and.to.include('with another Idempotency-Key');
    expect(story?.at).to.equal(found.at).and.to.include('testing/invoice-job.ts:');
    expect(story?.command).to.include('--mode process');
    expect(report.duplicated).to.be.greaterThan(0);
  });

  it('refuses a ledger that ends with its process, kinds in which nothing dies, and a job that a child does not find', async () => {
    const options = { points: 1 };
    const memory = await errorOf(sweepSample('poll-payment-status', 'happy', { ...options, ledger: 'memory' }));
    expect(memory).to.have.property('code', 'STINT_SWEEP_PROCESS_LEDGER');
    const fault = await errorOf(sweepSample('poll-payment-status', 'happy', { ...options, kinds: ['crash', 'fault'] }));
    expect(fault).to.have.property('code', 'STINT_SWEEP_NO_PROCESS_MODE');
    expect(fault.message).to.include('got fault');
    const job = { ...findJob(jobs, 'poll-payment-status') };
    const other = await errorOf(sweepSample('poll-payment-status', 'happy', { ...options, job }));
    expect(other).to.have.property('code', 'STINT_SWEEP_JOB_PLACE');
    const nowhere = await errorOf(
      sweepSample('poll-payment-status', 'happy', { ...options, job: randomKey, jobModule: '/nowhere/job.ts' }),
    );
    expect(nowhere).to.have.property('code', 'ERR_MODULE_NOT_FOUND');
  });

  it('leaves nothing running, also when it is ended early', async () => {
    const processes = await AttemptProcesses.open(findJob(jobs, 'poll-payment-status'), 'postgres');
    const { pids } = processes;
    expect(pids.map(runs)).to.deep.equal(pids.map(() => true));
    await processes[Symbol.asyncDispose]();
    expect(pids.map(runs)).to.deep.equal(pids.map(() => false));
    expect(processes.pids).to.deep.equal([]);
  });
});
