import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sampleSummary } from '../../harness/testing/sample-summary.ts';
import type { Summary } from '../summary.ts';
import { summaryText } from './summary-text.ts';

const base = sampleSummary({
  job: 'poll-payment-status',
  runId: '01M856K8D0KCDFSK7YZY5V9Q4M',
  trigger: { kind: 'manual' },
  finishedAt: '2026-09-30T06:00:13.500Z',
  durationMs: 13_500,
  items: { read: 2_400, succeeded: 1_962, skipped: 435, failed: 3, quarantined: 0, remaining: 0, retried: 48 },
  skipped: { 'unknown to the provider': 12, 'still pending': 423 },
  counts: { settled: 1_812, failed: 150 },
  failures: [
    {
      key: '5001111',
      name: 'HttpError',
      code: 'STINT_HTTP_500',
      message: 'expected a 2xx answer, got 500',
      attempts: 4,
    },
  ],
  failuresByError: { 'HttpError STINT_HTTP_500': 3 },
  rate: { itemsPerSecond: 178.2, latencyMs: { p50: 23, p95: 46, p99: 60, max: 1_600 } },
  limits: { concurrency: { limit: 16, peak: 16 }, perSecond: { limit: 250, peak: 250 }, waitedMs: 15_000 },
  freshness: { p99Ms: 4_000, maxMs: 4_400, refreshed: 0 },
  memory: { peakRssMb: 284.2, peakBuffered: 630, peakPages: 2 },
  external: { 'api.example:443': { calls: 2_448, errors: 51, p95Ms: 35 } },
  resume: { fromCheckpoint: false, recovered: false, replayed: 0, replayedAtMost: 0, checkpoints: 13 },
});

const plain = (_style: unknown, text: string) => text;
const textOf = (changes: Partial<Summary> = {}) => summaryText({ ...base, ...changes }, plain);
const none = { read: 0, succeeded: 0, skipped: 0, failed: 0, quarantined: 0, remaining: 0, retried: 0 };

