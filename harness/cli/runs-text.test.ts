import type { RunRecord } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { runsText, statusOf } from './runs-text.ts';
import { checkpointOf, runRecord } from './testing/run-record.ts';

const plain = (_style: unknown, text: string) => text;

describe('runsText', () => {
  it('says that there are no runs', () => {
    expect(runsText([], plain)).to.equal('no runs');
  });

  it('shows a line a run, with what the ledger knows of its items', () => {
    const records = [
      runRecord({ checkpoint: checkpointOf({ succeeded: 1_200, skipped: 30, failed: 3, quarantined: 1 }) }),
      runRecord({ job: 'publish-cities', status: 'running', leaseHeld: false, attempt: 2, scope: { tenantId: 't-1' } }),
      runRecord({
        status: 'running',
        leaseHeld: true,
        dryRun: true,
        redriveOf: 'run X',
        trigger: { kind: 'schedule', scheduledTime: '2026-09-30T06:00:00.000Z' },
      }),
    ];
    expect(runsText(records, plain).split('\n')).to.deep.equal([
      'run                         job                            status       attempt  started (UTC)        duration  settled  failed  scope               by',
      '01M856K8D0KCDFSK7YZY5V9Q4M  poll-payment-status            interrupted        1  2026-09-30 06:00:00    13.5 s    1,234       4                      ada (manual)',
      '01M856K8D0KCDFSK7YZY5V9Q4M  publish-cities                 crashed            2  2026-09-30 06:00:00    13.5 s        0       0  {"tenantId":"t-1"}  ada (manual)',
      '01M856K8D0KCDFSK7YZY5V9Q4M  poll-payment-status (redrive)  running            1  2026-09-30 06:00:00    13.5 s        0       0  (dry run)           schedule 2026-09-30 06:00:00',
    ]);
  });

  it('tells the shard of a spread run with its scope', () => {
    const shard = { index: 0, count: 4 };
    expect(runsText([runRecord({ shard })], plain)).to.match(/ {2}shard 0\/4 {2,}/);
    const narrow = runRecord({ shard, scope: { tenantId: 't-1' }, dryRun: true });
    expect(runsText([narrow], plain)).to.include(' {"tenantId":"t-1"} shard 0/4 (dry run) ');
  });

  it('cuts a long scope', () => {
    const text = runsText([runRecord({ scope: { ids: Array.from({ length: 100 }, (_, id) => id) } })], plain);
    expect(text).to.match(/ {2}\{"ids":\[0,1,2,[\d,]+… {2}/);
  });

  it('colours the titles and the status', () => {
    const text = runsText([runRecord({ job: 'interrupted' })], (style, each) => `<${style}>${each}</>`);
    const [titles, line] = text.split('\n');
    expect(titles).to.match(/^<dim>run +<\/> {2}<dim>job +<\/>/);
    expect(line).to.match(/^\w+ {2}interrupted {2}<yellow>interrupted<\/> {8}1 /);
  });
});

describe('statusOf', () => {
  const table: readonly (readonly [Partial<RunRecord>, string])[] = [
    [{ status: 'running', leaseHeld: true }, 'running'],
    [{ status: 'running', leaseHeld: undefined }, 'running'],
    [{ status: 'running', leaseHeld: false }, 'crashed'],
    [{ status: 'running', leaseHeld: true, cancelledBy: 'ada' }, 'cancelling'],
    [{ status: 'running', leaseHeld: false, cancelledBy: 'ada' }, 'crashed'],
    [{ status: 'cancelled', cancelledBy: 'ada' }, 'cancelled'],
  ];
  for (const [record, status] of table) {
    it(`calls ${JSON.stringify(record)} ${status}`, () => expect(statusOf(runRecord(record))).to.equal(status));
  }
});
