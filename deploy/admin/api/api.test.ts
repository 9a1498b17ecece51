import { Validator } from '@seriousme/openapi-schema-validator';
import { summarySchema } from '@stint/sdk';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Contract } from '../testing/contract.ts';
import { type Answer, type AskOptions, openStand, type Stand, type StandOptions } from '../testing/stand.ts';

describe('admin/api', function apiTests() {
  this.timeout(60_000);
  let stand: Stand;
  let contract: Contract;
  const open = async (options: StandOptions = {}) => {
    stand = await openStand(options);
    contract = new Contract((await stand.get('/admin/openapi.json')).json);
  };
  const get = async (path: string, options: AskOptions = {}): Promise<Answer> => {
    const answer = await stand.get(path, options);
    contract.check('GET', path, answer);
    return answer;
  };
  const post = async (path: string, body?: unknown, options: AskOptions = {}): Promise<Answer> => {
    const answer = await stand.post(path, body, options);
    contract.check('POST', path, answer);
    return answer;
  };
  const async = { headers: { prefer: 'respond-async' } };

  beforeEach(() => open());
  afterEach(() => stand[Symbol.asyncDispose]());

  it('hands out an OpenAPI document that is valid, with the scope of each job', async () => {
    const { json } = await stand.get('/admin/openapi.json');
    const { valid, errors } = await new Validator().validate(json);
    expect(errors ?? []).to.deep.equal([]);
    expect(valid).to.equal(true);
    const body = json.paths['/admin/hold'].post.requestBody.content['application/json'].schema;
    expect(body.properties.scope.properties.tenantId.description).to.equal('one tenant');
  });

  it('runs a job and answers with its summary when it has ended', async () => {
    const { status, json, headers } = await post('/admin/fail-some', { scope: { tenantId: 't-1' } });
    expect(status).to.equal(200);
    const summary = summarySchema.parse(json);
    expect(summary).to.deep.include({
      status: 'succeeded',
      trigger: { kind: 'admin', by: 'ops' },
      scope: { tenantId: 't-1' },
    });
    expect(summary.items).to.include({ read: 4, succeeded: 2, failed: 2 });
    const run = (await get(String(headers['content-location']))).json;
    expect(run).to.deep.include({ status: 'succeeded', job: 'fail-some', attempt: 1 });
    expect(run.attempts).to.have.length(1);
    expect(run.summary).to.deep.equal(json);
  });

  it('answers at once when that is preferred, and tells of the run while it goes on and when it has ended', async () => {
    const { status, json, headers } = await post('/admin/hold', { scope: { tenantId: 't-1' } }, async);
    expect(status).to.equal(202);
    expect(headers).to.include({ location: `/admin/runs/${json.runId}`, 'preference-applied': 'respond-async' });
    await stand.held.until(2);
    expect((await get(`/admin/runs/${json.runId}`)).json).to.include({ status: 'running', leaseHeld: true });
    const waited = post('/admin/hold', { scope: { tenantId: 't-1' } }, async);
    expect((await waited).status).to.equal(409);
    stand.held.letGo();
    const events = await stand.get(`/admin/runs/${json.runId}/events`);
    expect(events.text).to.match(/\nid: end-1\nevent: end\ndata: \{.*"status":"succeeded"/);
  });

  it('waits as long as the client likes to, and no longer', async () => {
    const { status, json, headers } = await post(
      '/admin/hold',
      { scope: { ids: ['1'] } },
      { headers: { prefer: 'wait=0, respond-async' } },
    );
    expect(status).to.equal(202);
    expect(headers['preference-applied']).to.equal('wait=0');
    stand.held.letGo();
    const events = await stand.get(`/admin/runs/${json.runId}/events`);
    expect(events.text).to.contain('event: end');
    const whole = await post('/admin/fail-some', {}, { headers: { prefer: 'wait=60' } });
    expect(whole.status).to.equal(200);
  });

  it('starts none without a scope, unless the job allows it', async () => {
    for (const scope of [undefined, {}, { tenantId: '' }, { ids: [] }]) {
      const { status, json } = await post('/admin/hold', scope === undefined ? undefined : { scope });
      expect(status).to.equal(422);
      expect(json.errors[0].path).to.equal('scope');
      expect(json.errors[0].message).to.contain('tenantId, ids, since');
    }
    expect((await post('/admin/fail-some')).status).to.equal(200);
    expect(await stand.ledger.runs({ job: 'hold' })).to.deep.equal([]);
  });

  it('tells all that does not fit a scope, with its place', async () => {
    const { status, json } = await post('/admin/hold', { scope: { tenant: 't', most: 0, ids: [1] } });
    expect(status).to.equal(422);
    expect(json.errors.map(({ path }: { path: string }) => path)).to.have.members([
      'scope.tenant',
      'scope.most',
      'scope.ids.0',
    ]);
    expect((await post('/admin/hold', { scopes: {} })).status).to.equal(422);
    expect((await post('/admin/hold', { scope: { tenantId: 't' }, limit: 0 })).json.errors[0].path).to.equal('limit');
  });

  it('refuses above its number of runs, other jobs included', async () => {
    await stand[Symbol.asyncDispose]();
    await open({ maxRuns: 1 });
    await post('/admin/hold', { scope: { tenantId: 't-1' } }, async);
    const { status, json, headers } = await post('/admin/fail-some', {});
    expect(status).to.equal(429);
    expect(json.detail).to.contain('expected fewer than 1 runs');
    expect(headers['retry-after']).to.equal('10');
  });

  it('answers 503 for a job whose environment is not there, without a value', async () => {
    const { status, json } = await post('/admin/needs-env', {});
    expect(status).to.equal(503);
    expect(json.detail).to.contain('SOME_API_URL: is not set');
  });

  it('cancels a run for good, at once when it goes on here', async () => {
    const { json } = await post('/admin/hold', { scope: { tenantId: 't-1' } }, async);
    await stand.held.until(2);
    const { status, headers } = await post(`/admin/runs/${json.runId}/cancel`, undefined, { as: 'trigger' });
    expect(status).to.equal(202);
    expect(headers.location).to.equal(`/admin/runs/${json.runId}`);
    await stand.get(`/admin/runs/${json.runId}/events`);
    const run = (await get(`/admin/runs/${json.runId}`)).json;
    expect(run).to.include({ status: 'cancelled', cancelledBy: 'qa' });
    expect((await post(`/admin/runs/${json.runId}/cancel`)).status).to.equal(409);
    expect((await post(`/admin/runs/${json.runId}/resume`)).status).to.equal(409);
  });

  it('redrives all failed items of a run, those of one error, and those that are chosen', async () => {
    const first = (await post('/admin/fail-some', { scope: { kind: 'new' } })).json;
    const failures = (await get(`/admin/runs/${first.runId}/failures?limit=1`)).json;
    expect(failures.items).to.have.length(1);
    const rest = (await get(`/admin/runs/${first.runId}/failures?after=${failures.next}`)).json;
    expect([...failures.items, ...rest.items].map(({ key }: { key: string }) => key)).to.deep.equal(['b', 'c']);
    expect(rest.next).to.equal(null);
    expect((await get(`/admin/runs/${first.runId}/failures?error=TypeError`)).json.items).to.deep.equal([]);

    const all = (await post(`/admin/runs/${first.runId}/redrive`)).json;
    expect(all.items).to.include({ read: 2, failed: 2 });
    const some = (await post(`/admin/runs/${first.runId}/redrive`, { error: 'RangeError' })).json;
    expect(some.items.read).to.equal(2);
    const { json: chosen, headers } = await post(`/admin/runs/${first.runId}/redrive`, { keys: ['c'] });
    expect(chosen.items.read).to.equal(1);
    expect(chosen.redriveOf).to.deep.equal({ runId: first.runId, error: null, keys: ['c'] });
    expect((await get(String(headers['content-location']))).json.redriveOf.keys).to.deep.equal(['c']);
    expect((await post(`/admin/runs/${first.runId}/redrive`, { keys: ['z'] })).status).to.equal(422);
  });

  it('lists runs a page at a time, by job and status', async () => {
    const ids: string[] = [];
    for (let run = 0; run < 5; run += 1) ids.push((await post('/admin/fail-some', { limit: 1 })).json.runId);
    const seen: string[] = [];
    let after = '';
    do {
      const { json } = await get(`/admin/runs?job=fail-some&limit=2&after=${after}`);
      seen.push(...json.items.map(({ runId }: { runId: string }) => runId));
      after = json.next ?? '';
    } while (after !== '');
    expect(seen).to.deep.equal(ids.toReversed());
    expect((await get('/admin/runs?status=failed')).json.items).to.deep.equal([]);
    expect((await get('/admin/runs?status=nothing')).status).to.equal(422);
    expect((await get('/admin/runs?job=nothing')).status).to.equal(404);
    expect((await get('/admin/runs?after=%FF')).status).to.be.oneOf([400, 422]);
  });

  it('tells of jobs: schedule, next times, and how their last runs went', async () => {
    await post('/admin/fail-some', { dryRun: true });
    await post('/admin/fail-some', {});
    const { json } = await get('/admin/jobs');
    expect(json.items.map(({ name }: { name: string }) => name)).to.deep.equal(['hold', 'fail-some', 'needs-env']);
    const [hold, failing] = json.items;
    expect(hold).to.include({ schedule: 'every 15 minutes', overlap: 'skip', unscoped: false, target: 'process' });
    expect(hold.nextRuns).to.have.length(3);
    expect(failing.health).to.have.length(1);
    expect(failing.health[0]).to.include({ status: 'succeeded', failed: 2 });
    const { nextRuns, ...same } = (await get('/admin/jobs/hold')).json;
    expect(nextRuns).to.have.length(3);
    expect(hold).to.deep.include(same);
    expect((await get('/admin/jobs/nothing')).status).to.equal(404);
  });

  it('keeps who did what, for those who may see it', async () => {
    const { json } = await post('/admin/fail-some', { scope: { tenantId: 't-1' } }, { as: 'trigger' });
    await post(`/admin/runs/${json.runId}/redrive`, { keys: ['b'] });
    const audit = (await get('/admin/audit')).json;
    expect(audit.items.map(({ by, action }: { by: string; action: string }) => `${by} ${action}`)).to.deep.equal([
      'ops redrive',
      'qa start',
    ]);
    expect(audit.items[1].detail).to.deep.equal({
      scope: { tenantId: 't-1' },
      dryRun: false,
      limit: null,
      target: 'process',
    });
    expect((await get('/admin/audit', { as: 'trigger' })).status).to.equal(403);
  });

  it('lets each role do what is its own, and nobody without a token', async () => {
    expect((await post('/admin/fail-some', {}, { as: 'read' })).status).to.equal(403);
    expect((await get('/admin/jobs', { as: 'read' })).status).to.equal(200);
    const strange = { headers: { authorization: 'Bearer stint_something' } };
    for (const path of ['/admin/jobs', '/admin/runs', '/admin/audit'])
      expect((await get(path, strange)).status).to.equal(401);
    expect((await get('/healthz', strange)).json).to.deep.equal({ status: 'ok' });
    expect((await get('/readyz', strange)).json).to.deep.equal({ status: 'ok' });
    expect(await stand.ledger.runs()).to.deep.equal([]);
  });

  it('answers problems by RFC 9457 for what is not there', async () => {
    for (const [path, status] of [
      ['/admin/nothing/at/all', 404],
      ['/admin/runs/none', 404],
      ['/admin/runs/none/failures', 404],
      ['/admin/runs/none/events', 404],
    ] as const) {
      const { status: got, json, headers } = await stand.get(path);
      expect(got).to.equal(status);
      expect(headers['content-type']).to.equal('application/problem+json');
      expect(json).to.include({ type: 'about:blank', status });
    }
    for (const action of ['cancel', 'resume', 'redrive'])
      expect((await post(`/admin/runs/none/${action}`)).status).to.equal(404);
    expect((await post('/admin/nothing')).status).to.equal(404);
  });
});
