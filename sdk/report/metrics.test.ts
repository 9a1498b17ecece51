import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Effect } from '../effects.ts';
import { DryRunWrite } from '../errors.ts';
import type { Summary } from '../summary.ts';
import { KeptMetrics } from '../testing/kept-metrics.ts';
import { openRunWorld, type RunPlan, sigterm } from '../testing/run-world.ts';
import { mostValues, reportMetrics } from './metrics.ts';

const about = { job: 'test-job', env: 'test', version: 'v1' };

function setup() {
  const world = openRunWorld();
  const metrics = new KeptMetrics();
  const report = reportMetrics(metrics, { ...about, clock: world.clock });
  const reported = (plan: RunPlan = {}) => ({ observer: report.observer, middleware: [report.middleware], ...plan });
  return { ...world, metrics, report, reported };
}

function expectAgreement(metrics: KeptMetrics, { items, limits, resume, status, durationMs }: Summary): void {
  for (const outcome of ['succeeded', 'skipped', 'failed', 'quarantined'] as const) {
    expect(metrics.sum('stint.items', { ...about, outcome }), outcome).to.equal(items[outcome]);
  }
  expect(metrics.sum('stint.limit.waited', about)).to.equal(Math.round(limits.waitedMs));
  expect(metrics.values('stint.checkpoint.lag', about)).to.have.length(resume.checkpoints);
  expect(metrics.sum('stint.run.finished', { ...about, status })).to.equal(1);
  expect(metrics.values('stint.run.duration', about)).to.deep.equal([durationMs]);
}

const http = { kind: 'http', operation: 'POST', target: 'api.test', write: true } as const;

