import { expect } from 'chai';
import { describe, it } from 'mocha';
import { MsHistogram } from './ms-histogram.ts';

describe('MsHistogram', () => {
  it('tells what was recorded since it was asked last, and the whole all the same', () => {
    const histogram = new MsHistogram();
    expect(histogram.takeRecent()).to.deep.equal({ p95: 0, max: 0 });
    for (let ms = 1; ms <= 100; ms++) histogram.record(ms);
    const first = histogram.takeRecent();
    expect(first.p95).to.be.within(95, 95 * 1.016);
    expect(first.max).to.equal(100);
    expect(histogram.takeRecent()).to.deep.equal({ p95: 0, max: 0 });
    for (let times = 0; times < 20; times++) histogram.record(7);
    const second = histogram.takeRecent();
    expect(second.p95).to.be.within(7, 7 * 1.016);
    expect(second.max).to.equal(second.p95);
    expect(histogram.count).to.equal(120);
    expect(histogram.percentileMs(100)).to.equal(100);
  });
});
