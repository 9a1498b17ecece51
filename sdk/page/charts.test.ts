import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { type Bar, barChart } from './bar-chart.ts';
import { chartStyle } from './chart-style.ts';
import { lineChart, type Point } from './line-chart.ts';
import { pageStyle } from './style.ts';

const startMs = Date.UTC(2026, 0, 1);
const minuteMs = 60_000;
const bars = (values: readonly number[], more: Partial<Bar> = {}): Bar[] =>
  values.map((value, index) => ({ label: `run ${index + 1}`, value, ...more }));
const points = (values: readonly number[], stepMs = minuteMs): Point[] =>
  values.map((y, index) => ({ x: startMs + index * stepMs, y }));
const bar = (values: readonly number[], more?: Partial<Bar>) =>
  barChart({ title: 'Durations', unit: 's', bars: bars(values, more) }).html;
const line = (values: readonly number[], stepMs?: number) =>
  lineChart({ title: 'Rates', unit: 'items/s', points: points(values, stepMs) }).html;

const labelOf = (svg: string) => /^<svg [^>]*aria-label="([^"]*)"/.exec(svg)?.[1];
const textsOf = (svg: string) => [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
const titlesOf = (svg: string) => [...svg.matchAll(/<title>([^<]*)<\/title>/g)].map(([, text]) => text);
const count = (svg: string, element: string) => svg.split(`<${element} `).length - 1;
const many = Array.from({ length: 500 }, (_, index) => 1_000 + 997 * Math.abs(Math.sin(index)));

describe('page charts', () => {
  for (const [name, draw] of [
    ['barChart', bar],
    ['lineChart', line],
  ] as const) {
    describe(name, () => {
      it('is an image with a title, and words for the least, the median and the most', () => {
        const svg = draw([3, 1, 12.4, 2]);
        expect(svg).to.match(/^<svg [^>]*role="img"/);
        const [title, unit] = name === 'barChart' ? ['Durations', 's'] : ['Rates', 'items/s'];
        expect(titlesOf(svg)[0]).to.equal(title);
        expect(labelOf(svg)).to.include(`${title}: 4 values, least 1 ${unit}, median 2 ${unit}, most 12 ${unit}`);
        expect(labelOf(draw([7]))).to.include(`${title}: one value, 7 ${unit}`);
      });

      it('has an axis from 0 to the greatest value', () => {
        expect(textsOf(draw([3, 1_234.5])).slice(0, 2)).to.deep.equal([
          '0',
          name === 'barChart' ? '1,235 s' : '1,235 items/s',
        ]);
        expect(textsOf(draw([0, 0]))[0]).to.equal('0');
        expect(draw([0, 0])).to.not.include('NaN');
      });

      it('needs no style attribute, no script, and no handler of events', () => {
        expect(draw([1, 2])).to.not.match(/\sstyle=|<style|<script|\son\w+=|javascript:/i);
      });

      it('says so when there is nothing to show', () => {
        for (const values of [[], [Number.NaN, Number.POSITIVE_INFINITY]]) {
          expect(draw(values)).to.match(/^<p class="chart-empty">(Durations|Rates): nothing yet<\/p>$/);
        }
      });

      it('leaves out what is not finite', () => {
        const svg = draw([1, Number.NaN, 2, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
        expect(labelOf(svg)).to.include('2 values, least 1');
        expect(svg).to.not.match(/NaN|Infinity/);
        expect(count(svg, name === 'barChart' ? 'rect' : 'circle')).to.equal(2);
      });

      it('stays below 40 KB with 500 values, and with as many as have labels', () => {
        for (const values of [many, many.slice(0, 100)]) {
          const svg = draw(values);
          expect(Buffer.byteLength(svg)).to.be.below(40_000);
          expect(labelOf(svg)).to.include(`${values.length} values`);
        }
      });

      it('draws any numbers inside of its frame', () => {
        const number = fc.oneof(fc.double({ min: 0 }), fc.integer({ min: 0, max: 10 }), fc.double());
        const size = fc.option(fc.integer({ min: 1, max: 2_000 }), { nil: undefined });
        fc.assert(
          fc.property(fc.array(number, { maxLength: 150 }), size, size, (values, width, height) => {
            const frame = { title: 'Any', width, height };
            const svg =
              name === 'barChart'
                ? barChart({ ...frame, bars: bars(values) }).html
                : lineChart({ ...frame, points: points(values) }).html;
            expect(svg).to.not.match(/NaN|Infinity|undefined|(width|height)="-/);
            const [, top = '0'] = / y="(-?[\d.]+)" width/.exec(svg) ?? [];
            expect(Number(top)).to.be.at.least(0);
          }),
        );
      });
    });
  }

  it('escapes titles, labels, units and addresses', () => {
    const bad = `"><script>alert('x')</script>`;
    const svgs = [
      barChart({ title: bad, unit: bad, bars: [{ label: bad, value: 1, href: `/runs/${bad}` }] }).html,
      lineChart({ title: bad, unit: bad, points: [{ x: 0, y: 1, label: bad }] }).html,
      barChart({ title: bad, bars: [] }).html,
    ];
    for (const svg of svgs)
      expect(svg)
        .to.include('&lt;script')
        .and.not.match(/<script|">alert/);
  });

  it('has every class that it uses in chartStyle, and every colour in pageStyle', () => {
    const tones = (['good', 'bad', 'wait', 'dim', undefined] as const).map((tone) => ({ label: 'x', value: 1, tone }));
    const drawn = [barChart({ title: 'x', bars: tones }).html, line([1, 2]), bar([])].join('');
    const used = new Set([...drawn.matchAll(/class="([^"]+)"/g)].flatMap(([, names]) => names!.split(' ')));
    expect([...used]).to.include.members([
      'chart',
      'chart-good',
      'chart-bad',
      'chart-wait',
      'chart-dim',
      'chart-plain',
    ]);
    for (const name of used) expect(chartStyle).to.match(new RegExp(`\\.${name}[ ,{]`), name);
    for (const [, name] of chartStyle.matchAll(/var\((--[\w-]+)\)/g)) expect(pageStyle).to.include(`${name}: `);
  });
});

describe('page/bar-chart', () => {
  it('draws a value half as great half as high, and one of nothing so that it is seen', () => {
    const heights = [...bar([10, 5, 0]).matchAll(/ height="([\d.]+)"><title>/g)].map(([, height]) => Number(height));
    expect(heights[1]).to.be.closeTo(heights[0]! / 2, 0.1);
    expect(heights[2]).to.be.within(1, 2);
  });

  it('labels each bar, and leads where it is told to, as a group of links', () => {
    const svg = bar([90, 1.25], { href: '/runs/1' });
    expect(svg)
      .to.match(/^<svg [^>]*role="group"/)
      .and.include('<a href="/runs/1" aria-label="run 1: 90 s"><rect');
    expect(titlesOf(svg)).to.deep.equal(['Durations', 'run 1: 90 s', 'run 2: 1.25 s']);
  });

  it('leads to no address that is none of a page', () => {
    for (const href of ['javascript:alert(1)', 'data:text/html,x', ' javascript:alert(1)', 'JAVASCRIPT:1', 'x:y', '']) {
      expect(bar([1], { href }), href)
        .to.include('role="img"')
        .and.not.include('<a ');
    }
    for (const href of ['https://stint.test/runs/1', '#top', '?page=2', './1', '../1']) {
      expect(bar([1], { href }), href).to.include(`<a href="${href}"`);
    }
  });

  it('tells how many are bad or waiting without colours: in words, and by a mark under the axis', () => {
    const tones = ['good', 'bad', 'wait', 'bad', 'dim'] as const;
    const drawn = (times: number) =>
      barChart({
        title: 'Last runs',
        bars: Array.from({ length: times }, () => tones.map((tone) => ({ label: 'run', value: 1, tone }))).flat(),
      }).html;
    expect(labelOf(drawn(1))).to.match(/; 2 bad; 1 waiting$/);
    expect(count(drawn(1), 'rect')).to.equal(5 + 2);
    expect(labelOf(drawn(40))).to.match(/; 80 bad; 40 waiting$/);
    const shapes = [...drawn(40).matchAll(/<path class="chart-(\w+)" d="([^"]*)"\/>/g)];
    expect(
      shapes.filter(([, tone]) => tone !== 'axis').map(([, tone, d]) => [tone, d!.split('M').length - 1]),
    ).to.deep.equal([
      ['good', 40],
      ['bad', 160],
      ['wait', 40],
      ['dim', 40],
    ]);
  });
});

describe('page/line-chart', () => {
  it('goes through its points in the order of time', () => {
    const ordered = points([1, 5, 3]);
    const shuffled = [ordered[2]!, ordered[0]!, ordered[1]!];
    const draw = (given: readonly Point[]) => lineChart({ title: 'Rates', points: given }).html;
    expect(draw(shuffled)).to.equal(draw(ordered));
    expect(labelOf(draw(ordered))).to.match(/; last 3; from 2026-01-01 00:00 to 2026-01-01 00:02 UTC$/);
  });

  it('has days under its axis, or times when all of it is within one', () => {
    expect(textsOf(line([1, 2])).slice(2)).to.deep.equal(['2026-01-01 00:00', '00:01']);
    expect(textsOf(line([1, 2, 3], 24 * 60 * minuteMs)).slice(2)).to.deep.equal(['2026-01-01', '2026-01-03']);
    expect(textsOf(line([1])).slice(2)).to.deep.equal(['2026-01-01 00:00', '']);
  });

  it('labels points by their time, unless they have labels', () => {
    const titled = lineChart({
      title: 'Rates',
      points: [...points([1]), { x: startMs + minuteMs, y: 2, label: 'run 2' }],
    });
    expect(titlesOf(titled.html)).to.deep.equal(['Rates', '2026-01-01 00:00 UTC: 1', 'run 2: 2']);
    expect(count(line(many), 'circle')).to.equal(0);
  });

  it('leaves out points at times that are none', () => {
    const given = [Number.NaN, Number.POSITIVE_INFINITY, 9e15, startMs].map((x) => ({ x, y: 1 }));
    expect(labelOf(lineChart({ title: 'Rates', points: given }).html)).to.include('one value, 1');
  });
});