describe('summaryText', () => {
  it('says what became of the items, what it took and what failed', () => {
    expect(textOf().split('\n')).to.deep.equal([
      'succeeded  poll-payment-status  in 13.5 s, exit code 0',
      '',
      '  items        2,400 read',
      '               1,962 succeeded: settled 1,812, failed 150',
      '                 435 skipped: still pending 423, unknown to the provider 12',
      '                   3 failed: HttpError STINT_HTTP_500 3',
      '                  48 retries',
      '',
      '  rate         178 items/s; an item took 23 ms (p50), 46 ms (p95), 1.6 s (max)',
      '  limits       16 of 16 at once, 250 of 250 in a second; held back for 15 s',
      '  freshness    acted on records at most 4.4 s old',
      '  external     api.example:443: 2,448 calls, 51 errors, 35 ms (p95)',
      '  memory       284 MB; at most 630 items in 2 pages held',
      '  run          01M856K8D0KCDFSK7YZY5V9Q4M, attempt 1; 13 checkpoints',
      '',
      '  Failed items',
      '    5001111  expected a 2xx answer, got 500 (4 attempts)',
    ]);
  });

  it('says little when there was nothing to do', () => {
    const text = textOf({ items: none, skipped: {}, counts: {}, failures: [], failuresByError: {}, external: {} });
    expect(text.split('\n')).to.deep.equal([
      'succeeded  poll-payment-status  in 13.5 s, exit code 0',
      '',
      '  items        0 read',
      '               0 succeeded',
      '  run          01M856K8D0KCDFSK7YZY5V9Q4M, attempt 1; 13 checkpoints',
    ]);
  });

  it('says that nothing was written in a dry run, and what would have been', () => {
    const items = { ...none, read: 2, skipped: 2 };
    const text = textOf({
      dryRun: true,
      scope: { tenantId: 't-1' },
      items,
      skipped: { 'would write': 2 },
      wouldWrite: { 'postgres update': 2 },
    });
    expect(text).to.match(/^.* in 13\.5 s, dry run: nothing was written, scope {"tenantId":"t-1"}, exit code 0\n/);
    expect(text).to.include('\n               2 would write: postgres update 2\n');
  });

  it('says that it was to work on some items only', () => {
    expect(textOf({ limit: 1_000 })).to.match(/^.* in 13\.5 s, at most 1,000 items, exit code 0\n/);
  });

  it('says why a run ended early, and what remains', () => {
    const text = textOf({
      status: 'interrupted',
      exitCode: 143,
      items: { ...base.items, succeeded: 1_000, remaining: 962, quarantined: 1 },
      error: { name: 'InterruptedError', code: 'STINT_INTERRUPTED', message: 'the run was interrupted by SIGTERM' },
    });
    expect(text).to.include(' 962 remaining: not worked on yet\n').and.include(' 1 quarantined\n');
    expect(text).to.match(/\n\n {2}InterruptedError: the run was interrupted by SIGTERM$/);
  });

  const resumes: Readonly<Record<string, readonly [Partial<Summary['resume']>, readonly string[]]>> = {
    'was interrupted': [{ fromCheckpoint: true }, ['  resumed      from its checkpoint']],
    'crashed before its first checkpoint': [
      { recovered: true },
      ['  resumed      from the start, no checkpoint was saved (recovered: the process before died)'],
    ],
    crashed: [
      { fromCheckpoint: true, recovered: true, replayed: 12, replayedAtMost: 1_040 },
      [
        '  resumed      from its checkpoint (recovered: the process before died)',
        '               12 items worked twice, at most 1,040',
      ],
    ],
  };
  for (const [what, [resume, lines]] of Object.entries(resumes)) {
    it(`says how the run went on when it ${what}`, () => {
      const text = textOf({ attempt: 2, resume: { ...base.resume, ...resume }, failures: [] });
      expect(text.split('\n').slice(-lines.length - 1)).to.deep.equal([
        '  run          01M856K8D0KCDFSK7YZY5V9Q4M, attempt 2; 13 checkpoints',
        ...lines,
      ]);
    });
  }

  it('says whose failed items it worked again', () => {
    const redriveOf = { runId: '01M856K8D0KCDFSK7YZY5V9Q4A', error: null, keys: null };
    expect(textOf({ redriveOf })).to.include('  redrive      of the failed items of 01M856K8D0KCDFSK7YZY5V9Q4A\n');
    expect(textOf({ redriveOf: { ...redriveOf, error: 'STINT_HTTP_500' } })).to.include(
      'Q4A, those with STINT_HTTP_500\n',
    );
    expect(textOf({ redriveOf: { ...redriveOf, keys: ['7', '8'] } })).to.include('Q4A: 7, 8\n');
    const keys = Array.from({ length: 1_000 }, (_, index) => `k${index}`);
    expect(textOf({ redriveOf: { ...redriveOf, error: 'HttpError', keys } })).to.include(
      'Q4A, those with HttpError: k0, k1, k2, k3, k4 and 995 more\n',
    );
  });

  it('shows the first five failed items, and says how many more there are', () => {
    const failures = Array.from({ length: 20 }, (_, key) => ({ ...base.failures[0]!, key: `k${key}`, attempts: 1 }));
    const lines = textOf({ items: { ...base.items, failed: 30 }, failures }).split('\n');
    expect(lines.slice(-3)).to.deep.equal([
      '    k3  expected a 2xx answer, got 500',
      '    k4  expected a 2xx answer, got 500',
      '    and 25 more; --json names the first 20',
    ]);
  });

  it('keeps its fixed lines within 80 columns', () => {
    const fixed = textOf()
      .split('\n')
      .filter((line) => !line.startsWith('    '));
    expect(Math.max(...fixed.map((line) => line.length))).to.be.at.most(80);
  });
});
