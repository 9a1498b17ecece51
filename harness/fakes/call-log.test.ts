import { expect } from 'chai';
import { describe, it } from 'mocha';
import { CallLog } from './call-log.ts';

/** A log of calls that each take 10 ms, one every 100 ms: method and path, and the key if it has one. */
function logOf(...calls: readonly (readonly [string, string?])[]): CallLog {
  let nowMs = 0;
  const log = new CallLog(() => nowMs);
  for (const [index, [call, idempotencyKey]] of calls.entries()) {
    nowMs = 100 * index;
    const [method = '', path = ''] = call.split(' ');
    const { finish } = log.start({ method, path, ...(idempotencyKey !== undefined && { idempotencyKey }) });
    nowMs += 10;
    finish(200);
  }
  return log;
}

describe('call log', () => {
  it('names keys that came twice, how often and for what', () => {
    const log = logOf(
      ['POST /refunds', 'a'],
      ['POST /refunds', 'b'],
      ['POST /refunds', 'a'],
      ['POST /payouts', 'b'],
      ['POST /refunds', 'b'],
      ['POST /refunds', 'c'],
    );
    expect(log.duplicates).to.deep.equal([
      { key: 'b', times: 3, calls: ['POST /refunds', 'POST /payouts'] },
      { key: 'a', times: 2, calls: ['POST /refunds'] },
    ]);
  });

  it('finds writes without a key, and lets reads be', () => {
    const log = logOf(['GET /a'], ['HEAD /b'], ['POST /c'], ['DELETE /d'], ['PUT /e', 'key']);
    expect(log.writesWithoutKey.map(({ method }) => method)).to.deep.equal(['POST', 'DELETE']);
  });

  it('is told by its own clock, as a table for people', () => {
    const log = logOf(['GET /payments/1'], ['POST /refunds', 'key-1']);
    log.start({ method: 'GET', path: '/open' });
    expect(log.toTable()).to.equal(
      [
        'at      took   call             answer  idempotency key',
        '0 ms    10 ms  GET /payments/1  200',
        '100 ms  10 ms  POST /refunds    200     key-1',
        '110 ms  open   GET /open        none',
      ].join('\n'),
    );
    expect(log.toTable(1)).to.match(/… and 2 more$/);
    expect(new CallLog().toTable()).to.equal('no calls');
  });

  it('is told as JSON with its figures', () => {
    const json = JSON.parse(JSON.stringify(logOf(['POST /a', 'k'], ['POST /a', 'k'], ['POST /a'])));
    expect(json).to.deep.include({ count: 3, byStatus: { 200: 3 }, peakConcurrency: 1, peakPerSecond: 3 });
    expect(json).to.deep.include({ writesWithoutKey: 1, duplicates: [{ key: 'k', times: 2, calls: ['POST /a'] }] });
    expect(json.calls[1]).to.deep.include({ method: 'POST', path: '/a', startedAtMs: 100, finishedAtMs: 110 });
  });
});
