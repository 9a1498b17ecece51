import { describe, it } from 'mocha';
import { CallLog } from '../fakes/index.ts';
import { findExcess, findRepeated } from './calls.ts';
import { expect } from './index.ts';

/** A log of so many calls, all open at one time. */
function logOf(
  count: number,
  call: { method?: string; path?: (index: number) => string; key?: (index: number) => string } = {},
) {
  const { method = 'GET', path = () => '/', key } = call;
  const log = new CallLog();
  const started = Array.from({ length: count }, (_, index) =>
    log.start({ method, path: path(index), ...(key && { idempotencyKey: key(index) }) }),
  );
  for (const { finish } of started) finish(200);
  return log;
}

describe('expect(calls)', () => {
  it('holds within the limits, with a little more a second for jitter', () => {
    const calls = logOf(52);
    expect(calls).to.stayWithin({ concurrency: 52, perSecond: 50 });
    expect({ calls }, 'a fake').to.stayWithin({ perSecond: 52, jitterMs: 0 });
    expect(findExcess(calls, { concurrency: 51, perSecond: 47 })).to.deep.equal([
      'concurrency: expected at most 51, got 52 calls open at one time',
    ]);
    expect(findExcess(calls, { perSecond: 46 })).to.deep.equal([
      'perSecond: expected at most 46 (51 with 100 ms of jitter), got 52 calls in one second',
    ]);
    expect(findExcess(calls, { perSecond: 50, jitterMs: 0 })).to.have.length(1);
    expect(calls).to.not.stayWithin({ concurrency: 1 });
    expect(() => expect(calls).to.stayWithin({ jitterMs: 5 })).to.throw(TypeError, 'expected a limit');
  });

  it('holds when each request was sent once: by its key, else by its path', () => {
    const path = (index: number) => `/refunds/${index}`;
    expect(logOf(3, { method: 'POST', path })).toHaveSentOnce('POST', '/refunds');
    expect(logOf(3, { method: 'POST', path: () => '/refunds', key: String })).to.haveSentOnce('POST', '/refunds');
  });

  it('tells what was sent twice, with and without a key, and when nothing was', () => {
    expect(findRepeated(logOf(2, { method: 'POST', path: () => '/refunds' }), 'POST', '/refunds')).to.equal(
      'expected POST /refunds to be sent once each, got 2 calls:\n  2 times /refunds without an Idempotency-Key',
    );
    const keyed = logOf(16, { method: 'POST', path: () => '/refunds', key: (index) => `k-${index % 8}` });
    const told = findRepeated(keyed, 'POST', '/refunds') ?? '';
    expect(told)
      .to.include('  2 times /refunds with key k-0\n')
      .and.to.match(/\n {2}… and 3 more$/);
    expect(findRepeated(logOf(2), 'POST', '/refunds')).to.equal(
      'expected POST /refunds to be sent, but it was not; there were 2 GET',
    );
  });
});
