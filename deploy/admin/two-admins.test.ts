import { defineJob, memorySource } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { openRaw } from './testing/rude-client.ts';
import { Held, openStand } from './testing/stand.ts';
import { ledgerKinds } from './testing/stand-ledger.ts';

const path = '/admin/wait-late';

/** Its first two items are done at once, the others wait. */
function jobs(held: Held) {
  return [
    defineJob({
      name: 'wait-late',
      summary: 'Works two items, then waits.',
      scope: z.object({}),
      admin: { unscoped: true },
      limits: { drainMs: 200 },
      async run(ctx) {
        await ctx.each(memorySource(['a', 'b', 'c', 'd']), async (value, item) => {
          if (value > 'b') await held.wait(item.key, item.signal);
        });
      },
    }),
  ] as never;
}

describe('two admins on one ledger', function twoTests() {
  this.timeout(60_000);
  for (const ledger of ledgerKinds) {
    it(`see, watch and cancel each other's runs in ${ledger}`, async () => {
      const held = new Held();
      await using stand = await openStand({ ledger, leaseTtlMs: 3_000, jobs: jobs(held) });
      await using other = await stand.another();
      const { runId } = (await stand.post(path, {}, { headers: { prefer: 'respond-async' } })).json;
      await held.until(2);
      expect((await other.get('/admin/runs')).json.items[0]).to.include({ runId, status: 'running' });
      const refused = await other.post(path, {});
      expect(refused.status).to.equal(409);
      expect(refused.json.runId).to.equal(runId);

      const events = `/admin/runs/${runId}/events`;
      using here = await openRaw(stand.admin.url, events, { token: stand.tokens.read });
      using there = await openRaw(other.admin.url, events, { token: stand.tokens.read });
      await here.reads('"isLive":true');
      await there.reads('"progress":{"isLive":false');
      await there.reads('"settled":2');

      const cancelled = await other.post(`/admin/runs/${runId}/cancel`);
      expect(cancelled.status).to.equal(202);
      expect(cancelled.json.cancelledBy).to.equal('ops');
      const askedMs = performance.now();
      await Promise.all([here.reads('event: end'), there.reads('event: end')]);
      // A heartbeat is a third of the lease, what is in flight gets 200 ms.
      expect(performance.now() - askedMs).to.be.lessThan(4_000);
      for (const { text } of [here, there])
        expect(text.match(/event: end\ndata: (.*)\n/)?.[1]).to.contain('"status":"cancelled"');
      expect((await other.post(`/admin/runs/${runId}/resume`)).status).to.equal(409);
    });
  }

  it('tells who watches at one that the other was stopped, and goes on with its run', async () => {
    const held = new Held();
    await using stand = await openStand({ jobs: jobs(held) });
    await using other = await stand.another();
    const { runId } = (await stand.post(path, {}, { headers: { prefer: 'respond-async' } })).json;
    await held.until(2);
    using watching = await openRaw(other.admin.url, `/admin/runs/${runId}/events`, { token: stand.tokens.read });
    await watching.reads('event: progress');
    await stand.admin[Symbol.asyncDispose]();
    await watching.reads('event: end');
    expect(watching.text).to.contain('"status":"interrupted"');
    held.letGo();
    const { json } = await other.post(path, {});
    expect(json).to.include({ runId, attempt: 2, status: 'succeeded' });
    expect(json.items).to.include({ read: 4, succeeded: 4 });
    expect(json.resume).to.include({ fromCheckpoint: true, recovered: false, replayed: 0 });
  });
});
