import { openHarness } from '@stint/harness';
import { jobs } from '@stint/jobs/registry';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { externalEnvironment } from '../../../harness/testing/external-environment.ts';
import { until } from '../../../harness/testing/until.ts';
import { openFakeEcs } from '../testing/fake-ecs.ts';
import { openStand } from '../testing/stand.ts';
import { readTaskSettings } from './task-starter.ts';

const settings = { cluster: 'jobs', subnets: ['subnet-1', 'subnet-2'], securityGroups: ['sg-1'] };

async function setup({ latencyMs = 0, taskLacks = '' } = {}) {
  await using opened = new AsyncDisposableStack();
  const harness = opened.use(await openHarness('poll-payment-status/mixed'));
  Object.assign(harness.fakes.PAYMENTS_API_URL?.state ?? {}, { latencyMs });
  const own = externalEnvironment(harness.stores);
  const ecs = opened.use(await openFakeEcs({ ...own, STINT_LEASE_TTL_MS: '5000', [taskLacks]: undefined }));
  const task = readTaskSettings({ STINT_ADMIN_TASK: JSON.stringify(settings) });
  const environment = { ...own, AWS_ENDPOINT_URL_ECS: ecs.url, AWS_REGION: 'us-east-1' };
  const stand = opened.use(await openStand({ jobs, environment, ...(task === undefined ? {} : { task }) }));
  const all = opened.move();
  return { stand, ecs, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

const tenant = { scope: { tenantId: 't-1' }, target: 'task' };

describe('admin/runs/task-runs', function taskRunsTests() {
  this.timeout(60_000);

  it('starts a task in ECS as its settings say, and answers with the summary that it has left in the ledger', async () => {
    await using world = await setup();
    const { status, json } = await world.stand.post('/admin/poll-payment-status', {
      ...tenant,
      limit: 2,
      dryRun: true,
    });
    expect(status).to.equal(200);
    expect(json).to.include({ status: 'succeeded', dryRun: true });
    expect(json.trigger).to.deep.equal({ kind: 'admin', by: 'ops' });
    expect(json.scope).to.deep.equal({ tenantId: 't-1' });
    const [order] = world.ecs.started;
    expect(order).to.deep.include({
      cluster: 'jobs',
      taskDefinition: 'stint-poll-payment-status',
      clientToken: json.runId,
    });
    expect(order.networkConfiguration.awsvpcConfiguration).to.deep.equal({
      subnets: ['subnet-1', 'subnet-2'],
      securityGroups: ['sg-1'],
      assignPublicIp: 'DISABLED',
    });
  });

  it('answers at once when that is preferred, with a run that is found as soon as its task has begun it', async () => {
    await using world = await setup();
    const { stand } = world;
    const { status, json, headers } = await stand.post('/admin/poll-payment-status', tenant, {
      headers: { prefer: 'respond-async' },
    });
    expect(status).to.equal(202);
    expect(json).to.deep.include({ task: 'arn:aws:ecs:us-east-1:123456789012:task/jobs/0', run: null });
    const early = await stand.get(String(headers.location));
    expect(early.status).to.equal(404);
    expect(early.json.detail).to.contain('has not begun it yet');
    await world.ecs.programs[0]?.ended;
    expect((await stand.get(String(headers.location))).json).to.include({ runId: json.runId });
  });

  it('redrives chosen items in a task', async () => {
    await using world = await setup();
    const first = (await world.stand.post('/admin/poll-payment-status', { scope: { paymentIds: ['10'] } })).json;
    expect(first.items.failed).to.equal(1);
    const { status, json } = await world.stand.post(`/admin/runs/${first.runId}/redrive`, {
      target: 'task',
      keys: ['10'],
    });
    expect(status).to.equal(200);
    expect(json.redriveOf).to.deep.equal({ runId: first.runId, error: null, keys: ['10'] });
    expect(world.ecs.programs).to.have.length(1);
  });

  it('resumes an interrupted run in a task', async () => {
    await using world = await setup({ latencyMs: 300 });
    const first = await world.stand.post('/admin/poll-payment-status', tenant, {
      headers: { prefer: 'respond-async' },
    });
    await until('the task to work', () => world.ecs.programs[0]?.stdout.includes('"started"') === true);
    world.ecs.programs[0]?.process.kill('SIGTERM');
    await world.ecs.programs[0]?.ended;
    const { status, json } = await world.stand.post(`/admin/runs/${first.json.runId}/resume`, { target: 'task' });
    expect(status).to.equal(200);
    expect(json).to.include({ runId: first.json.runId, attempt: 2 });
  });

  it('takes an answer with failures for what it is, and tells no more of an error than its name', async () => {
    await using world = await setup();
    const { stand, ecs } = world;
    ecs.next = { status: 200, body: { tasks: [], failures: [{ reason: 'RESOURCE:CPU' }] } };
    const refused = await stand.post('/admin/poll-payment-status', tenant);
    expect(refused.status).to.equal(502);
    expect(refused.json.detail).to.equal('ECS did not take the task: RESOURCE:CPU');
    ecs.next = { status: 400, body: { __type: 'ClusterNotFoundException', message: 'secret things' } };
    const missing = await stand.post('/admin/poll-payment-status', tenant);
    expect(missing.json.detail).to.contain('ClusterNotFoundException').and.not.to.contain('secret');
    expect((await stand.post('/admin/poll-payment-status', { target: 'task' })).status).to.equal(422);
    expect(await stand.ledger.runs()).to.deep.equal([]);
  });

  it('tells why, when a task ends before its run began', async () => {
    await using world = await setup({ taskLacks: 'PAYMENTS_API_KEY' });
    const { status, json } = await world.stand.post('/admin/poll-payment-status', tenant);
    expect(status).to.equal(502);
    expect(json.detail).to.match(/ended before its run began: Essential container in task exited \(exit code 78\)/);
  });

  it('refuses more than ECS takes as overrides, before anything is started', async () => {
    await using world = await setup();
    const first = (await world.stand.post('/admin/poll-payment-status', { scope: { paymentIds: ['10'] } })).json;
    const keys = Array.from({ length: 900 }, (_, index) => `some-key-${index}`);
    const { status, json } = await world.stand.post(`/admin/runs/${first.runId}/redrive`, { target: 'task', keys });
    expect(status).to.equal(422);
    expect(json.detail).to.contain('at most 8192 characters');
    expect(world.ecs.started).to.deep.equal([]);
  });

  it('refuses tasks where none can be started', async () => {
    await using stand = await openStand();
    const { status, json } = await stand.post('/admin/fail-some', { target: 'task' });
    expect(status).to.equal(422);
    expect(json.errors).to.deep.equal([{ path: 'target', message: 'expected process, got task' }]);
    expect(() => readTaskSettings({ STINT_ADMIN_TASK: '{"cluster":""}' })).to.throw(
      /STINT_ADMIN_TASK: expected settings like .*, but cluster: .*subnets/,
    );
    expect(() => readTaskSettings({ STINT_ADMIN_TASK: 'jobs' })).to.throw(/expected JSON like/);
  });
});
