import type { Summary } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  type FakeAgent,
  type FakeAgentOptions,
  type ReceivedSpan,
  startFakeAgent,
} from '../harness/sinks/fake-agent.ts';
import { linesOf, openTaskWorld, summaryOf } from './testing/task-world.ts';

/** Runs a case as a task that an agent listens to. */
async function setup(name: string, options: FakeAgentOptions = {}, latencyMs?: number) {
  await using agent = await startFakeAgent(options);
  await using world = await openTaskWorld(name, latencyMs);
  const env = { ...agent.environment, DD_ENV: 'test', STINT_COMMIT: 'abc123' };
  const ended = await world.run(env);
  expect(ended.stderr).to.equal('');
  return {
    agent,
    ended,
    summary: summaryOf(ended),
    secrets: ['fixture-key', new URL(world.env.DATABASE_URL ?? '').password],
  };
}

const outcomes = ['succeeded', 'skipped', 'failed', 'quarantined'] as const;
const settledOf = ({ items }: Summary) => outcomes.reduce((sum, outcome) => sum + items[outcome], 0);
const distributionsOf = ({ metrics }: FakeAgent, name: string, ...tags: string[]) =>
  metrics.filter(
    (metric) => metric.name === name && metric.type === 'd' && tags.every((tag) => metric.tags.includes(tag)),
  );

/** What the agent was told adds up to what the summary says. */
function expectMetrics(agent: FakeAgent, summary: Summary): void {
  for (const outcome of outcomes) {
    expect(agent.sum('stint.items', `outcome:${outcome}`), outcome).to.equal(summary.items[outcome]);
  }
  expect(agent.sum('stint.run.finished', `status:${summary.status}`)).to.equal(1);
  expect(agent.sum('stint.run.finished')).to.equal(1);
  expect(agent.sum('stint.limit.waited')).to.equal(Math.round(summary.limits.waitedMs));
  expect(distributionsOf(agent, 'stint.run.duration').map(({ value }) => value)).to.deep.equal([summary.durationMs]);
  expect(distributionsOf(agent, 'stint.item.duration')).to.have.length(settledOf(summary));
  expect(distributionsOf(agent, 'stint.checkpoint.lag')).to.have.length(summary.resume.checkpoints);
  for (const [host, { calls }] of Object.entries(summary.external)) {
    const target = `target:${host.replace(/[^\w.:/-]/g, '_')}`;
    expect(distributionsOf(agent, 'stint.effect.duration', 'kind:http', target), host).to.have.length(calls);
  }
  const common = ['env:test', `job:${summary.job}`, 'service:stint', 'version:abc123'];
  for (const { name, tags } of agent.metrics) {
    expect(name).to.match(/^stint\./);
    expect(tags, name).to.include.members(common);
    expect(new Set(tags.map((tag) => tag.split(':')[0])).size, name).to.equal(tags.length);
  }
}

/** The spans are those of the run, and those of its items that failed. */
function expectSpans({ spans }: FakeAgent, summary: Summary): ReceivedSpan {
  const runs = spans.filter(({ name }) => name === 'stint.run');
  expect(runs).to.have.length(1);
  const [run] = runs as [ReceivedSpan];
  expect(run.resource).to.equal(summary.job);
  expect(run.meta).to.include({
    'stint.run.id': summary.runId,
    'stint.status': summary.status,
    env: 'test',
    version: 'abc123',
  });
  expect(run.error).to.equal(summary.error === null ? 0 : 1);
  const { retried: _, ...counts } = summary.items;
  for (const [name, count] of Object.entries(counts)) expect(run.metrics[`stint.items.${name}`], name).to.equal(count);
  expect(Number(run.duration) / 1e6).to.be.closeTo(summary.durationMs, 1_000);

  const items = spans.filter(({ name }) => name === 'stint.item');
  const failed = items.filter(({ meta }) => meta['stint.outcome'] === 'failed');
  expect(failed).to.have.length(summary.items.failed);
  const told = failed.map(({ meta, metrics }) => ({
    key: meta['stint.item.key'],
    attempts: metrics['stint.attempts'],
  }));
  expect(told).to.deep.include.members(summary.failures.map(({ key, attempts }) => ({ key, attempts })));
  expect(failed.every(({ error, meta }) => error === 1 && meta['error.type'] !== undefined)).to.equal(true);
  const known = new Set(spans.map(({ span_id }) => span_id));
  for (const span of spans) {
    expect(span.trace_id, span.name).to.equal(run.trace_id);
    expect(span.service).to.equal('stint');
    if (span !== run) expect(known.has(span.parent_id), span.name).to.equal(true);
    if (span.name === 'stint.item') expect(span.parent_id).to.equal(run.span_id);
    expect(span.name).to.match(/^stint\.(run|item|postgres|dynamodb|http|ledger|sleep)$/);
  }
  return run;
}

describe('an observed run', () => {
  it('tells the agent over UDP and HTTP exactly what its summary says, and its log lines lead to its trace', async () => {
    const { agent, ended, summary, secrets } = await setup('poll-payment-status/mixed');
    expect(summary.status).to.equal('failed');
    expect(summary.items.failed).to.be.greaterThan(0);
    expectMetrics(agent, summary);
    const run = expectSpans(agent, summary);
    expect(agent.asked).to.include('udp').and.include('/v0.4/traces');
    const lines = linesOf(ended).filter((line) => line.run === summary.runId) as {
      msg: string;
      dd?: { span_id: string };
    }[];
    const tied = lines.filter(({ dd }) => dd !== undefined);
    expect(tied.map(({ msg }) => msg)).to.include('failed');
    const spanIds = new Set(agent.spans.map(({ span_id }) => `${span_id}`));
    for (const { dd, msg } of tied) expect(spanIds.has(dd?.span_id ?? ''), msg).to.equal(true);
    expect(tied.some(({ dd }) => dd?.span_id === `${run.span_id}`)).to.equal(true);
    const sent = JSON.stringify([agent.spans, agent.metrics], (_, value) =>
      typeof value === 'bigint' ? `${value}` : value,
    );
    for (const secret of secrets) expect(sent).to.not.include(secret);
  });

  it('tells as exactly of 2,400 items, over HTTP alone', async () => {
    const { agent, ended, summary } = await setup('poll-payment-status/demo', { takesMetricsOverHttp: true }, 5);
    expect(ended.code).to.equal(0);
    expect(summary.items.read).to.equal(2_400);
    expectMetrics(agent, summary);
    expectSpans(agent, summary);
    expect(agent.asked).to.not.include('udp');
    const sampled = agent.spans.filter(({ name, meta }) => name === 'stint.item' && meta['stint.outcome'] !== 'failed');
    expect(sampled.length).to.be.within(5, 200);
  });

  for (const behaviour of ['hang', 'reset', 'refuse'] as const) {
    it(`ends as it would without an agent that would ${behaviour}, and tells UDP all the same`, async () => {
      const { agent, ended, summary } = await setup('poll-payment-status/mixed', { behaviour });
      expect(ended.code).to.equal(1);
      expect(summary.items.read).to.be.greaterThan(0);
      expectMetrics(agent, summary);
    });
  }
});
