import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sampleReport } from '../sweep/testing/sample-report.ts';
import { sweepText, triedText } from './sweep-text.ts';

describe('what a sweep says it has tried', () => {
  it('is all only when none was left out and none could not be tried', () => {
    expect(triedText({ tried: 1_234, possible: 1_234 })).to.equal('all 1,234 points');
    expect(triedText({ tried: 1_233, possible: 1_234 })).to.equal('1,233 of 1,234 points');
  });
});

describe('the text of a sweep', () => {
  const story = (number: number) => ({
    id: `crash:${number}:after`,
    kind: 'crash' as const,
    text: `killed after POST /refunds for item i-${number}: the refund was sent twice`,
    at: 'jobs/refund/job.ts:41',
    advice: 'send an Idempotency-Key',
    command: `npx stint sweep refund --point crash:${number}:after`,
    findings: [],
    points: [`crash:${number}:after`],
  });
  const textOf = (stories: number) => {
    const found = Array.from({ length: stories }, (_, index) => story(index + 1));
    return sweepText(sampleReport([], found), (_, text) => text);
  };

  it('tells a story with its line, what mends it, and the command that shows it', () => {
    expect(textOf(1))
      .to.contain('not proved')
      .and.to.match(/sent twice\.\s+See\s+jobs\/refund\/job\.ts:41\./);
    expect(textOf(1)).to.contain('mend: send an Idempotency-Key').and.to.contain('--point crash:1:after');
  });

  it('tells five, and where the others are', () => {
    expect(textOf(5)).to.contain('item i-5').and.not.to.contain('more');
    expect(textOf(17)).to.contain('item i-5').and.not.to.contain('item i-6');
    expect(textOf(17)).to.match(/\nand 12 more stories: --html sweep\.html and --json have them all$/);
  });
});
