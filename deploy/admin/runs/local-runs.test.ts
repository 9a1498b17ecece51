import { expect } from 'chai';
import { describe, it } from 'mocha';
import { startFakeAgent } from '../../../harness/sinks/fake-agent.ts';
import { slackAnswers, startFakeSlack } from '../../../harness/sinks/fake-slack.ts';
import { until } from '../../../harness/testing/until.ts';
import { openAdminWorld } from '../testing/admin-world.ts';
import { openStand, type Stand } from '../testing/stand.ts';

const environment = (url: string) => ({
  STINT_SLACK_WEBHOOK_URL: url,
  DD_ENV: 'qa',
  STINT_ADMIN_URL: 'https://stint.example',
});

/** Starts a run whose items wait. */
async function startHeld({ post, held }: Stand): Promise<string> {
  const options = { headers: { prefer: 'respond-async' } };
  const { json } = await post('/admin/hold', { scope: { tenantId: 't-1' } }, options);
  await held.until(2);
  return json.runId;
}

describe('runs of the admin', () => {
  it('are told of in Slack as those of tasks are, with who started them', async () => {
    await using slack = await startFakeSlack();
    await using stand = await openStand({ environment: environment(slack.url) });
    const succeeded = await stand.post('/admin/fail-some', { scope: { kind: 'old' } });
    expect(succeeded.json.status).to.equal('succeeded');
    const runId = await startHeld(stand);
    await stand.post(`/admin/runs/${runId}/cancel`);
    await until('a message', () => slack.messages.length > 0);
    expect(slack.messages).to.have.length(1);
    const [{ text, blocks }] = slack.messages;
    expect(text).to.equal('🛑 hold cancelled · qa');
    expect(JSON.stringify(blocks))
      .to.include('admin by `ops`')
      .and.include(`https://stint.example/admin/runs/${runId}|Run`);
  });

  it('do not wait for Slack, but the end of the admin does, in bounds', async () => {
    await using slack = await startFakeSlack(slackAnswers.hang);
    await using stand = await openStand({ environment: environment(slack.url) });
    await startHeld(stand);
    const startMs = performance.now();
    // Interrupts the run.
    await stand.admin[Symbol.asyncDispose]();
    expect(performance.now() - startMs).to.be.within(4_500, 8_000);
    expect(slack.messages.map(({ text }) => text)).to.deep.equal(['⏸️ hold interrupted · qa']);
  });

  it('are told of to the agent, each as its own, also those that the end of the admin interrupts', async () => {
    await using agent = await startFakeAgent();
    await using world = await openAdminWorld({ latencyMs: 20 });
    await using program = await world.start({ ...agent.environment, DD_ENV: 'qa' });
    const cities = program.post('/admin/publish-cities', { scope: { country: 'DE' } });
    const payments = await program.post('/admin/poll-payment-status', { scope: { tenantId: 't-3' } });
    // It finds no table.
    const { json: published } = await cities;
    world.setLatency(60_000);
    await program.post('/admin/poll-payment-status', { scope: { tenantId: 't-2' } }, { prefer: 'respond-async' });
    program.process.kill('SIGTERM');
    expect(await program.ended).to.include({ code: 0, signal: null, stderr: '' });
    for (const { job, items, runId, status } of [payments.json, published]) {
      const spans = agent.spans.filter(({ name, meta }) => name === 'stint.run' && meta['stint.run.id'] === runId);
      expect(spans.map(({ metrics }) => metrics['stint.items.read'])).to.deep.equal([items.read]);
      const inTrace = agent.spans.filter(({ trace_id }) => trace_id === spans[0]?.trace_id);
      expect(
        inTrace.filter(({ name }) => name === 'stint.run'),
        job,
      ).to.have.length(1);
      expect(agent.sum('stint.run.finished', `job:${job}`, `status:${status}`, 'env:qa')).to.equal(1);
    }
    expect([payments.json.status, published.status]).to.deep.equal(['succeeded', 'failed']);
    expect(agent.sum('stint.run.finished', 'status:interrupted')).to.equal(1);
  });
});
