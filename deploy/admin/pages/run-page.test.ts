import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { RunView } from '../schemas.ts';
import { actionsOf } from './run-actions.ts';
import { type RunParts, runPage } from './run-page.ts';
import { fieldsOfForm, tagsOf, textOf } from './testing/read-page.ts';
import { runId, sampleEndedRun, sampleFailure, sampleProgress, sampleRun } from './testing/sample-views.ts';

const pageOf = (run: RunView, changes: Partial<RunParts> = {}) =>
  runPage({
    run,
    failures: { items: [sampleFailure(), sampleFailure({ key: '1043' })], next: null },
    caller: { name: 'ada', role: 'trigger' },
    csrf: 'c-1',
    ...changes,
  });

describe('runPage', () => {
  it('shows how far a running run is, with places that the script keeps up to date', () => {
    const page = pageOf(sampleRun());
    const text = textOf(page);
    expect(text).to.include('51 %: 1,240 of about 2,400 items settled');
    expect(text).to.include('Succeeded 1,010 Skipped 228 Failed 2 Retried 31 Speed 181 a second Time left about 6 s');
    expect(text).to.include('In flight 16 Held back 8.3 s');
    const tags = tagsOf(page);
    const live = tags.find(({ attributes }) => attributes.get('id') === 'live');
    expect(live?.attributes.get('data-events')).to.equal(`/admin/runs/${runId}/events`);
    const bar = tags.find(({ name }) => name === 'progress');
    expect([bar?.attributes.get('value'), bar?.attributes.get('max')]).to.deep.equal(['1240', '2400']);
  });

  it('has a bar without a place in it when nobody knows how many items there are', () => {
    const page = pageOf(sampleRun({ progress: sampleProgress({ total: null }) }));
    expect(
      tagsOf(page)
        .find(({ name }) => name === 'progress')
        ?.attributes.has('value'),
    ).to.equal(false);
  });

  it('does not watch a run that is not running', () => {
    expect(pageOf(sampleEndedRun())).to.not.include('data-events').and.not.include('<progress');
    const interrupted = pageOf(sampleRun({ status: 'interrupted', leaseHeld: null }));
    expect(interrupted).to.include('<progress').and.not.include('data-events');
  });

  it('offers what can be done about it', () => {
    expect(actionsOf(sampleRun())).to.deep.equal(['cancel']);
    expect(actionsOf(sampleRun({ cancelledBy: 'ada' }))).to.deep.equal([]);
    expect(actionsOf(sampleRun({ leaseHeld: false }))).to.deep.equal(['resume', 'cancel']);
    expect(actionsOf(sampleRun({ status: 'interrupted', dryRun: true }))).to.deep.equal(['cancel']);
    expect(actionsOf(sampleEndedRun())).to.deep.equal([]);
  });

  it('asks before it cancels, in a dialog or without a script on a page of its own', () => {
    const page = pageOf(sampleRun());
    expect(page).to.include(
      `<form method="get" action="/admin/runs/${runId}/cancel"><input type="hidden" name="confirm"`,
    );
    expect(page).to.include('data-dialog="cancel-dialog"').and.include('<dialog id="cancel-dialog"');
    expect(page).to.include(
      `<form method="post" action="/admin/runs/${runId}/cancel"><input type="hidden" name="csrf"`,
    );
  });

  it('tells what became of it', () => {
    const text = textOf(pageOf(sampleEndedRun()));
    for (const part of [
      'Started 2026-09-30 06:00:00 UTC by ada (admin)',
      'Ended 2026-09-30 06:00:13 UTC after 13.3 s',
      'Read 2,400 Succeeded 1,962 Skipped 435 423 still pending 12 unknown to the provider',
      'Failed 3 2 HttpError STINT_HTTP_500 1 ItemTimeoutError STINT_ITEM_TIMEOUT',
      'An item took 22 ms (p50), 35 ms (p95), 840 ms (p99), 1.6 s (max)',
      'Age of records 3.9 s (p99), 4.4 s (max) when worked on',
      'settled 1,812',
      'payments.example 2,448 51 34 ms',
      '1 2026-09-30 06:00:00 UTC 4 s interrupted SIGTERM: the process was told to end from the beginning to 4',
      'HttpError STINT_HTTP_500 expected 2xx from GET /payments/p-1042, got 500 1 request GET',
      'authorization: [secret]',
    ])
      expect(text).to.include(part);
  });

  it('links to the run that it redrives, to logs and traces, and to nothing that is no address of the web', () => {
    const redriveOf = { runId: 'other', error: 'STINT_HTTP_500', keys: ['1', '2'] };
    const page = pageOf(sampleEndedRun({ redriveOf }), {
      links: { logs: 'https://logs.example', traces: 'javascript:1' },
    });
    expect(textOf(page)).to.include('Redrive of other , items with STINT_HTTP_500 , 2 items');
    expect(page).to.include('href="/admin/runs/other"').and.include('href="https://logs.example"');
    expect(page).to.not.include('javascript:').and.not.include('Start another like it');
  });

  it('tells the shard of a spread run, which cannot be started from here', () => {
    const page = pageOf(sampleEndedRun({ shard: { index: 0, count: 4 } }));
    expect(textOf(page)).to.include('Shard 0/4').and.not.include('Start another like it');
    expect(textOf(pageOf(sampleEndedRun())))
      .to.include('Start another like it')
      .and.not.include('Shard');
  });

  it('sends the chosen failures, those of one error, or all of them, each by a form of its own', () => {
    const page = pageOf(sampleEndedRun(), { error: 'STINT_HTTP_500' });
    expect(fieldsOfForm(page, 'redrive-selected')).to.deep.equal({ csrf: 'c-1', which: 'selected' });
    expect(fieldsOfForm(page, 'redrive-error')).to.deep.equal({ csrf: 'c-1', which: 'error', error: 'STINT_HTTP_500' });
    expect(fieldsOfForm(page, 'redrive-all')).to.deep.equal({ csrf: 'c-1', which: 'all' });
    expect(pageOf(sampleEndedRun())).to.not.include('id="redrive-error"');
  });

  it('has no redrive while the run may still work its items itself', () => {
    for (const run of [sampleRun(), sampleRun({ leaseHeld: false }), sampleRun({ status: 'interrupted' })])
      expect(pageOf(run)).to.not.include('redrive-selected');
  });

  it('filters failures by the errors there are, and keeps the filter on the next page', () => {
    const failures = { items: [sampleFailure({ error: { name: 'OtherError', code: '', message: 'm' } })], next: 'n 1' };
    const page = pageOf(sampleEndedRun(), { failures, error: 'OtherError' });
    const options = [...page.matchAll(/<option value="([^"]*)"( selected)?/g)].map(([, value, chosen]) => [
      value,
      chosen,
    ]);
    expect(options).to.deep.equal([
      ['', undefined],
      ['STINT_HTTP_500', undefined],
      ['STINT_ITEM_TIMEOUT', undefined],
      ['OtherError', ' selected'],
    ]);
    expect(page).to.include(`href="/admin/runs/${runId}?error=OtherError&amp;after=n+1#failures"`);
  });
});
