import { openLog } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sampleSummary } from '../sdk/report/testing/report-samples.ts';
import { summaryFields } from './summary-line.ts';

const failure = (index: number, message: string) => ({
  key: `key-${index}`,
  attempts: 3,
  name: 'HttpError',
  code: 'STINT_HTTP',
  message,
});

function lineOf(fields: ReturnType<typeof summaryFields>) {
  const lines: string[] = [];
  openLog({ write: (line) => void lines.push(line) }).info('summary', fields);
  return { line: lines.join(''), written: JSON.parse(lines.join('')) };
}

describe('summaryFields', () => {
  it('gives all of a summary that fits into a line', () => {
    const summary = sampleSummary({ failures: Array.from({ length: 20 }, (_, index) => failure(index, 'short')) });
    expect(summaryFields(summary)).to.deep.equal({ summary });
  });

  it('leaves out failed items, the last ones first, until a log router takes the line whole', () => {
    for (const message of ['x'.repeat(900), '€"\n'.repeat(166)]) {
      const failures = Array.from({ length: 20 }, (_, index) => failure(index, message));
      const { line, written } = lineOf(summaryFields(sampleSummary({ failures })));
      expect(Buffer.byteLength(line)).to.be.within(14_000, 16_000);
      const { length } = written.summary.failures;
      expect(written.summary.failures).to.deep.equal(failures.slice(0, length));
      expect(written.failuresLeftOut).to.equal(20 - length);
      expect(length).to.be.within(1, 19);
    }
  });
});
