import { readFileSync } from 'node:fs';
import { jobs } from '@stint/jobs/registry';
import { type JobDefinition, missedAfterMsOf } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { z } from 'zod';
import { type MonitorKind, monitorsOf } from './monitors.ts';
import { makeTemplate } from './template.ts';
import { examplePlan, idleJob } from './testing/example-plan.ts';

type Definition = Partial<JobDefinition<z.ZodObject, z.ZodObject, string>>;

const hourMs = 3_600_000;

function monitorOf(kind: MonitorKind, definition: Definition = {}) {
  const job = idleJob({ schedule: { rate: '1 day' }, ...definition });
  return monitorsOf(examplePlan({ jobs: [job] }), job).get(kind);
}

describe('monitorsOf', () => {
  it('has all five for each job of the registry, each with a name of its own, whom to tell and what to do', () => {
    const plan = examplePlan();
    const all = jobs.flatMap((job) => {
      const monitors = monitorsOf(plan, job);
      expect([...monitors.keys()], job.name).to.deep.equal([
        'run-failed',
        'start-failed',
        'run-missed',
        'run-too-long',
        'items-failed',
      ]);
      for (const [kind, { message, tags }] of monitors) {
        expect(message).to.include(`deploy/README.md#${kind}`).and.include('@slack-ops-example');
        expect(tags).to.include.members([`job:${job.name}`, 'env:example', `alarm:${kind}`]);
      }
      return [...monitors.values()];
    });
    expect(new Set(all.map(({ name }) => name))).to.have.property('size', all.length);
  });

  it('names, as each alarm of CloudWatch does, a part that the runbook has', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const plan = examplePlan();
    const messages = [
      ...jobs.flatMap((job) => [...monitorsOf(plan, job).values()].map(({ message }) => message)),
      ...Object.values(makeTemplate(plan).Resources).flatMap(({ Properties }) => Properties.AlarmDescription ?? []),
    ];
    const parts = new Set(messages.map((text) => /README\.md#([\w-]+)/.exec(String(text))?.[1]));
    expect(parts).to.have.property('size', 6);
    for (const part of parts) expect(readme).to.match(new RegExp(`^### ${part}$`, 'm'));
  });

  it('has the threshold of each query in its options too, as Datadog wants', () => {
    const monitors = jobs.flatMap((job) => [...monitorsOf(examplePlan(), job).values()]);
    for (const { query, options } of monitors) {
      const [, critical] = / [<>] (\d+)$/.exec(query) ?? [];
      expect(options.thresholds.critical, query).to.equal(Number(critical));
    }
  });

  it('is at rest again when there are no values any more, so that the next failure is told too', () => {
    for (const longerThanMs of ['usual', 60_000] as const) {
      const job = idleJob({ schedule: { rate: '1 day' }, alarms: { longerThanMs } });
      const missing = [...monitorsOf(examplePlan({ jobs: [job] }), job)].map(([kind, { query, options }]) => {
        // Datadog takes no value for 0 of counts alone, and of those that default_zero() does not fill.
        expect(query.includes('.as_count()') && !query.includes('default_zero'), query).to.equal(
          options.on_missing_data === 'default',
        );
        return [kind, options.on_missing_data];
      });
      expect(Object.fromEntries(missing)).to.deep.equal({
        'run-failed': 'default',
        'start-failed': 'default',
        'run-missed': 'default',
        'run-too-long': 'resolve',
        'items-failed': 'default',
      });
    }
  });

  it('tells nobody that what happened once is over, but that runs succeed again', () => {
    const job = idleJob({ schedule: { rate: '1 day' } });
    for (const [kind, { message }] of monitorsOf(examplePlan({ jobs: [job] }), job)) {
      const outside = message.replace(/{{#is_alert}}.*{{\/is_alert}}/s, '').trim();
      if (kind === 'run-missed')
        expect(outside).to.match(/^{{#is_recovery}}\nA run has succeeded again\.\n\n@slack-\S+\n{{\/is_recovery}}$/);
      else expect(outside, kind).to.equal('');
    }
  });

  it('tells runs that ended badly and tasks that did not start apart', () => {
    expect(monitorOf('run-failed')?.query).to.equal(
      'sum(last_5m):sum:stint.task_stopped{task_family:stint-example-idle,!exit_code:0,!cause:failed_to_start} by {exit_code,cause,stop_code}.as_count() > 0',
    );
    expect(monitorOf('start-failed')?.query).to.equal(
      'sum(last_5m):sum:stint.task_stopped{task_family:stint-example-idle,cause:failed_to_start}.as_count() > 0',
    );
  });

  it('asks for tags in small letters, as Datadog keeps them, whatever the stage is called', () => {
    const job = idleJob({ schedule: { rate: '1 day' } });
    const queries = [...monitorsOf(examplePlan({ jobs: [job], stage: 'QA' }), job).values()].map(({ query }) => query);
    for (const query of queries) expect(query).to.match(/task_family:stint-qa-idle|service:stint.*env:qa/);
  });

  it('misses a run when none has succeeded for as long as the job says: no value is a count of 0', () => {
    const missed = monitorOf('run-missed');
    expect(missed?.query).to.equal(
      'sum(last_2880m):sum:stint.run.finished{service:stint,env:example,job:idle,status:succeeded}.as_count() < 1',
    );
    expect(missed?.options).to.include({ on_missing_data: 'default' });
    expect(monitorOf('run-missed', { alarms: { missedAfterMs: 90 * 60_000 } })?.query).to.include('sum(last_90m):');
    expect(monitorOf('run-missed', { alarms: { missedAfterMs: 14 * 24 * hourMs } })?.query).to.include(
      'sum(last_14d):',
    );
    for (const job of jobs) expect(missedAfterMsOf(job), job.name).to.be.a('number');
  });

  it('compares runs with those of a week before, an hour of them or a day', () => {
    expect(monitorOf('run-too-long')?.query).to.equal(
      'pct_change(avg(last_1d),last_1w):avg:stint.run.duration{service:stint,env:example,job:idle}.rollup(avg, 86400) > 100',
    );
    expect(monitorOf('run-too-long', { schedule: { rate: '15 minutes' } })?.query).to.include('avg(last_1h),last_1w)');
  });

  it('compares runs with the time that the job says', () => {
    expect(monitorOf('run-too-long', { alarms: { longerThanMs: 600_000 } })?.query).to.equal(
      'max(last_10m):max:stint.run.duration{service:stint,env:example,job:idle} > 600000',
    );
  });

  it('counts failed and quarantined items, over what the job lets pass', () => {
    expect(monitorOf('items-failed')?.query).to.equal(
      'sum(last_1h):sum:stint.items{service:stint AND env:example AND job:idle AND outcome IN (failed,quarantined)}.as_count() > 0',
    );
    expect(monitorOf('items-failed', { limits: { tolerate: { failures: 25 } } })?.query).to.match(/> 25$/);
  });

  it('has none where the job says so, and no missed run without a schedule', () => {
    const job = idleJob({ alarms: { longerThanMs: false, failedItems: false } });
    expect([...monitorsOf(examplePlan({ jobs: [job] }), job).keys()]).to.deep.equal(['run-failed', 'start-failed']);
  });
});
