import { expect } from 'chai';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { defineJob, type Job } from '../job.ts';
import { MemoryLedger } from '../ledger/memory.ts';
import { runJob } from '../run.ts';
import { memorySource } from '../sources/memory.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { readRunReport, recordOfSummary } from './read-run-report.ts';
import { sampleSeries } from './testing/report-samples.ts';

const job = defineJob({
  name: 'bake',
  summary: 'Bakes what is asked for.',
  scope: z.object({ seconds: z.number().optional() }),
  limits: { tolerate: { failures: 100, percent: 100 } },
  async run(ctx) {
    const loaves = Array.from({ length: 70 }, (_, index) => `loaf-${index}`);
    await ctx.each(memorySource(loaves), async (loaf, item) => {
      if (loaf.endsWith('7')) throw new RangeError('burnt');
      await ctx.clock.sleep((ctx.scope.seconds ?? 1) * 1_000, item.signal);
    });
  },
}) as unknown as Job;

function setup() {
  const clock = new VirtualClock();
  const ledger = new MemoryLedger({ clock });
  const bake = (scope = {}) => clock.run(runJob(job, { ledger, clock, scope }));
  const reportOf = async (runId: string) => readRunReport(ledger, (await ledger.run(runId))!);
  return { clock, ledger, bake, reportOf };
}

describe('reading a report', () => {
  it('tells a run with what its ledger keeps: its failures and its course', async () => {
    const { ledger, bake, reportOf } = setup();
    const { runId } = await bake();
    const record = (await ledger.run(runId))!;
    const page = await readRunReport(Object.assign(ledger, { series: async () => [sampleSeries()] }), record);
    expect(page)
      .to.include('bake succeeded, but 7 of 70 items failed')
      .and.include('loaf-17')
      .and.include('Throughput');
    expect(await reportOf(runId)).to.include('loaf-17');
  });

  it('compares it with the last runs of the same scope, when there are three', async () => {
    const { bake, reportOf } = setup();
    const median = async (runId: string) => />median ([^<]*)</.exec(await reportOf(runId))?.[1];
    for (const seconds of [1, 2, 4]) await bake({ seconds: seconds + 10 });
    const first = await bake();
    await bake();
    const third = await bake();
    expect(await median(first.runId)).to.equal(undefined);
    expect(await median(third.runId)).to.equal(undefined);
    const fourth = await bake();
    expect(await median(fourth.runId)).to.match(/ s$/);
  });

  it('compares none that had a limit, nor with one, and says what it was', async () => {
    const { clock, ledger, bake, reportOf } = setup();
    const isCompared = async (runId: string) => (await reportOf(runId)).includes('>median ');
    const few = () => clock.run(runJob(job, { ledger, clock, limit: 7 }));
    for (let runs = 0; runs < 3; runs++) await few();
    const all = await bake();
    expect(await isCompared(all.runId)).to.equal(false);
    for (let runs = 0; runs < 2; runs++) await bake();
    const { runId } = await few();
    expect(await isCompared(runId)).to.equal(false);
    expect(await reportOf(runId)).to.include('at most 7 items');
  });

  it('makes a record for a start that was refused', async () => {
    const { clock, ledger } = setup();
    const going = runJob(job, { ledger, clock, overlap: 'skip' });
    const summary = await runJob(job, { ledger, clock, overlap: 'skip', trigger: { kind: 'schedule' } });
    expect(summary.status).to.equal('refused');
    expect(await ledger.run(summary.runId)).to.equal(undefined);
    const page = await readRunReport(ledger, recordOfSummary(summary));
    expect(page).to.include('bake was refused').and.include('STINT_REFUSED_OVERLAP');
    await clock.run(going);
  });
});
