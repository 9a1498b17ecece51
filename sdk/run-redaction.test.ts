import { expect } from 'chai';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { InterruptedError, ScopeError } from './errors.ts';
import { defineJob } from './job.ts';
import { MemoryLedger } from './ledger/memory.ts';
import { runJob } from './run.ts';
import type { RunOptions } from './run-options.ts';
import { memorySource } from './sources/memory.ts';

const secret = 'sesame-street-42';
const scope = { note: secret, ids: [`a-${secret}`, 'b'] };
const environment = { API_KEY: secret };

/** A job that tells its secret in all that a ledger keeps. */
function setup() {
  const ledger = new MemoryLedger();
  const stop = new AbortController();
  const seen: unknown[] = [];
  const job = defineJob({
    name: 'tell-all',
    summary: 'Tells all.',
    scope: z.object({ note: z.string().optional(), ids: z.array(z.string()).optional() }),
    secrets: ['API_KEY'],
    limits: { concurrency: 1, tolerate: { failures: 10, percent: 100 } },
    async run(ctx) {
      seen.push(ctx.scope);
      ctx.count(`ran with ${secret}`);
      await ctx.each(memorySource(['failed', 'skipped', 'stopped', 'last']), async (value, item) => {
        item.count(`seen ${secret}`);
        if (value === 'failed') throw Object.assign(new Error(`no ${secret}`), { name: secret, code: secret });
        if (value === 'stopped' && item.attempt === 1) stop.abort(new InterruptedError(`stop ${secret}`, 'SIGTERM'));
        return item.skip(`because of ${secret}`);
      });
    },
  });
  const run = (options: RunOptions = {}) => runJob(job, { scope, environment, ledger, ...options });
  return { ledger, seen, run, stop };
}

describe('run, with its secret in what it tells', () => {
  it('keeps it out of the summary and of all that the ledger has, and hands the job its scope as it is', async () => {
    const { ledger, seen, run, stop } = setup();
    const summary = await run({ signal: stop.signal });
    expect(summary.status).to.equal('interrupted');
    expect(summary.scope).to.deep.equal({ note: '[redacted]', ids: ['a-[redacted]', 'b'] });
    expect(summary.skipped).to.deep.equal({ 'because of [redacted]': 2 });
    expect(summary.counts).to.include({ 'ran with [redacted]': 1, 'seen [redacted]': 2 });
    expect(seen).to.deep.equal([scope]);
    const kept = { summary, record: await ledger.run(summary.runId), failures: await ledger.failures(summary.runId) };
    expect(kept.failures.items).to.have.length(1);
    expect(kept.record?.checkpoint).not.to.equal(undefined);
    expect(JSON.stringify(kept)).not.to.include('sesame');
  });

  it('goes on with a run whose scope held it, when it is started with the same scope', async () => {
    const { run, stop } = setup();
    const first = await run({ signal: stop.signal });
    const second = await run();
    expect(second).to.include({ runId: first.runId, attempt: 2, status: 'succeeded' });
    expect(second.items).to.include({ read: 4, failed: 1, skipped: 3 });
  });

  it('is not run with what is left of a scope', async () => {
    const { seen, run } = setup();
    const refused = await run({ scope: { note: '[redacted]' } }).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(ScopeError);
    expect(String(refused)).to.include('in place of a secret, which is not kept with a run');
    expect(seen).to.deep.equal([]);
  });
});
