import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { chartStyle } from './chart-style.ts';
import { type CourseAxis, type CourseChartOptions, type CourseLine, courseChart } from './course-chart.ts';
import { pageStyle } from './style.ts';

const axis: CourseAxis = {
  from: 0,
  to: 100,
  ticks: [
    { x: 0, label: '06:00' },
    { x: 50, label: '06:05' },
    { x: 100, label: '06:10' },
  ],
  said: 'from 06:00 to 06:10 UTC',
};
const piece = (values: readonly number[], from = 0) => values.map((y, index) => ({ x: from + index * 10, y }));
const line = (changes: Partial<CourseLine> = {}): CourseLine => ({ name: 'a', pieces: [piece([1, 4, 2])], ...changes });
const draw = (changes: Partial<CourseChartOptions> = {}) =>
  courseChart({ title: 'Rates', unit: 'items/s', lines: [line()], axis, ...changes }).html;

const labelOf = (svg: string) => /^<svg [^>]*aria-label="([^"]*)"/.exec(svg)?.[1];
const textsOf = (svg: string) => [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
const pathsOf = (svg: string, name: string) =>
  [...svg.matchAll(/<path class="([^"]*)" d="([^"]*)"/g)].filter(([, names]) => names === name).map(([, , d]) => d);

describe('page/course-chart', () => {
  it('is an image with words for each line, the time, the gaps and the limit', () => {
    const svg = draw({
      lines: [line({ name: 'failed' }), line({ name: 'retries', pieces: [piece([0, 0]), piece([3], 80)] })],
      axis: { ...axis, gaps: [{ from: 20, to: 80, label: 'nobody was there' }] },
      limit: 5,
    });
    expect(svg).to.match(/^<svg [^>]*role="img"/);
    expect(labelOf(svg)).to.equal(
      'Rates: failed 3 values, least 1 items/s, median 2 items/s, most 4 items/s, last 2 items/s; ' +
        'retries 3 values, least 0 items/s, median 0 items/s, most 3 items/s, last 3 items/s; ' +
        'limit 5 items/s; from 06:00 to 06:10 UTC; with a gap',
    );
    expect(svg).to.include('<title>nobody was there</title>');
  });

  it('draws nothing between pieces, and a piece of one point as a dot', () => {
    const [d] = pathsOf(
      draw({ lines: [line({ pieces: [piece([1, 2]), piece([3], 60)] })] }),
      'chart-stroke chart-stroke-plain',
    );
    expect(d?.split('M')).to.have.length(3);
    expect(d).to.match(/h0$/);
  });

  it('draws steps at the height of where they end, and areas down to 0', () => {
    const [steps] = pathsOf(draw({ lines: [line({ look: 'step' })] }), 'chart-stroke chart-stroke-plain');
    expect(steps).to.match(/^M[\d.]+ [\d.]+V[\d.]+H[\d.]+V[\d.]+H[\d.]+$/);
    const [area] = pathsOf(draw({ lines: [line({ look: 'area', tone: 'good' })] }), 'chart-good');
    expect(area).to.match(/^M[\d.]+ ([\d.]+)V.*V\1z$/);
  });

  it('tells several lines apart in a legend, by dashes and not by colours alone', () => {
    const svg = draw({ lines: [line({ name: 'failed', tone: 'bad' }), line({ name: 'retries', isDashed: true })] });
    expect(svg).to.match(/<ul class="chart-legend"><li>.*failed 2 items\/s<\/li><li>.*retries 2 items\/s<\/li><\/ul>$/);
    expect(svg.match(/chart-dashed/g)).to.have.length(2);
    expect(draw()).to.not.include('chart-legend');
  });

  it('shows a limit that is near, and leaves one out that would press all values flat', () => {
    expect(draw({ limit: 16 }))
      .to.include('class="chart-limit"')
      .and.include('limit 16 items/s</li>');
    expect(draw({ limit: 17 })).to.not.include('limit');
    expect(draw({ lines: [line({ pieces: [piece([1e308])] })], limit: Infinity })).to.not.include('limit');
    const other = draw({ limit: 5, limitUnit: 'starts/s' });
    expect(other).to.include('limit 5 starts/s</li>');
    expect(labelOf(other)).to.include('; limit 5 starts/s; ');
  });

  it('has as many times under its axis as there is room for, the first and the last in any case', () => {
    const ticks = Array.from({ length: 60 }, (_, index) => ({ x: (index * 100) / 59, label: `06:${10 + index}` }));
    const [, , ...times] = textsOf(draw({ axis: { ...axis, ticks } }));
    expect(times.length).to.be.within(4, 12);
    expect([times[0], times.at(-1)]).to.deep.equal(['06:10', '06:69']);
    expect(textsOf(draw({ axis: { ...axis, ticks: ticks.slice(0, 1) } })).slice(2)).to.deep.equal(['06:10']);
  });

  it('labels points where they are few', () => {
    const few = draw({ lines: [line({ pieces: [[{ x: 1, y: 2, label: '06:00:01 UTC' }]] })] });
    expect(few).to.include('<title>a, 06:00:01 UTC: 2 items/s</title>');
    const points = Array.from({ length: 90 }, (_, x) => ({ x, y: x, label: 'x' }));
    expect(draw({ lines: [line({ pieces: [points] })] })).to.not.include('<circle');
  });

  it('draws many gaps as one shape', () => {
    const gaps = Array.from({ length: 11 }, (_, index) => ({ from: index * 9, to: index * 9 + 4, label: 'gap' }));
    expect(draw({ axis: { ...axis, gaps } }).match(/class="chart-gap"/g)).to.have.length(1);
    expect(draw({ axis: { ...axis, gaps: gaps.slice(1) } }).match(/class="chart-gap"/g)).to.have.length(10);
  });

  it('says so when there is nothing to show', () => {
    for (const pieces of [[], [[]], [piece([Number.NaN, -1])], [[{ x: 101, y: 1 }]]])
      expect(draw({ lines: [line({ pieces })] })).to.equal('<p class="chart-empty">Rates: nothing yet</p>');
  });

  it('needs no style attribute, no script and no handler of events, and escapes what is put in', () => {
    const bad = `"><script>alert('x')</script>`;
    const svg = draw({
      title: bad,
      unit: bad,
      lines: [line({ name: bad, pieces: [[{ x: 1, y: 1, label: bad }]] }), line({ name: bad })],
      axis: { ...axis, said: bad, ticks: [{ x: 0, label: bad }], gaps: [{ from: 1, to: 2, label: bad }] },
    });
    expect(svg)
      .to.include('&lt;script')
      .and.not.match(/<script|">alert|\sstyle=|\son\w+=/);
  });

  it('has every class that it uses in chartStyle, and every colour in pageStyle', () => {
    const tones = (['good', 'bad', 'wait', 'dim', undefined] as const).flatMap((tone) =>
      (['area', 'line'] as const).map((look) => line({ tone, look, isDashed: true })),
    );
    const drawn = draw({ lines: tones, limit: 5, axis: { ...axis, gaps: [{ from: 1, to: 2, label: 'x' }] } });
    const used = new Set([...drawn.matchAll(/class="([^"]+)"/g)].flatMap(([, names]) => names!.split(' ')));
    expect(used.size).to.be.greaterThan(12);
    for (const name of used) expect(chartStyle).to.match(new RegExp(`\\.${name}[ ,{]`), name);
    for (const [, name] of chartStyle.matchAll(/var\((--[\w-]+)\)/g)) expect(pageStyle).to.include(`${name}: `);
  });

  it('draws any numbers inside of its frame', () => {
    const number = fc.oneof(fc.double({ min: 0 }), fc.integer({ min: 0, max: 10 }), fc.double());
    const points = fc.array(fc.record({ x: fc.double({ min: -10, max: 120 }), y: number }), { maxLength: 60 });
    const looks = fc.constantFrom('line', 'step', 'area', undefined);
    fc.assert(
      fc.property(
        fc.array(points, { maxLength: 4 }),
        looks,
        fc.option(number, { nil: undefined }),
        (pieces, look, limit) => {
          const to = pieces.length === 3 ? 0 : 100;
          const svg = draw({ lines: [line({ look, pieces }), line({ look })], axis: { ...axis, to }, limit });
          expect(svg).to.not.match(/NaN|Infinity|undefined|(width|height)="-| d="[^"]*-/);
        },
      ),
    );
  });
});
