import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type FakeAgent, startFakeAgent } from './testing/fake-agent.ts';
import { openTaskWorld, summaryOf } from './testing/task-world.ts';

/** A task that sends to an agent, and what both have to say of the run. */
async function runTask() {
  await using agent = await startFakeAgent({});
  await using world = await openTaskWorld('poll-payment-status/mixed');
  const ended = await world.run({ ...agent.environment, DD_ENV: 'test', STINT_COMMIT: 'abc' });
  return { agent, summary: summaryOf(ended), calls: world.calls().length };
}

function countOf({ metrics }: FakeAgent, name: string, tag: string): number {
  return metrics
    .filter((metric) => metric.name === name && metric.tags.includes(tag))
    .reduce((sum, { value }) => sum + value, 0);
}

describe('a task, as Datadog sees it', () => {
  it('tells the same in metrics and spans as its summary does', async () => {
    const { agent, summary, calls } = await runTask();
    const { items } = summary;
    for (const outcome of ['succeeded', 'skipped', 'failed', 'quarantined'] as const)
      expect(countOf(agent, 'stint.items', `outcome:${outcome}`), outcome).to.equal(items[outcome]);
    expect(countOf(agent, 'stint.run.finished', 'status:failed')).to.equal(1);
    expect(countOf(agent, 'stint.run.finished', 'job:poll-payment-status')).to.equal(1);
    const valuesOf = (name: string) => agent.metrics.filter((metric) => metric.name === name);
    const settled = items.succeeded + items.skipped + items.failed + items.quarantined;
    expect(valuesOf('stint.item.duration')).to.have.length(settled);
    expect(valuesOf('stint.run.duration').map(({ value }) => Math.round(value))).to.deep.equal([
      Math.round(summary.durationMs),
    ]);
    expect(valuesOf('stint.checkpoint.lag')).to.have.length(summary.resume.checkpoints);
    expect(valuesOf('stint.effect.duration').filter(({ tags }) => tags.includes('kind:http'))).to.have.length(calls);
    for (const { tags } of agent.metrics) {
      expect(tags).to.include.members(['env:test', 'version:abc', 'job:poll-payment-status']);
      // Of items nothing but how many: keys would be tags without end.
      expect(tags.join()).to.not.match(/key|item:/);
    }

    const spansOf = (name: string) => agent.spans.filter((span) => span.name === name);
    const [run] = spansOf('stint.run');
    expect(spansOf('stint.run')).to.have.length(1);
    expect(run?.meta).to.include({ 'stint.run.id': summary.runId, 'stint.status': 'failed' });
    expect(run?.metrics).to.include({ 'stint.items.read': items.read });
    const failed = spansOf('stint.item').filter(({ error }) => error === 1);
    expect(failed.map(({ meta }) => meta['stint.item.key'])).to.deep.equal(summary.failures.map(({ key }) => key));
    for (const { trace_id, parent_id } of failed)
      expect({ trace_id, parent_id }).to.deep.equal({ trace_id: run?.trace_id, parent_id: run?.span_id });
    expect(spansOf('stint.http').filter(({ error }) => error === 1)).to.have.length(
      Object.values(summary.external).reduce((sum, { errors }) => sum + errors, 0),
    );
  }).timeout(60_000);
});
