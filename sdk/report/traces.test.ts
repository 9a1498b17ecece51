import { expect } from 'chai';
import { describe, it } from 'mocha';
import { DryRunWrite, type EffectMiddleware, memorySource } from '../index.ts';
import { currentCall } from '../loop/call.ts';
import { WorkItem } from '../loop/item.ts';
import { KeptTraces } from '../testing/kept-traces.ts';
import { openRunWorld, type RunPlan, sigterm } from '../testing/run-world.ts';
import { sampleKeys } from './sample-keys.ts';
import { reportTraces, type TracesOptions } from './traces.ts';

const epochMs = Date.UTC(2026, 0, 1);

/** A world whose runs are traced; `effect` happens in place of each sleep of a handler. */
function setup(options: Partial<TracesOptions> = {}, effect: (key: string) => Promise<void> = async () => {}) {
  const world = openRunWorld();
  const tracer = new KeptTraces();
  const report = reportTraces(tracer, { job: 'test-job', clock: world.clock, ...options });
  const replaced: EffectMiddleware = async ({ kind }, next) => {
    const call = currentCall.getStore();
    if (kind !== 'sleep' || !(call instanceof WorkItem)) return next();
    return effect(call.key);
  };
  const traced = (plan: RunPlan = {}): RunPlan => ({
    observer: report.observer,
    middleware: [report.middleware, replaced],
    limits: { concurrency: 2, retry: { attempts: 1 }, tolerate: { failures: 1_000, percent: 100 } },
    ...plan,
  });
  return { ...world, tracer, report, traced };
}

const list = (length: number) => Array.from({ length }, (_, index) => index);

