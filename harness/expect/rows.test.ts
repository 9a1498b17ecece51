import { jobs } from '@stint/jobs/registry';
import { findJob } from '@stint/sdk';
import { describe, it } from 'mocha';
import { openHarness } from '../harness.ts';
import { expect } from './index.ts';
import { findRowDifference } from './rows.ts';

const rejection = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'it held',
    (error: Error) => error.message,
  );

describe('expect(harness.db)', () => {
  it('compares the rows of a Postgres table by the columns that are named, in any order', async () => {
    await using harness = await openHarness('publish-cities/happy');
    await expect(harness.db).table('city_publications').to.equalRows([]);
    const [first, ...others] = await harness.sql<{ id: string; population: string }>(
      'select id, population from cities',
    );
    await expect(harness.db)
      .table('cities')
      .to.equalRows([...others, { ...first, population: Number(first?.population) }]);
    const told = await rejection(
      expect(harness.db)
        .table('cities')
        .to.equalRows([...others, { id: 1, population: 5 }]),
    );
    expect(told).to.include(
      'expected table cities to have 40 such rows, got 40\n  - missing  {"id":1,"population":5}\n',
    );
    expect(told).to.include(`  + not expected  {"id":"${first?.id}"`);
  });

  it('compares the items of a DynamoDB table', async () => {
    await using harness = await openHarness('sync-exchange-rates/nothing-to-do');
    const table = expect(harness.db).dynamoTable('exchange-rates');
    const pairs = ['EUR/GBP', 'EUR/USD', 'GBP/EUR', 'GBP/USD', 'USD/EUR', 'USD/GBP'];
    await table.to.equalRows(pairs.map((pair) => ({ pair, asOf: '2026-09-29' })));
    expect(await rejection(table.to.equalRows([]))).to.match(/to have 0 such rows, got 6\n {2}\+ not expected/);
  });

  it('compares dates, nested values, sets, numbers and nulls for what they are', () => {
    const at = new Date('2026-09-30T06:00:00Z');
    const rows = [{ id: 1n, at, price: '12.50', tags: new Set(['b', 'a']), deep: { y: [1, 2], x: null } }];
    const [row] = rows;
    const same = { id: '1', at: '2026-09-30T08:00:00+02:00', price: 12.5, tags: new Set(['a', 'b']) };
    expect(findRowDifference('t', [{ ...same, deep: { x: null, y: ['1', 2] } }], rows)).to.equal(undefined);
    expect(findRowDifference('t', [{ gone: null }], rows)).to.equal(undefined);
    for (const other of [
      { id: 2 },
      { at: '2026-09-30T06:00:01Z' },
      { price: '12.51' },
      { deep: { x: null, y: [2, 1] } },
    ])
      expect(findRowDifference('t', [{ ...row, ...other }], rows)).to.be.a('string');
  });

  it('tells what has changed in a row that has the first column in common', () => {
    const rows = [
      { id: '3', status: 'pending', note: 'a' },
      { id: '4', status: 'pending', note: 'b' },
    ];
    const expected = [
      { id: 3, status: 'failed', note: 'a' },
      { id: 5, status: 'pending', note: 'b' },
    ];
    expect(findRowDifference('payments', expected, rows)?.split('\n').slice(1)).to.deep.equal([
      '  ~ id 3  status: expected "failed", got "pending"',
      '  - missing  {"id":5,"status":"pending","note":"b"}',
      '  + not expected  {"id":"4","status":"pending","note":"b"}',
    ]);
  });

  it('refuses rows that name different columns, and columns that a Postgres table has not', async () => {
    expect(() => findRowDifference('t', [{ status: 'a' }, { id: 1 }], [])).to.throw(
      TypeError,
      'the same columns (status)',
    );
    await using harness = await openHarness('publish-cities/nothing-to-do');
    const told = await rejection(
      expect(harness.db)
        .table('cities')
        .to.equalRows([{ nmae: null }]),
    );
    expect(told).to.match(/^expected columns of the table cities \(id, name, .*\), got "nmae"; correct the name$/);
  });

  it('takes each row for one expected one, and cuts long lists', () => {
    const row = { id: 1 };
    expect(findRowDifference('t', [row, row], [row])).to.equal(
      'expected table t to have 2 such rows, got 1\n  - missing  {"id":1}',
    );
    const many = Array.from({ length: 14 }, (_, id) => ({ id }));
    expect(findRowDifference('t', [], many)?.split('\n').at(-1)).to.equal('  … and 4 more not expected');
  });
});

describe('expect(summary).to.match.fixture', () => {
  const poll = findJob(jobs, 'poll-payment-status');

  it('holds for the summary that the case expects', async () => {
    await using harness = await openHarness('poll-payment-status/mixed');
    const { summary } = await harness.run(poll);
    await expect(summary).to.match.fixture('poll-payment-status/mixed');
    const told = await rejection(expect(summary).to.match.fixture('poll-payment-status/nothing-to-do'));
    expect(told).to.match(/^expected the summary of poll-payment-status\/nothing-to-do, got another:\n/);
    expect(told).to.include('  items.read: expected 0, got 10\n');
  });
});
