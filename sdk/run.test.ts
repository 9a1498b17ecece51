import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { z } from 'zod';
import type { Context } from './context.ts';
import { CancelledError, EnvironmentError, ScopeError } from './errors.ts';
import { defineJob } from './job.ts';
import type { Trigger } from './ledger/ledger.ts';
import { MemoryLedger } from './ledger/memory.ts';
import { runJob } from './run.ts';
import { openRunWorld, type RunPlan, sigterm } from './testing/run-world.ts';

function setup() {
  const world = openRunWorld();
  /** Runs a job and interrupts it after a while, with nothing in flight let go on. */
  const interruptAfter = async (ms: number, job: (ctx: Context) => Promise<void>, plan: RunPlan = {}) => {
    const controller = new AbortController();
    const running = world.start(job, { ...plan, limits: { drainMs: 0, ...plan.limits }, signal: controller.signal });
    await world.clock.advance(ms);
    controller.abort(sigterm());
    return world.finish(running);
  };
  return { ...world, interruptAfter };
}

const range = (first: number, end: number) => Array.from({ length: end - first }, (_, index) => first + index);

describe('run, when an earlier one was interrupted', () => {
  it('resumes strictly after the settled prefix, and its counts go on', async () => {
    const { run, interruptAfter, source, clock } = setup();
    const worked: number[] = [];
    const job = (ctx: Context) =>
      ctx.each(source(40), async (value, item) => {
        worked.push(value);
        // The sixth is slow: those behind it are settled, and beyond the prefix.
        await clock.sleep(value === 5 && worked.length < 30 ? 10_000 : 10);
        if (value % 10 === 0) return item.skip('round');
        item.count('seen');
      });
    const first = await interruptAfter(45, job, { limits: { concurrency: 4 } });
    expect(first).to.include({ status: 'interrupted', attempt: 1 });
    expect(first.items.succeeded + first.items.skipped).to.be.above(10);
    expect(first.resume.fromCheckpoint).to.equal(false);

    worked.length = 30;
    const second = await run(job);
    expect(worked.slice(30)).to.deep.equal(range(5, 40));
    expect(second).to.include({ status: 'succeeded', attempt: 2, runId: first.runId });
    expect(second.items).to.include({ read: 40, succeeded: 36, skipped: 4, remaining: 0 });
    expect(second.counts).to.deep.equal({ seen: 36 });
    expect(second.resume.fromCheckpoint).to.equal(true);
  });

  it('takes the scope of the run that it is told to go on with, and then to redrive', async () => {
    const ledger = new MemoryLedger();
    const controller = new AbortController();
    const seen: unknown[] = [];
    const job = defineJob({
      name: 'scoped',
      summary: 'Works what it is told.',
      scope: z.strictObject({ tenant: z.string().optional() }),
      limits: { concurrency: 1, retry: { attempts: 1 } },
      async run(ctx) {
        seen.push(ctx.scope);
        await ctx.each([1, 2, 3], (value) => {
          controller.abort(sigterm());
          if (value === 3) throw new Error('three');
        });
      },
    });
    const scope = { tenant: 'a' };
    const first = await runJob(job, { ledger, scope, signal: controller.signal });
    expect(first).to.include({ status: 'interrupted' });
    const resumed = await runJob(job, { ledger, resumeRun: first.runId });
    expect(resumed).to.deep.include({ runId: first.runId, attempt: 2, scope });
    expect(resumed.items).to.include({ succeeded: 2, failed: 1 });
    const redriven = await runJob(job, { ledger, redrive: { runId: first.runId } });
    expect(redriven.scope).to.deep.equal(scope);
    expect(redriven.items).to.include({ read: 1, failed: 1 });
    expect(seen).to.deep.equal([scope, scope, scope]);
    const other = runJob(job, { ledger, scope: { tenant: 1 }, redrive: { runId: first.runId } });
    expect(await other.catch((error: unknown) => error)).to.be.instanceOf(ScopeError);
  });

  it('passes loops by that were done, and begins those that were not reached', async () => {
    const { run, interruptAfter, source, clock } = setup();
    const worked: string[] = [];
    const job = async (ctx: Context) => {
      for (const name of ['a', 'b', 'c']) {
        await ctx.each(
          source(4),
          async (value) => {
            worked.push(`${name}${value}`);
            await clock.sleep(10);
          },
          { name },
        );
      }
    };
    await interruptAfter(65, job, { limits: { concurrency: 1, drainMs: 1_000 } });
    expect(worked).to.deep.equal(['a0', 'a1', 'a2', 'a3', 'b0', 'b1', 'b2']);
    const summary = await run(job, { limits: { concurrency: 1 } });
    expect(worked.slice(7)).to.deep.equal(['b3', 'c0', 'c1', 'c2', 'c3']);
    expect(summary.items).to.include({ read: 12, succeeded: 12 });
  });

  it('loses no item and counts each once, however often and whenever it is interrupted', async function () {
    this.timeout(60_000);
    const plans = fc.record({
      items: fc.integer({ min: 1, max: 80 }),
      segments: fc.integer({ min: 1, max: 3 }),
      size: fc.option(fc.integer({ min: 1, max: 7 }), { nil: undefined }),
      concurrency: fc.integer({ min: 1, max: 8 }),
      waits: fc.array(fc.nat(120), { minLength: 1, maxLength: 7 }),
      stopsMs: fc.array(fc.nat(400), { maxLength: 6 }),
      drainMs: fc.constantFrom(0, 30, 10_000),
    });
    await fc.assert(
      fc.asyncProperty(plans, async ({ items, segments, size, concurrency, waits, stopsMs, drainMs }) => {
        const { run, interruptAfter, source, clock } = setup();
        const ended = new Set<number>();
        const act = async (value: number, item: { count(name: string): void; skip(reason: string): void }) => {
          await clock.sleep(waits[value % waits.length] ?? 0);
          item.count('seen');
          if (value % 5 === 0) item.skip('round');
          ended.add(value);
        };
        const job = async (ctx: Context) => {
          const from = source(items, { segments, pageMs: 3 });
          if (size === undefined) return ctx.each(from, act);
          return ctx.eachBatch(from, (group) => Promise.all(group.map((item) => act(item.value, item))), { size });
        };
        const limits = { concurrency, drainMs };
        let attempt = 1;
        for (const ms of stopsMs) {
          const summary = await interruptAfter(ms, job, { limits });
          expect(summary.attempt).to.equal(attempt);
          if (summary.status !== 'interrupted') {
            attempt = 1;
            ended.clear();
          } else attempt += 1;
        }
        const summary = await run(job, { limits });
        expect(summary).to.include({ status: 'succeeded', attempt });
        expect(summary.items).to.include({ read: items, skipped: Math.ceil(items / 5), remaining: 0, failed: 0 });
        expect(summary.counts).to.deep.equal({ seen: items });
        expect(ended.size).to.equal(items);
      }),
      { numRuns: 150 },
    );
  });

  it('tolerates as many failures as one run would, in numbers and in percent', async () => {
    const job = (bad: (value: number) => boolean, world: ReturnType<typeof setup>) => (ctx: Context) =>
      ctx.each(world.source(1_000), async (value) => {
        await world.clock.sleep(10);
        if (bad(value)) throw new Error('boom');
      });
    const failing = setup();
    const everyTenth = job((value) => value % 10 === 9, failing);
    await failing.interruptAfter(255, everyTenth, { limits: { concurrency: 1, tolerate: { failures: 4 } } });
    const failed = await failing.run(everyTenth, { limits: { concurrency: 1, tolerate: { failures: 4 } } });
    expect(failed.error?.code).to.equal('STINT_TOLERANCE_EXCEEDED');
    expect(failed.items).to.include({ failed: 5, succeeded: 45 });

    const passing = setup();
    const early = job((value) => value < 600 && value % 20 === 19, passing);
    const limits = { concurrency: 1, tolerate: { percent: 5 } };
    await passing.interruptAfter(6_005, early, { limits });
    const passed = await passing.run(early, { limits });
    expect(passed).to.include({ status: 'succeeded' });
    expect(passed.items).to.include({ failed: 30, succeeded: 970 });
  });

  it('gives a new run the id that it is started with, and refuses one that is none', async () => {
    const { run, source } = setup();
    const runId = '01M856K8D0KCDFSK7YZY5V9Q3T';
    const job = (ctx: Context) => ctx.each(source(3), () => Promise.resolve());
    expect(await run(job, { runId })).to.include({ runId, status: 'succeeded' });
    const refused = await run(job, { runId: 'mine' }).catch((error: unknown) => error);
    expect(refused).to.have.property('message').that.contains('expected runId to be a ULID, 26 characters');
  });

  it('starts anew with fresh, and what was interrupted before that stays behind', async () => {
    const { run, interruptAfter, source, clock } = setup();
    const job = (ctx: Context) => ctx.each(source(20), () => clock.sleep(10));
    const limits = { concurrency: 2 };
    const first = await interruptAfter(45, job, { limits });
    const fresh = await run(job, { limits, fresh: true });
    expect(fresh.runId).not.to.equal(first.runId);
    expect(fresh).to.include({ attempt: 1, status: 'succeeded' });
    expect(fresh.items.read).to.equal(20);
    expect((await run(job, { limits })).attempt).to.equal(1);
  });

  it('starts anew after a run that succeeded, failed or was cancelled, and for another scope', async () => {
    const { start, finish, run, ledger, source, clock } = setup();
    const job = (ctx: Context) => ctx.each(source(20), () => clock.sleep(10));
    const controller = new AbortController();
    const running = start(job, { signal: controller.signal });
    await clock.advance(10);
    controller.abort(new CancelledError('bob'));
    expect((await finish(running)).status).to.equal('cancelled');
    expect((await run(job)).attempt).to.equal(1);
    expect((await run(() => Promise.reject(new Error('boom')))).status).to.equal('failed');
    expect((await run(job)).attempt).to.equal(1);

    const scoped = defineJob({
      name: 'scoped',
      summary: 'Is a test.',
      scope: z.object({ a: z.string().optional(), b: z.string().optional() }),
      run: (ctx) => ctx.each(source(20), () => clock.sleep(10)),
    });
    const signal = AbortSignal.abort(sigterm());
    const one = await clock.run(runJob(scoped, { clock, ledger, scope: { a: '1', b: '2' }, signal }));
    const other = await clock.run(runJob(scoped, { clock, ledger, scope: { a: '1' }, signal }));
    const same = await clock.run(runJob(scoped, { clock, ledger, scope: { b: '2', a: '1' } }));
    expect(other.runId).not.to.equal(one.runId);
    expect(same).to.include({ runId: one.runId, attempt: 2, status: 'succeeded' });
  });

  it('refuses to resume with another source', async () => {
    const { run, interruptAfter, source, clock } = setup();
    await interruptAfter(10, (ctx) => ctx.each(source(20), () => clock.sleep(100)));
    for (const other of [Object.assign(source(20), { fingerprint: 'other' }), source(20, { segments: 2 })]) {
      const summary = await run((ctx) => ctx.each(other, () => {}));
      expect(summary).to.include({ status: 'failed', exitCode: 1 });
      expect(summary.error?.code).to.equal('STINT_RESUME_MISMATCH');
      expect(summary.error?.message).to.include('--fresh');
    }
    // It was not given up: the code that began it can still go on with it.
    const summary = await run((ctx) => ctx.each(source(20), () => clock.sleep(100)));
    expect(summary).to.include({ status: 'succeeded', attempt: 4 });
    expect(summary.items).to.include({ read: 20, succeeded: 20 });
  });

  it('refuses to resume with another schema of its scope', async () => {
    const { ledger, source, clock } = setup();
    const jobWith = (scope: z.ZodObject) =>
      defineJob({
        name: 'scoped',
        summary: 'Is a test.',
        scope,
        run: (ctx) => ctx.each(source(20), () => clock.sleep(100)),
      });
    const before = jobWith(z.object({ tenant: z.string().optional() }));
    const after = jobWith(z.object({ tenant: z.string().optional(), country: z.string().optional() }));
    const controller = new AbortController();
    const running = runJob(before, { clock, ledger, signal: controller.signal });
    await clock.advance(150);
    controller.abort(sigterm());
    expect((await clock.run(running)).status).to.equal('interrupted');
    const refused = await clock.run(runJob(after, { clock, ledger }));
    expect(refused.error).to.include({ code: 'STINT_RESUME_MISMATCH' });
    expect(refused.error?.message).to.match(/scope schema .* --fresh/);
    expect(await clock.run(runJob(before, { clock, ledger }))).to.include({ status: 'succeeded', attempt: 3 });
  });
});

