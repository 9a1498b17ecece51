import { describe, it } from 'mocha';
import { expect } from '../expect/index.ts';
import type { LedgerKind } from './site.ts';
import { soundJob } from './testing/invoice-job.ts';
import { sweepInvoices } from './testing/sweep-invoices.ts';

describe('a sweep of races', function raceTests() {
  this.timeout(180_000);

  for (const ledger of ['postgres', 'dynamodb', 'memory'] satisfies LedgerKind[]) {
    it(`passes a sound job with twins and zombies, on the ${ledger} ledger`, async () => {
      const report = await sweepInvoices({ job: soundJob, kinds: ['race'], points: 16, ledger });
      expect(report).to.prove();
      const variants = new Set(report.trials.map(({ point }) => point.id.replaceAll(/\d+/g, '#')));
      expect([...variants]).to.include.members([
        'race:#:twin-before',
        'race:#:zombie-after',
        'race:#:zombie-after-midway',
        'race:#:zombie-before-early',
      ]);
    });
  }
});
