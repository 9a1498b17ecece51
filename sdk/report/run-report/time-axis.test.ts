import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { type TimeAxis, timeAxis } from './time-axis.ts';

const startMs = Date.UTC(2026, 8, 30, 6);
const minuteMs = 60_000;
const span = (fromMs: number, lengthMs: number) => ({ fromMs: startMs + fromMs, toMs: startMs + fromMs + lengthMs });
const axisOf = (...spans: ReturnType<typeof span>[]) => timeAxis(spans) as TimeAxis;
const labelsOf = ({ axis }: TimeAxis) => axis.ticks.map(({ label }) => label);

describe('the time axis of a report', () => {
  it('is as long as the work, with round times of the clock on it', () => {
    const time = axisOf(span(0, 13 * minuteMs));
    expect(time.axis).to.include({ from: 0, to: 13 * minuteMs, said: 'from 2026-09-30 06:00:00 to 06:13:00 UTC' });
    expect(labelsOf(time)).to.deep.equal(['06:00', '06:05', '06:10', '06:13']);
    expect(time.gaps).to.deep.equal([]);
  });

  it('has seconds where it is short, and how long it took where it is very short', () => {
    expect(labelsOf(axisOf(span(0, 13_300)))).to.deep.equal(['06:00:00', '06:00:05', '06:00:10', '06:00:13']);
    expect(labelsOf(axisOf(span(0, 80)))).to.deep.equal(['06:00:00', '+80 ms']);
    expect(labelsOf(axisOf(span(0, 0)))).to.deep.equal(['06:00:00']);
  });

  it('has days where it is long', () => {
    const day = 24 * 60 * minuteMs;
    const labels = labelsOf(axisOf(span(0, 10 * day)));
    expect(labels.slice(0, 2)).to.deep.equal(['09-30', '10-02']);
    expect(labels.length).to.be.within(3, 8);
    const overNight = axisOf(span(0, 5 * minuteMs), span(20 * 60 * minuteMs, 5 * minuteMs));
    expect(labelsOf(overNight)).to.include.members(['09-30', '10-01']);
    expect(overNight.axis.said).to.equal('from 2026-09-30 06:00:00 to 2026-10-01 02:05:00 UTC');
  });

  it('leaves a short gap as long as it was, and makes a long one shorter and says so', () => {
    const [short] = axisOf(span(0, 10 * minuteMs), span(11 * minuteMs, 10 * minuteMs)).gaps;
    expect(short).to.include({ ms: minuteMs, isShortened: false, label: 'between attempts: 1 min' });
    expect((short?.to ?? 0) - (short?.from ?? 0)).to.equal(minuteMs);
    const time = axisOf(span(0, 10 * minuteMs), span(600 * minuteMs, 10 * minuteMs));
    const [long] = time.gaps;
    expect(long).to.include({ isShortened: true, label: 'between attempts: 9 h 50 min, drawn shorter' });
    expect((long?.to ?? 0) - (long?.from ?? 0)).to.equal(3 * minuteMs);
    expect(time.xOf(startMs + 605 * minuteMs)).to.equal(18 * minuteMs);
  });

  it('has no gap where attempts overlap, and no axis where no time is one', () => {
    expect(axisOf(span(0, 1_000), span(500, 1_000)).gaps).to.deep.equal([]);
    expect(timeAxis([])).to.equal(undefined);
    expect(timeAxis([{ fromMs: Number.NaN, toMs: 1 }])).to.equal(undefined);
    expect(timeAxis([{ fromMs: 5, toMs: 1 }])).to.equal(undefined);
  });

  it('never places what is later further left, nor outside of itself, and has few times', () => {
    const spans = fc.array(fc.tuple(fc.nat(1e9), fc.nat(1e7)), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(spans, fc.array(fc.nat(1.1e9), { maxLength: 20 }), (given, offsets) => {
        const { axis, xOf } = axisOf(...given.map(([from, length]) => span(from, length)));
        const places = offsets.toSorted((a, b) => a - b).map((offset) => xOf(startMs + offset));
        expect(places).to.deep.equal(places.toSorted((a, b) => a - b));
        for (const x of places) expect(x).to.be.within(axis.from, axis.to);
        expect(axis.ticks.length).to.be.below(200);
      }),
    );
  });
});
