import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type JobParts, jobPage } from './job-page.ts';
import { fieldsOfForm, tagsOf, textOf } from './testing/read-page.ts';
import { manyFields, sampleEndedRun, sampleJob } from './testing/sample-views.ts';

const pageOf = (changes: Partial<JobParts> = {}) =>
  jobPage({
    job: sampleJob({ scope: manyFields }),
    history: [],
    form: { values: {}, errors: [] },
    caller: { name: 'ada', role: 'trigger' },
    csrf: 'c-1',
    ...changes,
  });
const byId = (page: string, id: string) => tagsOf(page).find(({ attributes }) => attributes.get('id') === id)!;

describe('jobPage', () => {
  it('says of each field what it takes', () => {
    const text = textOf(pageOf());
    for (const part of [
      'tenantId Only payments of this tenant · 2 to 36 characters',
      'Since (since) Only payments made on this day or later · a date, as 2026-09-30',
      'changedAfter A time in UTC, as 2026-09-30T06:00:00Z',
      'minimumAmount In EUR · 0.5 to 10,000',
      'attempts A whole number · 3 when left out',
      'isTest (left out) yes no Only test payments, or none of them',
      'methods card sepa paypal Paid by',
      'paymentIds One on each line · at most 100 values · each fits ^\\d+$',
      'batches One on each line · each at least 1',
      'window A window of time JSON that fits this schema { "type": "object"',
      'Limit Start at most so many items · all when left out',
      'Dry run Reads and asks as ever, but refuses every write and counts it',
    ])
      expect(text).to.include(part);
  });

  it('ties each field to its help, and starts with nothing filled in', () => {
    const page = pageOf();
    expect(byId(page, 'scope-0').attributes.get('aria-describedby')).to.equal('scope-0-help');
    expect(byId(page, 'scope-0').attributes.has('aria-invalid')).to.equal(false);
    const { csrf, ...sent } = fieldsOfForm(page, 'start-form');
    expect(csrf).to.equal('c-1');
    expect(new Set(Object.values(sent))).to.deep.equal(new Set(['']));
    expect(sent).to.not.have.property('dryRun');
  });

  it('tells errors on top with links, and beside their fields; a path of the body or of the scope alike', () => {
    const page = pageOf({
      form: {
        values: { 'scope.tenantId': 'x', 'scope.methods': ['card', 'sepa'], dryRun: 'on' },
        errors: [
          { path: 'tenantId', message: 'too short' },
          { path: 'scope.paymentIds.1', message: 'no number' },
          { path: 'window.to', message: 'missing' },
          { path: 'scope.methods', message: 'too many' },
          { path: 'limit', message: 'too much' },
          { path: 'gone', message: 'unknown field' },
        ],
        message: 'expected a scope that fits',
      },
    });
    const links = [...page.matchAll(/<a class="problem" href="([^"]*)">([^<]*)</g)].map(([, href, text]) => [
      href,
      text,
    ]);
    expect(links).to.deep.equal([
      ['#scope-0', 'tenantId: too short'],
      ['#scope-8', 'paymentIds: value 2: no number'],
      ['#scope-10', 'window: to: missing'],
      ['#scope-7', 'methods: too many'],
      ['#limit', 'limit: too much'],
    ]);
    expect(textOf(page))
      .to.include('The run was not started expected a scope that fits')
      .and.include('gone: unknown field');
    expect(page).to.include('<title>Error: poll-payment-status');
    const field = byId(page, 'scope-0').attributes;
    expect(field.get('aria-invalid')).to.equal('true');
    expect(field.get('aria-describedby')).to.equal('scope-0-error scope-0-help');
    expect(page).to.include('<p class="error" id="scope-0-error">too short</p>');
    expect(byId(page, 'problems').attributes.has('autofocus')).to.equal(true);
    const sent = fieldsOfForm(page, 'start-form');
    expect(sent).to.deep.include({ 'scope.tenantId': 'x', 'scope.methods': ['card', 'sepa'], dryRun: 'true' });
  });

  it('has no form for who may only look', () => {
    const page = pageOf({ caller: { name: 'bob', role: 'read' } });
    expect(page).to.not.include('start-form');
    expect(textOf(page)).to.include('You may look.');
  });

  it('says whether it may be started without a scope', () => {
    const nothing = { properties: {} };
    const textFor = (unscoped: boolean, scope = manyFields) => textOf(pageOf({ job: sampleJob({ unscoped, scope }) }));
    expect(textFor(false)).to.include('This job is not started here without a scope: fill in a field.');
    expect(textFor(true)).to.include('An empty form means everything.');
    expect(textFor(false, nothing)).to.include('by its schedule only').and.not.include('Start the run');
    expect(textFor(true, nothing)).to.include('Start the run');
  });

  it('tells what holds: schedule, overlap, exclusion, limits, where it goes on', () => {
    const text = textOf(pageOf());
    expect(text).to.include('Schedule every 15 minutes Next runs 2026-09-30 06:15:00 UTC');
    expect(text).to.include('If one is running the new start is refused (skip)');
    expect(text).to.include('At once 16 items A second 250 starts at most');
    const job = sampleJob({
      schedule: null,
      nextRuns: [],
      limits: { concurrency: 1, perSecond: null },
      target: 'task',
    });
    const other = textOf(pageOf({ job }));
    expect(other)
      .to.include('Schedule by hand only')
      .and.include('as fast as it can')
      .and.include('in a task of its own');
  });

  it('draws duration and throughput as soon as two runs can be compared', () => {
    const runs = [1, 2, 3].map((day) =>
      sampleEndedRun({ startedAt: `2026-09-0${day}T06:00:00.000Z`, finishedAt: `2026-09-0${day}T06:0${day}:00.000Z` }),
    );
    const text = textOf(pageOf({ history: runs.toReversed() }));
    expect(text)
      .to.include('Duration')
      .and.include('Throughput')
      .and.include('2026-09-03 06:00:00 UTC, succeeded: 3 min');
    expect(textOf(pageOf({ history: runs.slice(0, 1) }))).to.not.include('Throughput');
    expect(textOf(pageOf())).to.include('No runs.');
  });
});
