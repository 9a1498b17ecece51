import { UsageError } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { checkName, namesOf } from './new-job.ts';

describe('checkName', () => {
  it('takes names in kebab-case of up to 40 characters', () => {
    for (const name of ['a', 'sync-stock', 'import-2-orders', 'x'.repeat(40)]) checkName(name);
  });

  for (const [name, says] of [
    ['Sync', 'kebab-case'],
    ['sync_stock', 'kebab-case'],
    ['../sync', 'kebab-case'],
    ['', 'kebab-case'],
    ['x'.repeat(41), 'at most 40 characters'],
    ['import', 'no word of TypeScript'],
    ['jobs', 'Stint does not use itself'],
    ['runs', 'Stint does not use itself'],
  ] as const) {
    it(`refuses "${name}", and says why`, () => {
      expect(() => checkName(name)).to.throw(UsageError, says);
    });
  }
});

describe('namesOf', () => {
  it('derives all names from that of the job', () => {
    expect(namesOf('sync-2-stocks')).to.deep.equal({
      job: 'sync-2-stocks',
      jobIdentifier: 'sync2Stocks',
      fake: 'sync-2-stocks-api',
      fakeIdentifier: 'sync2StocksApi',
      variable: 'SYNC_2_STOCKS_API',
    });
  });
});
