import type { AttemptRecord, FailedItem, HttpExchange } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type ShownRun, showText } from './show-text.ts';
import { checkpointOf, runRecord } from './testing/run-record.ts';

const plain = (_style: unknown, text: string) => text;
const textOf = (changes: Partial<ShownRun> = {}) =>
  showText(
    { record: runRecord(), failures: [], hasMore: false, caseDirectory: undefined, exchanges: false, ...changes },
    plain,
  );

const exchange: HttpExchange = {
  method: 'GET',
  url: 'https://api.example/payments/p-7',
  startedAt: '2026-09-30T06:00:01.000Z',
  durationMs: 120,
  requestHeaders: { authorization: '[redacted]' },
  requestBody: null,
  status: 500,
  responseHeaders: { 'content-type': 'text/plain' },
  responseBody: 'try\nlater',
  error: null,
};

const failed: FailedItem = {
  loop: 'loop-1',
  key: '7',
  cursor: '7',
  outcome: 'failed',
  error: { name: 'HttpError', code: 'STINT_HTTP_500', message: 'expected a 2xx answer, got 500' },
  attempts: 4,
  failedAt: '2026-09-30T06:00:05.000Z',
  exchanges: [exchange],
};

const nextOf = (changes: Partial<ShownRun>) => {
  const [, next] = textOf(changes).split('\n\n  Next\n');
  return next?.split('\n').map((line) => line.trim().replace('01M856K8D0KCDFSK7YZY5V9Q4M', '<run>')) ?? [];
};