describe('run', () => {
  it('is refused while another run of the job goes on, and begins nothing', async () => {
    const { start, finish, run, source, clock } = setup();
    const running = start((ctx) => ctx.each(source(5), () => clock.sleep(100)));
    await clock.advance(10);
    const inTheWay: unknown[] = [];
    const observer = { onRefused: (refusal: unknown) => inTheWay.push(refusal) };
    const refused = await run(() => expect.fail('started'), { observer });
    expect(refused).to.include({ status: 'refused', exitCode: 75, attempt: 0 });
    expect(refused.error?.code).to.equal('STINT_REFUSED_OVERLAP');
    const scheduled = await run(() => expect.fail('started'), { trigger: { kind: 'schedule' } });
    expect(scheduled).to.include({ status: 'refused', exitCode: 0 });
    const summary = await finish(running);
    expect(inTheWay).to.deep.equal([{ runId: summary.runId, reason: 'overlap' }]);
    expect(refused.error?.message).to.equal(
      `test-job was not started: run ${summary.runId} of it is going on; start it again when that has ended, or a minute after its process has died`,
    );
    expect((await run(async () => {})).status).to.equal('succeeded');
  });

  it('is refused when it was started for the same scheduled time before, unless that one waits to be resumed', async () => {
    const { run, interruptAfter, source, clock } = setup();
    const at = (hour: number): Trigger => ({ kind: 'schedule', scheduledTime: `2026-01-01T0${hour}:00:00Z` });
    const job = (ctx: Context) => ctx.each(source(5), () => clock.sleep(100));
    const first = await run(job, { trigger: at(1) });
    const again = await run(job, { trigger: at(1) });
    expect(again).to.include({ status: 'refused', exitCode: 0 });
    expect(again.error?.code).to.equal('STINT_REFUSED_DUPLICATE');
    expect(again.error?.message).to.include(first.runId);
    expect((await run(job, { trigger: at(2) })).status).to.equal('succeeded');
    await interruptAfter(10, job, { trigger: at(3) });
    expect(await run(job, { trigger: at(3) })).to.include({ status: 'succeeded', attempt: 2 });
    expect((await run(job, { trigger: at(3) })).status).to.equal('refused');
  });

  it('rejects before anything is begun when its scope or environment does not fit', async () => {
    const claims: string[] = [];
    class Watched extends MemoryLedger {
      override async claim(...args: Parameters<MemoryLedger['claim']>) {
        claims.push('claim');
        return super.claim(...args);
      }
    }
    const job = defineJob({ name: 'strict', summary: 'Is a test.', secrets: ['KEY'], run: async () => {} });
    const options = { ledger: new Watched() };
    const scope = await runJob(job, { ...options, scope: { tenant: 1 } }).catch((error: unknown) => error);
    const environment = await runJob(job, options).catch((error: unknown) => error);
    expect(scope).to.be.instanceOf(ScopeError);
    expect(environment).to.be.instanceOf(EnvironmentError);
    expect(claims).to.deep.equal([]);
  });

  it('gives the job what it declared, and nothing else', async () => {
    const { clock } = setup();
    let seen: unknown;
    const job = defineJob({
      name: 'declared',
      summary: 'Is a test.',
      scope: z.object({ tenant: z.string().optional() }),
      env: z.object({ SIZE: z.coerce.number() }),
      secrets: ['KEY'],
      run: async ({ scope, env, secrets, job: name, attempt, dryRun }) => {
        seen = { scope, env, secrets, name, attempt, dryRun };
      },
    });
    const environment = { SIZE: '7', KEY: 'k', OTHER: 'o' };
    await clock.run(runJob(job, { clock, scope: { tenant: 't' }, environment, dryRun: true }));
    const given = { scope: { tenant: 't' }, env: { SIZE: 7 }, secrets: { KEY: 'k' } };
    expect(seen).to.deep.equal({ ...given, name: 'declared', attempt: 1, dryRun: true });
  });

  it('fails when its job asks for a store that it was not given', async () => {
    const { run } = setup();
    for (const port of ['postgres', 'dynamo'] as const) {
      const summary = await run(async (ctx) => void ctx[port]);
      expect(summary.error?.code).to.equal('STINT_PORT_MISSING');
    }
  });

  it('succeeds when a dry run refuses a write outside of items, and counts it', async () => {
    const { run, source } = setup();
    const job = async (ctx: Context) => {
      await ctx.each(source(3), () => {});
      await ctx.http.post('http://api.test/done');
    };
    const summary = await run(job, { dryRun: true });
    expect(summary).to.include({ status: 'succeeded', exitCode: 0 });
    expect(summary.items.succeeded).to.equal(3);
    expect(summary.wouldWrite).to.deep.equal({ 'POST api.test': 1 });
  });

  it('adds what the job counts to what its items count', async () => {
    const { run, source } = setup();
    const summary = await run(async (ctx) => {
      ctx.count('tables', 2);
      await ctx.each(source(3), (_value, item) => item.count('seen'));
      ctx.count('tables');
    });
    expect(summary.counts).to.deep.equal({ tables: 3, seen: 3 });
  });
});
