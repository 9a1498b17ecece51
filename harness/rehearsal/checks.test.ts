import type { Job } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { startFakeAgent } from '../sinks/fake-agent.ts';
import { sampleSummary } from '../testing/sample-summary.ts';
import smallestJob from '../testing/smallest-job.ts';
import { type Check, checkExpected, checkLines, checkMetrics, checkSlack, checkSpans } from './checks.ts';

const job = smallestJob as unknown as Job;
const line = (text: string) => ({ tag: 'app', source: 'stdout', text }) as const;
const failed = (checks: readonly Check[]) =>
  checks.filter(({ problem }) => problem !== undefined).map(({ what }) => what);

describe('the checks of a rehearsal', () => {
  it('find a line that is no JSON, one with what is the router’s, and one with a secret', () => {
    const good = line('{"level":"info","msg":"started","service":"stint"}');
    expect(failed(checkLines([good], ['sesame']))).to.deep.equal([]);
    expect(failed(checkLines([], []))).to.have.length(1);
    expect(failed(checkLines([good, line('Killed')], []))).to.deep.equal([
      '2 lines reached the log router, each of them JSON',
    ]);
    expect(failed(checkLines([line('{"ddtags":"env:prod"}')], []))).to.have.length(1);
    expect(failed(checkLines([line('{"msg":"open sesame"}')], ['sesame']))).to.deep.equal(['no line holds a secret']);
  });

  it('find metrics and spans that did not arrive', async () => {
    await using agent = await startFakeAgent();
    const summary = sampleSummary({});
    expect(checkMetrics(agent, summary).problem).to.include('"finished":0');
    expect(checkSpans(agent, summary).problem).to.equal('{"runs":0}');
  });

  it('find that Slack was not told of a run that failed, and was of one that succeeded', () => {
    const [good, bad] = [
      sampleSummary({ status: 'succeeded', exitCode: 0 }),
      sampleSummary({ status: 'failed', exitCode: 1 }),
    ];
    const message = { text: `❌ ${job.name} failed` };
    expect(checkSlack([message], job, bad)).to.deep.equal({ what: `Slack is told: ❌ ${job.name} failed` });
    expect(checkSlack([], job, bad).problem).to.equal('[]');
    expect(checkSlack([], job, good).problem).to.equal(undefined);
    expect(checkSlack([message], job, good).problem).to.include(job.name);
  });

  it('compare a run with what its case expects, in the parts that it names', () => {
    const summary = sampleSummary({ status: 'succeeded' });
    const { read } = summary.items;
    expect(checkExpected(summary, undefined).problem).to.equal(undefined);
    expect(checkExpected(summary, { status: 'succeeded', items: { read } }).problem).to.equal(undefined);
    expect(checkExpected(summary, { items: { read: read + 1 } }).problem).to.include('"items"');
  });
});
