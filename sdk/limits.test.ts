import { expect } from 'chai';
import { describe, it } from 'mocha';
import { DefinitionError } from './errors.ts';
import { type Limits, resolveLimits } from './limits.ts';

const resolve = (limits: Record<string, unknown>) => () => resolveLimits('a-job', limits as Limits);

const refusals: readonly (readonly [Record<string, unknown>, string])[] = [
  [{ concurrency: 0 }, 'limits.concurrency to be a whole number of 1 or more, got 0'],
  [{ concurrency: 2.5 }, 'limits.concurrency to be a whole number of 1 or more, got 2.5'],
  [{ concurrency: '8' }, 'limits.concurrency to be a whole number of 1 or more, got "8"; write it without quotes'],
  [{ concurrency: Number.POSITIVE_INFINITY }, 'limits.concurrency to be a whole number of 1 or more, got Infinity'],
  [{ perSecond: 0 }, 'limits.perSecond to be a number above 0, got 0'],
  [{ perSecond: -1 }, 'limits.perSecond to be a number above 0, got -1'],
  [{ perSecond: Number.NaN }, 'limits.perSecond to be a number above 0, got NaN'],
  [{ perSecond: '50' }, 'limits.perSecond to be a number above 0, got "50"; write it without quotes'],
  [{ perSecond: null }, 'limits.perSecond to be a number above 0, got null'],
  [{ perSecond: 50, burst: 51 }, 'limits.burst to be a whole number of 1 or more, up to 50, got 51'],
  [{ perSecond: 50, burst: 0 }, 'limits.burst to be a whole number of 1 or more, up to 50, got 0'],
  [{ perSecond: 0.5, burst: 2 }, 'limits.burst to be a whole number of 1 or more, up to 1, got 2'],
  [{ itemTimeoutMs: 0 }, 'limits.itemTimeoutMs to be a number above 0, got 0'],
  [{ abortGraceMs: -1 }, 'limits.abortGraceMs to be a number of 0 or more, got -1'],
  [{ maxStalenessMs: 0 }, 'limits.maxStalenessMs to be a number above 0, got 0'],
  [{ tolerate: { failures: -1 } }, 'limits.tolerate.failures to be a whole number of 0 or more, got -1'],
  [{ tolerate: { failures: 1.5 } }, 'limits.tolerate.failures to be a whole number of 0 or more, got 1.5'],
  [{ tolerate: { percent: 101 } }, 'limits.tolerate.percent to be a number of 0 or more, up to 100, got 101'],
  [{ tolerate: { percent: '5' } }, 'limits.tolerate.percent to be a number of 0 or more, up to 100, got "5"; write it'],
  [{ retry: { attempts: 0 } }, 'limits.retry.attempts to be a whole number of 1 or more, got 0'],
  [{ retry: { attempts: undefined } }, 'limits.retry.attempts to be a whole number of 1 or more, got undefined'],
  [{ retry: { baseMs: -1 } }, 'limits.retry.baseMs to be a number of 0 or more, got -1'],
  [{ retry: { maxMs: -1 } }, 'limits.retry.maxMs to be a number of 0 or more, got -1'],
  [{ retry: { maxRetryAfterMs: -1 } }, 'limits.retry.maxRetryAfterMs to be a number of 0 or more, got -1'],
  [{ drainMs: -1 }, 'limits.drainMs to be a number of 0 or more, got -1'],
  [{ maxRunMs: 0 }, 'limits.maxRunMs to be a number above 0, got 0'],
];

describe('limits', () => {
  for (const [limits, wording] of refusals) {
    it(`refuses ${JSON.stringify(limits)}: expected ${wording}`, () => {
      expect(resolve(limits))
        .to.throw(DefinitionError, `expected a-job's ${wording}`)
        .with.property('message')
        .which.does.not.include('\n');
    });
  }

  it('has the defaults that are documented', () => {
    expect(resolveLimits('a-job', {})).to.deep.equal({
      concurrency: 8,
      perSecond: undefined,
      burst: 1,
      itemTimeoutMs: 30_000,
      abortGraceMs: 1_000,
      maxStalenessMs: 5_000,
      tolerate: { failures: 0, percent: 100 },
      retry: { attempts: 4, baseMs: 200, maxMs: 20_000, maxRetryAfterMs: 120_000 },
      drainMs: 100_000,
      maxRunMs: undefined,
    });
  });

  it('takes a tenth of perSecond for burst, at least 1', () => {
    for (const [perSecond, burst] of [
      [0.2, 1],
      [9, 1],
      [50, 5],
      [1_000, 100],
    ] as const) {
      expect(resolveLimits('a-job', { perSecond }).burst).to.equal(burst);
    }
  });

  it('tolerates any number of failures when only a percentage is set', () => {
    expect(resolveLimits('a-job', { tolerate: { percent: 5 } }).tolerate).to.deep.equal({
      failures: Number.POSITIVE_INFINITY,
      percent: 5,
    });
    expect(resolveLimits('a-job', { tolerate: { failures: 25 } }).tolerate).to.deep.equal({
      failures: 25,
      percent: 100,
    });
  });

  it('refuses a burst without a rate that it could belong to', () => {
    expect(resolve({ burst: 5 })).to.throw(
      DefinitionError,
      "expected a-job's limits.burst beside limits.perSecond, got it alone; set perSecond too",
    );
  });
});