describe('showText', () => {
  it('tells how far an unfinished run is, what failed, and what one can do', () => {
    const tally = {
      ...{ succeeded: 1_200, skipped: 30, failed: 1 },
      ...{
        counts: { settled: 1_200 },
        skippedBy: { 'still pending': 30 },
        failuresBy: { 'HttpError STINT_HTTP_500': 1 },
      },
    };
    const record = runRecord({
      ...{ status: 'running', leaseHeld: false, scope: { tenantId: 't-1' }, cancelledBy: 'bob' },
      checkpoint: { ...checkpointOf(tally), mark: { loop: 'loop-1', key: '8' } },
    });
    expect(textOf({ record, failures: [failed], caseDirectory: '/cases/demo' }).split('\n')).to.deep.equal([
      'crashed  poll-payment-status  01M856K8D0KCDFSK7YZY5V9Q4M',
      '',
      '  started      2026-09-30 06:00:00 UTC by ada (manual), attempt 1',
      '  last sign    2026-09-30 06:00:13 UTC, 13.5 s after the start',
      '  holder       laptop 4711',
      '  scope        {"tenantId":"t-1"}',
      '  case         /cases/demo',
      '  cancelled by bob',
      '  checkpoint   number 12: 1,231 items settled (succeeded 1,200, skipped 30, failed 1, quarantined 0)',
      '               settled 1,200',
      '               still pending 30',
      '  suspect      8 is started alone, it may end the process',
      '',
      '  Failed items',
      '    7  expected a 2xx answer, got 500 (4 attempts), HttpError STINT_HTTP_500, 2026-09-30 06:00:05',
      '',
      '  Next',
      '    npx stint resume 01M856K8D0KCDFSK7YZY5V9Q4M   goes on with it from its last checkpoint',
      '    npx stint redrive 01M856K8D0KCDFSK7YZY5V9Q4M  works its failed item again',
      '    npx stint cancel 01M856K8D0KCDFSK7YZY5V9Q4M   ends it for good',
    ]);
  });

  it('shows what was said over HTTP when it is asked to', () => {
    const text = textOf({ failures: [failed, { ...failed, key: '9', exchanges: [] }], exchanges: true });
    expect(text).to.include(
      [
        '      GET https://api.example/payments/p-7  500 in 120 ms',
        '        > authorization: [redacted]',
        '        < content-type: text/plain',
        '        < try',
        '        < later',
        '    9  expected',
      ].join('\n'),
    );
    const cut = { ...exchange, status: null, error: 'ECONNRESET', responseBody: null };
    expect(textOf({ failures: [{ ...failed, exchanges: [cut] }], exchanges: true })).to.include(
      '  no answer, ECONNRESET in 120 ms\n',
    );
  });

  it('lists the attempts: when, how each ended, from which checkpoint to which, where and why', () => {
    const open = { endedAt: undefined, status: undefined, reason: undefined, toCheckpoint: undefined };
    const crashed = {
      attempt: 1,
      holder: 'laptop 1',
      startedAt: '2026-09-30T06:00:00.000Z',
      fromCheckpoint: 0,
      ...open,
    };
    const interrupted: AttemptRecord = {
      ...{ attempt: 2, holder: 'laptop 22', startedAt: '2026-09-30T07:00:00.000Z', fromCheckpoint: 8 },
      ...{ endedAt: '2026-09-30T07:01:30.000Z', status: 'interrupted', reason: 'SIGTERM:\n  bye', toCheckpoint: 12 },
    };
    const last = { ...crashed, attempt: 3, startedAt: '2026-09-30T08:00:00.000Z', fromCheckpoint: 12 };
    const attempts = [crashed, interrupted, last];
    const linesOf = (changes: Partial<ShownRun['record']>) => {
      const [, lines = ''] = textOf({ record: runRecord({ attempt: 3, attempts, ...changes }) }).split(
        '\n  Attempts\n',
      );
      return lines.split('\n').slice(0, 3);
    };
    expect(linesOf({ status: 'running' })).to.deep.equal([
      '    1  2026-09-30 06:00:00  crashed                        checkpoints 0 to ?   laptop 1',
      '    2  2026-09-30 07:00:00  interrupted  after 1 min 30 s  checkpoints 8 to 12  laptop 22  SIGTERM: bye',
      '    3  2026-09-30 08:00:00  running                        checkpoints 12 to ?  laptop 1',
    ]);
    expect(linesOf({ status: 'running', leaseHeld: false })[2]).to.include('  crashed  ');
    expect(linesOf({ status: 'interrupted' })[2]).to.include('  crashed  ');
    expect(textOf({ record: runRecord({ attempts: [crashed] }) })).not.to.include('Attempts');
  });

  it('says that there are more failed items, and which are quarantined', () => {
    const text = textOf({ failures: [{ ...failed, outcome: 'quarantined' }], hasMore: true });
    expect(text)
      .to.include('    7  quarantined: expected')
      .and.include('\n    and more; --failures and --json tell all');
  });

  it('says which shard of a spread run it was', () => {
    expect(textOf({ record: runRecord({ shard: { index: 2, count: 8 } }) })).to.include('\n  shard        2/8\n');
  });

  it('says which failed items a redrive works', () => {
    const record = runRecord({ redriveOf: '01M856K8D0KCDFSK7YZY5V9Q4A STINT_HTTP_500' });
    expect(textOf({ record })).to.include(
      '\n  redrive      of the failed items of 01M856K8D0KCDFSK7YZY5V9Q4A, those with STINT_HTTP_500\n',
    );
    const chosen = runRecord({ redriveOf: '01M856K8D0KCDFSK7YZY5V9Q4A {"error":null,"keys":["7","8"]}' });
    expect(textOf({ record: chosen })).to.include(
      '\n  redrive      of the failed items of 01M856K8D0KCDFSK7YZY5V9Q4A: 7, 8\n',
    );
  });

  it('offers only what can be done, with the stack that the run is on', () => {
    expect(
      nextOf({ record: runRecord({ status: 'succeeded', finishedAt: '2026-09-30T06:00:13.500Z' }) }),
    ).to.deep.equal([]);
    expect(nextOf({ record: runRecord({ status: 'running', leaseHeld: true }) })).to.deep.equal([
      'npx stint cancel <run> --stack external  asks for its end',
    ]);
    expect(nextOf({ record: runRecord({ dryRun: true }) })).to.deep.equal([
      'npx stint cancel <run> --stack external  ends it for good',
    ]);
    const checkpoint = checkpointOf({ failed: 3, failuresBy: { 'HttpError STINT_HTTP_500': 2, TypeError: 1 } });
    const over = { status: 'failed', finishedAt: '2026-09-30T06:00:13.500Z', checkpoint } as const;
    expect(nextOf({ record: runRecord(over), caseDirectory: '/cases/demo' })).to.deep.equal([
      'npx stint redrive <run>                         works its 3 failed items again',
      'npx stint redrive <run> --error STINT_HTTP_500  only those with STINT_HTTP_500',
    ]);
  });
});
