import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { defineJob, memorySource } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { openRaw } from './testing/rude-client.ts';
import { openStand, type Stand } from './testing/stand.ts';

const items = 1_200;
const itemMs = 20;
const watchers = 40;
/** Stands in each event: about five of them a second. */
const note = 'x'.repeat(250_000);

const job = defineJob({
  name: 'tell-much',
  summary: 'Takes its time, and tells much.',
  scope: z.object({ note: z.string().optional() }),
  limits: { concurrency: 4 },
  async run(ctx) {
    const values = Array.from({ length: items }, (_, value) => value);
    await ctx.each(memorySource(values), (_, item) => ctx.clock.sleep(itemMs, item.signal));
  },
});

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** What is held, without what nobody holds any more. */
function usedBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Looks at the server every now and then: at its memory seldom, since that takes a while. */
function observe({ admin: { server } }: Stand) {
  const before = usedBytes();
  const seen = { mostBytes: 0, mostOpen: 0, open: 0 };
  const lookAtMemory = setInterval(() => {
    seen.mostBytes = Math.max(seen.mostBytes, usedBytes() - before);
  }, 1_500);
  const look = setInterval(() => {
    server.getConnections((_, count) => {
      seen.open = count;
      seen.mostOpen = Math.max(seen.mostOpen, count);
    });
  }, 50);
  return {
    seen,
    [Symbol.dispose]() {
      clearInterval(lookAtMemory);
      clearInterval(look);
    },
  };
}

describe('watchers that never read', function watcherTests() {
  this.timeout(90_000);

  it('are cut off, cost little memory, and hold back neither the run nor who reads', async () => {
    await using stand = await openStand({ jobs: [job] as never, patienceMs: 700, tellEveryMs: 200 });
    const token = stand.tokens.read;
    const start = async (limit: number): Promise<string> => {
      const body = { scope: { note }, limit };
      return (await stand.post('/admin/tell-much', body, { headers: { prefer: 'respond-async' } })).json.runId;
    };
    const rateOf = async (runId: string) => (await stand.ledger.run(runId))?.summary?.rate.itemsPerSecond ?? 0;
    /** Reads all, keeps nothing. */
    const hearEnd = async (runId: string) => {
      using reader = await openRaw(stand.admin.url, `/admin/runs/${runId}/events`, { token, reads: false });
      let events = 0;
      const ended = Promise.withResolvers<void>();
      reader.socket.on('data', (chunk) => {
        events += chunk.includes('event: progress') ? 1 : 0;
        if (chunk.includes('event: end')) ended.resolve();
      });
      await ended.promise;
      return events;
    };
    const first = await start(items / 4);
    await hearEnd(first);

    const runId = await start(items);
    using observed = observe(stand);
    const path = `/admin/runs/${runId}/events`;
    const deaf = await Promise.all(
      Array.from({ length: watchers }, () => openRaw(stand.admin.url, path, { token, reads: false })),
    );
    const events = await hearEnd(runId);
    for (const { socket } of deaf) socket.destroy();
    const { mostBytes, mostOpen, open } = observed.seen;
    expect(mostOpen).to.be.greaterThan(watchers);
    expect(open).to.be.lessThan(5);
    expect(events).to.be.greaterThan(10);
    expect((await rateOf(runId)) / (await rateOf(first))).to.be.greaterThan(0.5);
    expect(mostBytes).to.be.lessThan(80_000_000);
  });
});