describe('reportTraces', () => {
  it('has a span of the run, with how it ended, and of what it did outside of items', async () => {
    const { run, clock, tracer, traced } = setup({ sampleItems: 0 });
    const summary = await run((ctx) => ctx.each(list(3), async () => clock.sleep(2_500)), traced());
    const [span, ...others] = tracer.named('stint.run');
    expect(others).to.deep.equal([]);
    expect(span?.tags).to.include({
      'resource.name': 'test-job',
      'stint.job': 'test-job',
      'stint.run.id': summary.runId,
      'stint.attempt': 1,
      'stint.status': 'succeeded',
      'stint.items.read': 3,
      'stint.items.succeeded': 3,
    });
    expect(span).to.include({ startTimeMs: epochMs, error: undefined });
    expect(span?.durationMs).to.equal(summary.durationMs);
    const inRun = tracer.childrenOf(span);
    expect(inRun.map(({ tags }) => tags['stint.operation'])).to.include.members(['checkpoint', 'finish']);
    expect(inRun.every(({ name }) => name === 'stint.ledger')).to.equal(true);
    expect(tracer.named('stint.item')).to.deep.equal([]);
  });

  it('has a span of each sampled item and of what it did', async () => {
    const { run, clock, tracer, traced } = setup({ sampleItems: 0.1, slowItemMs: 60_000 }, () => clock.sleep(200));
    const job = run(
      async (ctx) => {
        await ctx.each(list(100), async () => {
          await clock.sleep(50);
          await ctx.clock.sleep(1);
        });
      },
      traced({ limits: { concurrency: 1 } }),
    );
    const { runId } = await job;
    const expected = list(100).map(String).filter(sampleKeys(runId, 0.1));
    const items = tracer.named('stint.item');
    expect(items.map(({ tags }) => tags['stint.item.key'])).to.deep.equal(expected);
    expect(items.length).to.be.within(1, 30);
    for (const item of items) {
      const key = Number(item.tags['stint.item.key']);
      expect(item.tags).to.include({ 'stint.loop': 'loop-1', 'stint.outcome': 'succeeded', 'stint.attempts': 1 });
      expect(item).to.include({ startTimeMs: epochMs + key * 250, endTimeMs: epochMs + (key + 1) * 250 });
      expect(item.parent).to.equal(tracer.named('stint.run')[0]);
      const [effect, ...others] = tracer.childrenOf(item);
      expect(others).to.deep.equal([]);
      expect(effect).to.include({ name: 'stint.sleep', startTimeMs: item.startTimeMs + 50, durationMs: 200 });
    }
  });

  it('has a span of each item that failed or was slow, with all it did, though nothing is sampled', async () => {
    const { run, clock, tracer, traced } = setup({ sampleItems: 0, slowItemMs: 1_000 }, () => clock.sleep(100));
    await run(
      (ctx) =>
        ctx.each(list(10), async (value, item) => {
          await ctx.clock.sleep(1);
          if (value === 3) throw Object.assign(new Error('boom'), { code: 'E_BOOM' });
          if (value === 5) await clock.sleep(1_000);
          if (value === 7) return item.skip('odd');
        }),
      traced(),
    );
    expect(tracer.named('stint.item').map(({ tags }) => tags['stint.item.key'])).to.have.members(['3', '5']);
    const failed = tracer.item('3');
    expect(failed?.tags).to.include({ 'stint.outcome': 'failed' });
    expect(failed?.error).to.deep.equal({ name: 'Error', code: 'E_BOOM', message: 'boom' });
    expect(failed?.durationMs).to.equal(100);
    expect(tracer.childrenOf(failed)).to.have.length(1);
    expect(tracer.item('5')?.durationMs).to.equal(1_100);
    expect(tracer.childrenOf(tracer.item('5'))).to.have.length(1);
    expect(tracer.named('stint.sleep')).to.have.length(2);
  });

  it('has a span of an effect that failed, and of its item, though that succeeded', async () => {
    const tries = new Map<string, number>();
    const { run, tracer, traced } = setup({ sampleItems: 0 }, async (key) => {
      tries.set(key, (tries.get(key) ?? 0) + 1);
      if (key === '2' && tries.get(key) === 2) throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    });
    const limits = { concurrency: 1, retry: { attempts: 2 } };
    await run(
      (ctx) =>
        ctx.each(list(4), async () => {
          await ctx.clock.sleep(1);
          await ctx.clock.sleep(1);
        }),
      traced({ limits }),
    );
    const [item, ...others] = tracer.named('stint.item');
    expect(others).to.deep.equal([]);
    expect(item?.tags).to.include({ 'stint.item.key': '2', 'stint.outcome': 'succeeded', 'stint.attempts': 2 });
    expect(item?.error).to.equal(undefined);
    const effects = tracer.childrenOf(item).filter(({ name }) => name === 'stint.sleep');
    // Before it failed, when it failed, and again.
    expect(effects.map(({ error }) => error?.code)).to.deep.equal([undefined, 'ECONNRESET', undefined, undefined]);
  });

  it('remembers the last effects of an item, and tells how many it has forgotten', async () => {
    const { run, tracer, traced } = setup({ sampleItems: 0 });
    await run(
      (ctx) =>
        ctx.each([1], async () => {
          for (let times = 0; times < 40; times++) await ctx.clock.sleep(1);
          throw new Error('boom');
        }),
      traced(),
    );
    expect(tracer.childrenOf(tracer.item('1'))).to.have.length(32);
    expect(tracer.item('1')?.tags).to.include({ 'stint.effects.forgotten': 8 });
  });

  it('has spans of the first effects of a kind outside of items, and of a share of the others', async () => {
    const { run, clock, tracer, traced } = setup({ sampleItems: 0.05 });
    const job = async (ctx: Parameters<Parameters<typeof run>[0]>[0]) => {
      for (let times = 0; times < 1_020; times++) await ctx.clock.sleep(2_000);
    };
    await run(job, traced({ withinMs: 10_000_000 }));
    const sleeps = tracer.named('stint.sleep');
    expect(sleeps.length).to.be.within(20 + 20, 20 + 90);
    expect(sleeps[19]?.startTimeMs).to.equal(epochMs + 19 * 2_000);
    expect(clock.monotonicMs()).to.be.at.least(2_040_000);
  });

  it('ends the spans of items that remain, and marks a run as failed that did', async () => {
    const stop = new AbortController();
    const { start, finish, clock, tracer, traced, report } = setup({ sampleItems: 1 });
    const running = start(
      (ctx) =>
        ctx.each(list(3), async (_value, item) => {
          await ctx.clock.sleep(1);
          expect(report.current()).to.equal(tracer.item(item.key));
          await clock.sleep(60_000, item.signal);
        }),
      traced({ signal: stop.signal, limits: { concurrency: 2, itemTimeoutMs: 600_000, drainMs: 1_000 } }),
    );
    await clock.advance(1_000);
    stop.abort(sigterm());
    const summary = await finish(running);
    expect(summary).to.include({ status: 'interrupted' });
    expect(tracer.named('stint.item').map(({ tags }) => tags['stint.outcome'])).to.deep.equal([
      'remaining',
      'remaining',
    ]);
    expect(tracer.spans.every(({ endTimeMs }) => endTimeMs !== undefined)).to.equal(true);
    expect(tracer.named('stint.run')[0]?.tags).to.include({
      'stint.status': 'interrupted',
      'stint.items.remaining': 3,
    });
    expect(tracer.named('stint.run')[0]?.error?.code).to.equal('STINT_INTERRUPTED');
  });

  it('knows the span that the running code belongs to', async () => {
    const { run, tracer, traced, report } = setup({ sampleItems: 0 });
    expect(report.current()).to.equal(undefined);
    await run(async (ctx) => {
      const [span] = tracer.named('stint.run');
      expect(report.current()).to.equal(span);
      await ctx.each([1], async () => expect(report.current()).to.equal(span));
    }, traced());
    expect(report.current()).to.equal(undefined);
  });

  it('shows no secret and no record, and items by their keys alone', async () => {
    const secret = 'canary-5f2a9c';
    const { run, tracer, traced } = setup({ sampleItems: 1, secrets: [secret] }, async (key) => {
      if (key.endsWith('1')) throw new Error(`no way in with ${secret}: https://ada:hunter2@db.test/`);
    });
    const items = [1, 2].map((n) => ({ id: `id-${n}`, name: 'Ada Lovelace' }));
    await run(
      (ctx) =>
        ctx.each(memorySource(items, { keyOf: ({ id }) => id }), async (_value, item) => {
          await ctx.clock.sleep(1);
          item.skip(`not for Bearer ${secret}`);
        }),
      traced(),
    );
    const told = JSON.stringify(tracer.spans.map(({ parent: _, ...span }) => span));
    expect(told).to.include('id-1');
    for (const hidden of ['canary', 'hunter2', 'Lovelace']) expect(told).not.to.include(hidden);
    const named = tracer.spans.filter((span) => JSON.stringify(span.tags).includes('id-1'));
    expect(named.map(({ name }) => name)).to.deep.equal(['stint.item']);
  });

  it('has no span of a write that a dry run refused', async () => {
    const { run, tracer, traced } = setup({ sampleItems: 1 }, () => Promise.reject(new DryRunWrite('POST api.test')));
    await run((ctx) => ctx.each([1], async () => ctx.clock.sleep(1)), traced());
    expect(tracer.named('stint.sleep')).to.deep.equal([]);
    expect(tracer.item('1')?.tags).to.include({ 'stint.outcome': 'skipped', 'stint.reason': 'would write' });
  });

  it('has a span of a run that was refused', async () => {
    const { start, finish, clock, tracer, traced } = setup();
    const first = start((ctx) => ctx.each([1], async () => clock.sleep(60_000)));
    await clock.advance(1_000);
    await start(async () => {}, traced());
    expect(tracer.spans.map(({ name, tags }) => [name, tags['stint.status']])).to.deep.equal([
      ['stint.run', 'refused'],
    ]);
    expect(tracer.spans[0]?.error?.code).to.equal('STINT_REFUSED_OVERLAP');
    await finish(first);
  });

  it('disturbs nothing when the tracer throws, at the start of a span or later', async () => {
    const boom = () => {
      throw new Error('boom');
    };
    for (const startSpan of [boom, () => ({ setTag: boom, setError: boom, end: boom })]) {
      const { run, clock } = setup();
      const { observer, middleware } = reportTraces({ startSpan }, { job: 'test-job', clock, sampleItems: 1 });
      const summary = await run((ctx) => ctx.each([1, 2], async () => ctx.clock.sleep(1)), {
        observer,
        middleware: [middleware],
      });
      expect(summary).to.deep.include({ status: 'succeeded', error: null });
    }
  });
});
