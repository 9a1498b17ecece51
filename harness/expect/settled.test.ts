import { describe, it } from 'mocha';
import { sampleSummary } from '../testing/sample-summary.ts';
import { expect } from './index.ts';

const summary = sampleSummary({
  items: { read: 9, succeeded: 3, skipped: 4, failed: 2, quarantined: 0, remaining: 0, retried: 1 },
  skipped: { 'still pending': 3, gone: 1 },
  counts: { settled: 3 },
  failuresByError: { 'HttpError STINT_HTTP_500': 1, TypeError: 1 },
});

const refusal = (fn: () => unknown): string => {
  try {
    fn();
  } catch (error) {
    return String((error as Error).message);
  }
  throw new Error('expected the assertion to fail, but it held');
};

describe('expect(summary)', () => {
  it('holds when the items settled as they are named', () => {
    expect(summary).to.have.settled({ succeeded: 3, failed: 2, skipped: { 'still pending': 3, gone: 1 } });
    expect(summary).to.have.settled({ read: 9, skipped: 4, failed: 2, counts: { settled: 3 } });
    expect(summary).to.balance;
    expect(summary).to.have.failedWith('HttpError', 1);
    expect(summary).to.have.failedWith('STINT_HTTP_500');
    expect(summary).to.not.have.failedWith('RequestError');
  });

  it('tells what settled otherwise, reasons and errors too, and nothing else', () => {
    expect(refusal(() => expect(summary).to.have.settled({ succeeded: 4, skipped: { 'still pending': 4 } }))).to.equal(
      [
        'the items did not settle so:',
        '  succeeded: expected 4, got 3',
        "  skipped 'still pending': expected 4, got 3",
        "  skipped 'gone': expected 0, got 1",
        '  failed: expected 0, got 2 (HttpError STINT_HTTP_500 1, TypeError 1)',
      ].join('\n'),
    );
    expect(
      refusal(() => expect(summary, 'the first run').to.have.settled({ failed: 2, counts: { other: 1 } })),
    ).to.equal("the first run: the items did not settle so:\n  counts 'other': expected 1, got 0");
  });

  it('tells what does not balance', () => {
    const lossy = { ...summary, items: { ...summary.items, read: 10 } };
    expect(refusal(() => expect(lossy).to.balance)).to.equal(
      'expected the accounts to balance: 10 were read, but 9 settled and 0 remain',
    );
    const unreasoned = { ...summary, skipped: { gone: 1 } };
    expect(unreasoned).to.not.balance;
    expect(refusal(() => expect(unreasoned).to.balance)).to.include('4 were skipped, but the reasons add up to 1');
  });

  it('tells which errors there were when another was expected', () => {
    expect(refusal(() => expect(summary).to.have.failedWith('HttpError', 2))).to.equal(
      'expected 2 items to fail with HttpError, got 1; there were: HttpError STINT_HTTP_500 1, TypeError 1',
    );
    expect(refusal(() => expect(summary).to.not.have.failedWith('TypeError'))).to.equal(
      'expected no items to fail with TypeError, got 1',
    );
  });

  it('refuses what is no summary, and .not where it would say little', () => {
    expect(refusal(() => expect({ items: {} }).to.balance)).to.match(
      /^expected the summary of a run, got something else/,
    );
    expect(refusal(() => expect(summary).to.not.have.settled({ succeeded: 1 }))).to.match(/^expected no \.not before/);
  });

  it('leaves chai’s own match as it is', () => {
    expect('stint').to.match(/^st/);
    expect(refusal(() => expect('stint').to.match(/x/))).to.include("expected 'stint' to match /x/");
  });
});
