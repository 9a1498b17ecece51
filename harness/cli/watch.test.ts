import type { Progress } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { openWatch } from './watch.ts';

const progress: Progress = {
  total: 2_400,
  settled: 600,
  succeeded: 540,
  skipped: 58,
  failed: 2,
  retried: 3,
  inFlight: 16,
  itemsPerSecond: 200,
  waitedMs: 12_000,
};

const codes = { hide: '\u001b[?25l', show: '\u001b[?25h', wrap: '\u001b[?7h', noWrap: '\u001b[?7l' };

/** Time as a test sets it, from 0. */
function fakeNow() {
  const real = performance.now;
  const clock = {
    nowMs: 0,
    [Symbol.dispose]() {
      performance.now = real;
    },
  };
  performance.now = () => clock.nowMs;
  return clock;
}

/** A stream that keeps what is written to it. */
function setUp({ isTTY, columns, dumb = false }: { isTTY?: boolean; columns?: number; dumb?: boolean } = {}) {
  let written = '';
  const stream = {
    isTTY: isTTY ?? false,
    columns: columns ?? 80,
    write(text: string) {
      written += text;
      return true;
    },
  };
  const watch = openWatch(stream, { dumb });
  return {
    watch,
    written: () => written,
    /** What was written since the last look, without escape codes. */
    look() {
      const [text] = [written];
      written = '';
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what escape codes begin with.
      return text.replace(/\u001b(\[[?\d;]*[A-Za-z]|[78])/g, '');
    },
    [Symbol.dispose]: () => watch[Symbol.dispose](),
  };
}

describe('openWatch, in a terminal', () => {
  it('draws a bar that is no wider than the terminal, with what matters most', () => {
    const lines = [20, 30, 40, 60, 80, 100, 120, 130, 200].map((columns) => {
      using terminal = setUp({ isTTY: true, columns });
      terminal.watch.observer.onProgress?.(progress);
      const line = terminal.look();
      expect(line.length, `${columns} columns`).to.be.below(columns);
      return line;
    });
    expect(lines).to.deep.equal([
      '600/2,400  200/s',
      '600/2,400  200/s  9 s left',
      '600/2,400  200/s  9 s left  failed 2',
      '███░░░░░░░ 600/2,400  200/s  9 s left  failed 2  ok 540',
      '███░░░░░░░ 600/2,400  200/s  9 s left  failed 2  ok 540  skipped 58',
      '███░░░░░░░ 600/2,400  200/s  9 s left  failed 2  ok 540  skipped 58  held back 12 s  16 in flight',
      `${'█'.repeat(5)}${'░'.repeat(15)} 600/2,400  200/s  9 s left  failed 2  ok 540  skipped 58  held back 12 s  16 in flight`,
      `${'█'.repeat(8)}${'░'.repeat(22)} 600/2,400  200/s  9 s left  failed 2  ok 540  skipped 58  held back 12 s  16 in flight`,
      `${'█'.repeat(8)}${'░'.repeat(22)} 600/2,400  200/s  9 s left  failed 2  ok 540  skipped 58  held back 12 s  16 in flight`,
    ]);
  });

  it('has room for how long the limits held it back in 80 columns while nothing failed', () => {
    using terminal = setUp({ isTTY: true });
    terminal.watch.observer.onProgress?.({ ...progress, failed: 0 });
    expect(terminal.look()).to.equal('███░░░░░░░ 600/2,400  200/s  9 s left  ok 540  skipped 58  held back 12 s');
  });

  it('says first that items are worked one by one after a crash, as long as they are', () => {
    using terminal = setUp({ isTTY: true });
    terminal.watch.observer.onProgress?.({ ...progress, oneByOne: 1_234 });
    expect(terminal.look()).to.equal('███░░░░░░░ 600/2,400  200/s  9 s left  one by one: 1,234 to go  failed 2');
  });

  it('draws no bar while the total is not known, and none that is too full', () => {
    using terminal = setUp({ isTTY: true });
    terminal.watch.observer.onProgress?.({ ...progress, total: undefined });
    expect(terminal.look()).to.match(/^600 {2}200\/s {2}failed 2 {2}ok 540/);
    using other = setUp({ isTTY: true });
    other.watch.observer.onProgress?.({ ...progress, total: 500 });
    expect(other.look()).to.match(/^█{10} 600\/500 {2}200\/s {2}< 1 s left/);
  });

  it('clears the bar for a warning, which may wrap, and draws it again below', () => {
    using terminal = setUp({ isTTY: true });
    terminal.watch.observer.onProgress?.(progress);
    terminal.look();
    terminal.watch.log({}).warn('checkpoint not saved', { error: 'Error', tries: { count: 2 } });
    const raw = terminal.written();
    const shown = terminal.look();
    expect(shown).to.match(/\d\d:\d\d:\d\d warning checkpoint not saved error=Error tries={"count":2}\n███/);
    expect(raw.indexOf(codes.wrap)).to.be.within(0, raw.indexOf('checkpoint'));
    expect(raw.lastIndexOf(codes.noWrap)).to.be.above(raw.indexOf('checkpoint'));
  });

  it('shows no other log lines', () => {
    using terminal = setUp({ isTTY: true });
    terminal.watch.log({}).info('started');
    terminal.watch.log({}).debug('details');
    expect(terminal.look()).to.equal('');
  });

  it('clears the bar and shows the cursor when disposed, twice, and when the process ends', () => {
    const listeners = process.listenerCount('exit');
    const terminal = setUp({ isTTY: true });
    expect(process.listenerCount('exit')).to.equal(listeners + 1);
    terminal.watch.observer.onProgress?.(progress);
    expect(terminal.written()).to.include(codes.hide).and.not.include(codes.show);
    terminal.watch[Symbol.dispose]();
    terminal.watch[Symbol.dispose]();
    expect(terminal.written().split(codes.show)).to.have.length(2);
    expect(terminal.written()).to.match(/\[2K$/);
    expect(process.listenerCount('exit')).to.equal(listeners);
    terminal.look();
    terminal.watch.say('goodbye');
    expect(terminal.look()).to.equal('goodbye\n');
  });
});

describe('openWatch, while something is waited for', () => {
  it('moves a line that says what for and for how long, until all has come', () => {
    using clock = fakeNow();
    using terminal = setUp({ isTTY: true });
    const { watch } = terminal;
    const pull = watch.wait('pulling postgres:18');
    pull.tell('120 of 430 MB');
    clock.nowMs = 12_345;
    watch.say('by the way');
    expect(terminal.look()).to.match(/by the way\n. pulling postgres:18 {2}120 of 430 MB {2}12 s$/);
    const start = watch.wait('starting localstack');
    watch.say('so');
    expect(terminal.look()).to.match(/so\n. pulling postgres:18 .* 12 s, starting localstack$/);
    pull[Symbol.dispose]();
    start[Symbol.dispose]();
    start[Symbol.dispose]();
    terminal.look();
    watch.say('ready');
    expect(terminal.look()).to.equal('ready\n');
  });

  it('is no wider than the terminal', () => {
    for (const columns of [0, 1, 2, 10, 20]) {
      using terminal = setUp({ isTTY: true, columns });
      using _wait = terminal.watch.wait(
        'pulling an image with a name that is very long indeed, from far away, very slowly',
      );
      expect(terminal.look().length, `${columns}`).to.be.below(columns || 80);
    }
  });

  it('leaves what is counted for it, and comes back to that', () => {
    using terminal = setUp({ isTTY: true, columns: 100 });
    terminal.watch.meter({ unit: 'points', done: 5, total: 20, perSecond: 2, leftMs: 7_500, parts: ['1 red'] });
    expect(terminal.look()).to.match(/^█+░+ 5\/20 points {2}2\/s {2}7.5 s left {2}1 red$/);
    terminal.watch.wait('an end')[Symbol.dispose]();
    terminal.look();
    terminal.watch.aside(() => undefined);
    expect(terminal.look()).to.include('5/20 points');
  });
});

describe('openWatch, in a terminal that can only write on', () => {
  it('writes what a pipe gets as people read it, and nothing that moves or colours', () => {
    using terminal = setUp({ isTTY: true, dumb: true });
    terminal.watch.say('starting');
    terminal.watch.observer.onProgress?.(progress);
    terminal.watch.wait('the end')[Symbol.dispose]();
    terminal.watch.log({ job: 'some-job' }).warn('slow', { ms: 5 });
    expect(terminal.written()).to.match(/^\d\d:\d\d:\d\d starting\n\d\d:\d\d:\d\d warning slow job=some-job ms=5\n$/);
  });
});

describe('openWatch, in a pipe', () => {
  it('writes JSON lines, and no progress in the first ten seconds', () => {
    using pipe = setUp();
    pipe.watch.say('starting');
    pipe.watch.log({ job: 'some-job' }).warn('late', { ms: 5 });
    for (let times = 0; times < 50; times++) pipe.watch.observer.onProgress?.(progress);
    const lines = pipe
      .written()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ level, msg, job, ms }) => ({ level, msg, job, ms }))).to.deep.equal([
      { level: 'info', msg: 'starting', job: undefined, ms: undefined },
      { level: 'warn', msg: 'late', job: 'some-job', ms: 5 },
    ]);
  });

  it('writes progress once in ten seconds', () => {
    using clock = fakeNow();
    using pipe = setUp();
    const meter = {
      unit: 'points',
      done: 5,
      total: 20,
      perSecond: 2.04,
      leftMs: 7_500,
      parts: ['1 red', '2 not tried'],
    };
    for (; clock.nowMs <= 35_000; clock.nowMs += 200) {
      pipe.watch.observer.onProgress?.(progress);
      pipe.watch.meter(meter);
    }
    const lines = pipe
      .written()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).to.have.length(6);
    expect(lines[0]).to.deep.include({ msg: 'progress', ...progress, leftMs: 9_000 });
    const { parts: _, ...figures } = meter;
    expect(lines[1]).to.deep.include({ msg: 'progress', ...figures, perSecond: 2, also: '1 red, 2 not tried' });
  });
});
