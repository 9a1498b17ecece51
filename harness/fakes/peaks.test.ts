import { expect } from 'chai';
import { describe, it } from 'mocha';
import { peakConcurrency, peakPerSecond } from './peaks.ts';

function interval(startedAtMs: number, finishedAtMs?: number) {
  return { startedAtMs, finishedAtMs };
}

describe('peakConcurrency', () => {
  it('is 0 without intervals', () => {
    expect(peakConcurrency([])).to.equal(0);
  });

  it('does not count an interval that ends as another starts', () => {
    expect(peakConcurrency([interval(0, 10), interval(10, 20)])).to.equal(1);
  });

  it('counts what overlaps, in whatever order it is listed', () => {
    expect(peakConcurrency([interval(30, 40), interval(5, 35), interval(0, 10), interval(31, 32)])).to.equal(3);
  });

  it('counts an interval without an end until now', () => {
    expect(peakConcurrency([interval(0), interval(1_000, 2_000), interval(1_500, 1_600)])).to.equal(3);
  });
});

describe('peakPerSecond', () => {
  it('is 0 without times', () => {
    expect(peakPerSecond([])).to.equal(0);
  });

  it('finds the fullest window across a clock second', () => {
    expect(peakPerSecond([0, 600, 900, 1_100, 1_599.9, 2_500])).to.equal(4);
  });

  it('leaves out what comes exactly one second later', () => {
    expect(peakPerSecond([0, 500, 1_000])).to.equal(2);
  });

  it('equals the slow way on many times', () => {
    const times = Array.from({ length: 400 }, (_, index) => (index * 7_919) % 6_007);
    const slow = times.map((start) => times.filter((time) => time >= start && time < start + 1_000).length);
    expect(peakPerSecond(times)).to.equal(Math.max(...slow));
  });
});