describe('reportMetrics', () => {
  it('tells what the summary tells, exactly', async () => {
    const { run, source, clock, metrics, reported } = setup();
    const summary = await run(
      (ctx) =>
        ctx.each(source(60, { pageMs: 7 }), async (value, item) => {
          await clock.sleep(30 + value / 3);
          if (value % 5 === 0) return item.skip('fifth');
          if (value % 7 === 0) throw new Error('boom');
        }),
      reported({ limits: { concurrency: 4, perSecond: 33, tolerate: { failures: 60, percent: 100 } } }),
    );
    expectAgreement(metrics, summary);
    expect(summary.items.failed).to.equal(7);
    const durations = metrics.values('stint.item.duration', about);
    expect(durations).to.have.length(60);
    expect(Math.max(...durations)).to.be.closeTo(summary.rate.latencyMs.max, 1e-6);
    const ages = metrics.values('stint.staleness', about);
    expect(ages).to.have.length(60);
    expect(Math.max(...ages)).to.equal(summary.freshness.maxMs);
  });

  it('counts what this attempt settled when the run is resumed', async () => {
    const { start, finish, source, clock, reported } = setup();
    const stop = new AbortController();
    const items = source(10);
    const limits = { concurrency: 1 };
    const job: Parameters<typeof start>[0] = (ctx) => ctx.each(items, async () => clock.sleep(1_000));
    const first = start(job, { limits, signal: stop.signal });
    await clock.advance(3_500);
    stop.abort(sigterm());
    await finish(first);
    const metrics = new KeptMetrics();
    const { observer } = reportMetrics(metrics, { ...about, clock });
    const summary = await finish(start(job, reported({ limits, observer })));
    expect(summary.items.succeeded).to.equal(10);
    expect(metrics.sum('stint.items', { outcome: 'succeeded' })).to.equal(6);
  });

  it('samples durations when items are many, and counts all', async () => {
    const { run, source, clock, metrics, reported } = setup();
    const summary = await run(
      (ctx) => ctx.each(source(5_000, { maxPageSize: 1_000 }), async () => clock.sleep(1)),
      reported({ limits: { concurrency: 16 } }),
    );
    expectAgreement(metrics, summary);
    const durations = metrics.values('stint.item.duration');
    expect(durations.length).to.be.within(2 * mostValues, 3 * mostValues);
    expect(durations.every((ms) => ms === 1)).to.equal(true);
  });

  it('tells how long effects took by kind and target, also those that failed, but none that a dry run refused', async () => {
    const { clock, metrics, report } = setup();
    const perform = (effect: Effect, fn: () => Promise<void>) => report.middleware(effect, fn);
    await perform(http, () => clock.advance(40));
    const failed: unknown = await perform({ ...http, target: 'down.test' }, async () => {
      await clock.advance(70);
      throw new Error('boom');
    }).catch((error: unknown) => error);
    expect(failed).to.have.property('message', 'boom');
    await perform(http, () => Promise.reject(new DryRunWrite('POST api.test'))).catch(() => {});
    report.observer.onEnd?.(await summaryOfNothing());
    const told = metrics.distributions.filter(({ name }) => name === 'stint.effect.duration');
    expect(told).to.deep.equal([
      { name: 'stint.effect.duration', value: 40, tags: { ...about, kind: 'http', target: 'api.test' } },
      { name: 'stint.effect.duration', value: 70, tags: { ...about, kind: 'http', target: 'down.test' } },
    ]);
  });

  it('names fifty targets a run, and calls all others other', async () => {
    const { metrics, report } = setup();
    const touch = async (target: string, kind: Effect['kind'] = 'http') =>
      report.middleware({ ...http, kind, target }, async () => {});
    for (let n = 0; n < 60; n++) await touch(`host-${n}.test`);
    await touch('table', 'dynamodb');
    await touch('host-3.test');
    const summary = await summaryOfNothing();
    report.observer.onEnd?.(summary);
    const targets = () => new Set(metrics.distributions.map(({ tags }) => `${tags.kind} ${tags.target}`));
    expect(targets().size).to.equal(1 + 50 + 2);
    expect(metrics.values('stint.effect.duration', { target: 'host-3.test' })).to.have.length(2);
    expect(metrics.values('stint.effect.duration', { kind: 'http', target: 'other' })).to.have.length(10);
    expect(metrics.values('stint.effect.duration', { kind: 'dynamodb', target: 'other' })).to.have.length(1);
    await touch('host-59.test');
    report.observer.onEnd?.(summary);
    expect(targets()).to.include('http host-59.test');
  });

  it('never names an item', async () => {
    const { run, source, metrics, reported } = setup();
    await run((ctx) => ctx.each(source(3), async () => {}), reported());
    expect(JSON.stringify(metrics)).not.to.include('key-');
  });

  it('counts a run that was refused, by its status', async () => {
    const { start, finish, clock, metrics, reported } = setup();
    const first = start((ctx) => ctx.each([1], async () => clock.sleep(60_000)));
    await clock.advance(1_000);
    await start(async () => {}, reported());
    expect(metrics.sum('stint.run.finished', { status: 'refused' })).to.equal(1);
    expect(metrics.sum('stint.items')).to.equal(0);
    await finish(first);
  });

  it('disturbs nothing when what takes the metrics throws', async () => {
    const { run, source, clock } = setup();
    const boom = () => {
      throw new Error('boom');
    };
    const { observer, middleware } = reportMetrics({ count: boom, distribution: boom }, { ...about, clock });
    const summary = await run((ctx) => ctx.each(source(3), async () => ctx.clock.sleep(300)), {
      observer,
      middleware: [middleware],
    });
    expect(summary).to.deep.include({ status: 'succeeded', error: null });
  });

  it('has no tags for what it was not told', async () => {
    const { run, metrics } = setup();
    const { observer } = reportMetrics(metrics, { job: 'test-job' });
    await run((ctx) => ctx.each([1], async () => {}), { observer });
    expect(metrics.counts[0]?.tags).to.deep.equal({ job: 'test-job', outcome: 'succeeded' });
  });
});

async function summaryOfNothing(): Promise<Summary> {
  const { run } = openRunWorld();
  return run(async () => {});
}
