import * as sdk from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sampleEndedRun, sampleProgress, sampleRun } from '../pages/testing/sample-views.ts';
import { formatCount, formatMs, formatNear, formatNumber, formatUtc, formatZoned } from './format.js';
import { barOf, progressTexts, spokenProgress, statusOf, toneOf } from './run-words.js';

const at = (iso: string) => Date.parse(iso);

describe('numbers, durations and times', () => {
  it('are told as people read them', () => {
    expect([1_234.5, 0.44, 9.96].map(formatNumber)).to.deep.equal(['1,235', '0.4', '10']);
    expect([formatCount(1, 'item'), formatCount(2_000, 'item')]).to.deep.equal(['1 item', '2,000 items']);
    expect([0.44, 59_949, 250_000].map(formatMs)).to.deep.equal(['0.4 ms', '59.9 s', '4 min 10 s']);
    expect(formatUtc('2026-09-30T06:00:01.500Z')).to.equal('2026-09-30 06:00:01 UTC');
  });

  it('are told as the SDK tells them, which a browser cannot import', () => {
    for (let ms = 0.3; ms < 1e9; ms *= 1.01) expect(formatMs(ms), `${ms}`).to.equal(sdk.formatMs(ms));
    for (const ms of [0, 999.5, 59_950, 60_000, 3_599_500, 3_600_000, 172_770_000, 172_800_000])
      expect(formatMs(ms), `${ms}`).to.equal(sdk.formatMs(ms));
    for (const number of [0, 0.04, 9.95, 12.5, 1_234_567.8])
      expect(formatNumber(number), `${number}`).to.equal(sdk.formatNumber(number));
  });

  it('are told by how near they are, in the zone of the viewer', () => {
    const now = at('2026-09-30T22:30:00Z');
    const near = (iso: string) => formatNear(at(iso), now, 'Europe/Berlin');
    expect(near('2026-09-30T22:29:50Z')).to.equal('just now');
    expect(near('2026-09-30T22:30:10Z')).to.equal('in a moment');
    expect(near('2026-09-30T22:18:00Z')).to.equal('12 min ago');
    expect(near('2026-09-30T22:45:00Z')).to.equal('in 15 min');
    expect(near('2026-10-01T04:30:00Z')).to.equal('06:30');
    // Yesterday there, though the same day in UTC.
    expect(near('2026-09-30T20:00:00Z')).to.match(/^30 Sept?, 22:00$/);
    expect(near('2025-12-31T20:00:00Z')).to.match(/^31 Dec 2025, 21:00$/);
    expect(formatZoned(at('2026-09-30T06:00:00Z'), 'Asia/Kolkata')).to.equal('2026-09-30 11:30:00 GMT+5:30');
  });
});

describe('the words of a run', () => {
  it('call it crashed when its process is gone, and believe a store that cannot tell', () => {
    expect(statusOf(sampleRun({ leaseHeld: false }))).to.equal('crashed');
    expect(statusOf(sampleRun({ leaseHeld: null }))).to.equal('running');
    expect(statusOf(sampleRun({ cancelledBy: 'ada' }))).to.equal('cancelling');
    expect(statusOf(sampleEndedRun({ cancelledBy: 'ada', status: 'cancelled' }))).to.equal('cancelled');
    expect(toneOf('crashed')).to.equal('bad');
  });

  it('say 100 % of what is whole only, and no percentage of what is not known', () => {
    const headline = (settled: number, total: number | null) =>
      progressTexts(sampleRun({ progress: sampleProgress({ settled, total }) })).headline;
    expect(headline(2_399, 2_400)).to.equal('99 %: 2,399 of about 2,400 items settled');
    expect(headline(2_400, 2_400)).to.match(/^100 %/);
    expect(headline(2_500, 2_400)).to.equal('2,500 items settled, more than the 2,400 expected');
    expect(headline(7, null)).to.equal('7 items settled');
    expect(headline(0, 0)).to.equal('0 items settled');
    expect(progressTexts(sampleRun({ progress: null })).headline).to.equal('Nothing is known of its items yet');
  });

  it('fill the bar to what an estimate that was too small has become', () => {
    const bar = (settled: number, total: number | null) =>
      barOf(sampleRun({ progress: sampleProgress({ settled, total }) }));
    expect(bar(5, 10)).to.deep.equal({ max: 10, value: 5 });
    expect(bar(12, 10)).to.deep.equal({ max: 12, value: 12 });
    expect(bar(5, null).value).to.equal(undefined);
  });

  it('are the same for a while for those who listen', () => {
    const spoken = (settled: number) =>
      spokenProgress(sampleRun({ progress: sampleProgress({ settled, total: 1_000 }) }));
    expect(new Set([500, 501, 599].map(spoken))).to.deep.equal(new Set(['running, 50 percent done']));
  });
});
