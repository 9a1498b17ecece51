import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { until } from '../../harness/testing/until.ts';
import { openAdminWorld } from './testing/admin-world.ts';
import { ledgerKinds } from './testing/stand-ledger.ts';

const scope = { tenantId: 't-3' };
const async = { prefer: 'respond-async' };
const job = '/admin/poll-payment-status';

describe('admin, killed in mid-run', function killTests() {
  this.timeout(90_000);
  for (const ledger of ledgerKinds) {
    for (const way of ['start', 'resume'] as const) {
      it(`has its run gone on with by the next ${way}, in ${ledger}, and no item is lost`, async () => {
        await using world = await openAdminWorld({ ledger, leaseTtlMs: 2_000 });
        await using first = await world.start();
        const { runId } = (await first.post(job, { scope }, async)).json;
        let saved = 0;
        while (saved === 0) saved = (await world.ledger.run(runId))?.checkpoint?.seq ?? 0;
        first.process.kill('SIGKILL');
        expect((await first.ended).signal).to.equal('SIGKILL');
        // What may have been in flight is worked one at a time now.
        world.setLatency(0);

        await using second = await world.start();
        const again = () =>
          way === 'start' ? second.post(job, { scope }) : second.post(`/admin/runs/${runId}/resume`);
        let answer = await again();
        // The clock of PostgreSQL tells: as long as the lease is held it is in the way.
        while (answer.status === 409) {
          expect(answer.json.runId).to.equal(runId);
          await delay(100);
          answer = await again();
        }
        expect(answer.status).to.equal(200);
        expect(answer.json).to.include({ runId, attempt: 2, status: 'succeeded' });
        expect(answer.json.resume).to.include({ fromCheckpoint: true, recovered: true });
        expect(await world.unasked('t-3')).to.deep.equal([]);
        const { items } = answer.json;
        expect(items.read).to.equal(items.succeeded + items.skipped + items.failed + items.quarantined);
        const run = (await second.get(`/admin/runs/${runId}`)).json;
        expect(run.attempts.map(({ status }: { status: string | null }) => status)).to.deep.equal([null, 'succeeded']);
      });
    }
  }

  it('says on its page that the process of a run has died, and offers to resume it', async () => {
    await using world = await openAdminWorld({ leaseTtlMs: 1_000 });
    await using first = await world.start();
    const { runId } = (await first.post(job, { scope }, async)).json;
    await until('a request', () => world.calls().length > 0);
    first.process.kill('SIGKILL');
    await first.ended;

    await using second = await world.start();
    let run = (await second.get(`/admin/runs/${runId}`)).json;
    while (run.leaseHeld) run = (await second.get(`/admin/runs/${runId}`)).json;
    expect(run).to.include({ status: 'running', leaseHeld: false });
    const { text } = await second.get(`/admin/runs/${runId}`, { accept: 'text/html' });
    expect(text)
      .to.contain('crashed')
      .and.match(/its process died/)
      .and.contain('id="resume"');
  });
});
