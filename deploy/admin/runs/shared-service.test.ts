import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { AdminService } from '../admin-service.ts';
import type { RunEvent, RunView } from '../schemas.ts';
import { openStand, type Stand } from '../testing/stand.ts';
import { SharedService } from './shared-service.ts';

const started = { headers: { prefer: 'respond-async' } };

async function start(stand: Stand): Promise<string> {
  const { json } = await stand.post('/admin/hold', { scope: { tenantId: 't-1' } }, started);
  await stand.held.until(2);
  return json.runId;
}

describe('SharedService', () => {
  it('asks once for all who ask for the same', async () => {
    const asked: string[] = [];
    const ask = (name: string) => async () => {
      asked.push(name);
      return { name };
    };
    const names = ['jobs', 'job', 'runs', 'run', 'report', 'failures'] as const;
    const beneath = Object.fromEntries(names.map((name) => [name, ask(name)])) as unknown as AdminService;
    const service = new SharedService(beneath, { keepMs: Number.POSITIVE_INFINITY });
    const once = () =>
      Promise.all([
        service.jobs(),
        service.job('a'),
        service.runs({}),
        service.run('a'),
        service.report('a'),
        service.failures('a', {}),
      ]);
    const [first, ...others] = await Promise.all(Array.from({ length: 20 }, once));
    expect(asked).to.deep.equal(names);
    for (const other of others) expect(other).to.deep.equal(first);
  });

  it('keeps apart what differs in any part of the question', async () => {
    await using stand = await openStand();
    await stand.post('/admin/fail-some', {});
    const runId = await start(stand);
    const ids = async (query: string) =>
      (await stand.get(`/admin/runs?${query}`)).json.items.map((run: { runId: string }) => run.runId);
    const [all, held, ended, first] = await Promise.all(
      ['', 'job=hold', 'status=succeeded', 'limit=1'].map((query) => ids(query)),
    );
    expect(all).to.have.length(2);
    expect(held).to.deep.equal([runId]);
    expect(ended).to.deep.equal(all.filter((id: string) => id !== runId));
    expect(first).to.deep.equal([runId]);
  });

  it('shows at once what was started, cancelled and ended here', async () => {
    await using stand = await openStand();
    const statuses = async () =>
      (await stand.get('/admin/runs')).json.items.map((run: { status: string }) => run.status);
    expect(await statuses()).to.deep.equal([]);
    const runId = await start(stand);
    expect(await statuses()).to.deep.equal(['running']);
    const { json: other } = await stand.post('/admin/fail-some', {});
    expect(other.status).to.equal('succeeded');
    expect(await statuses()).to.deep.equal(['succeeded', 'running']);
    await stand.post(`/admin/runs/${runId}/cancel`);
    expect((await stand.get(`/admin/runs/${runId}`)).json.cancelledBy).to.equal('ops');
  });

  it('shows the end of a run that went on elsewhere to whoever was told of it as a watcher', async () => {
    let status: RunView['status'] = 'running';
    const end = { id: 'end-1', event: 'end', json: '' } as RunEvent;
    const elsewhere = {
      run: async () => ({ status }) as RunView,
      async *watch() {
        status = 'succeeded';
        yield end;
      },
    } as unknown as AdminService;
    const service = new SharedService(elsewhere, { keepMs: Number.POSITIVE_INFINITY });
    const { signal } = new AbortController();
    expect((await service.run('it')).status).to.equal('running');
    const told: RunEvent[] = [];
    for await (const event of service.watch('it', { signal })) told.push(event);
    expect(told).to.deep.equal([end]);
    expect((await service.run('it')).status).to.equal('succeeded');
  });
});
