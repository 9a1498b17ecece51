import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { RateMeter } from './rate-meter.ts';

/** The most of these times that fall into any half-open window of `ms`. */
function mostWithin(ms: number, times: readonly number[]): number {
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + ms).length));
}

describe('pace/rate-meter', () => {
  it('tells the most that fell into any second, to 5 ms, and never overstates', () => {
    const gaps = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 40, noNaN: true }), fc.nat(3_000)), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(gaps, fc.double({ min: 0, max: 1e9, noNaN: true }), (waits, startMs) => {
        const meter = new RateMeter();
        const times: number[] = [];
        let nowMs = startMs;
        for (const wait of waits) {
          nowMs += wait;
          times.push(nowMs);
          meter.record(nowMs);
        }
        expect(meter.peak).to.be.at.most(mostWithin(1_000, times));
        expect(meter.peak).to.be.at.least(mostWithin(995, times));
      }),
    );
  });

  it('forgets what is a second old', () => {
    const meter = new RateMeter();
    for (const atMs of [0, 999, 1_000, 1_001]) meter.record(atMs);
    expect(meter.peak).to.equal(3);
    for (let atMs = 5_000; atMs < 5_010; atMs += 2) meter.record(atMs);
    expect(meter.peak).to.equal(5);
    meter.record(100_000);
    expect(meter.peak).to.equal(5);
  });
});
