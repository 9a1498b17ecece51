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

/** A stream that keeps what is written to it. */
function setUp({ isTTY, columns }: { readonly isTTY?: boolean; readonly columns?: number } = {}) {
  let written = '';
  const stream = {
    isTTY: isTTY ?? false,
    columns: columns ?? 80,
    write(text: string) {
      written += text;
      return true;
    },
  };
  const watch = openWatch(stream);
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
    const lines = [30, 40, 60, 80, 100, 130, 200].map((columns) => {
      using terminal = setUp({ isTTY: true, columns });
      terminal.watch.observer.onProgress?.(progress);
      const line = terminal.look();
      expect(line.length, `${columns} columns`).to.be.below(columns);
      return line;
    });
    expect(lines).to.deep.equal([
      '600/2,400  200/s  9 s left',
      '600/2,400  200/s  9 s left  ok 540',
      '███░░░░░░░ 600/2,400  200/s  9 s left  ok 540  skipped 58',
      '███░░░░░░░ 600/2,400  200/s  9 s left  ok 540  skipped 58  failed 2',
      '███░░░░░░░ 600/2,400  200/s  9 s left  ok 540  skipped 58  failed 2  16 in flight  held back 12 s',
      `${'█'.repeat(8)}${'░'.repeat(22)} 600/2,400  200/s  9 s left  ok 540  skipped 58  failed 2  16 in flight  held back 12 s`,
      `${'█'.repeat(8)}${'░'.repeat(22)} 600/2,400  200/s  9 s left  ok 540  skipped 58  failed 2  16 in flight  held back 12 s`,
    ]);
  });

  it('draws no bar while the total is not known, and none that is too full', () => {
    using terminal = setUp({ isTTY: true });
    terminal.watch.observer.onProgress?.({ ...progress, total: undefined });
    expect(terminal.look()).to.match(/^600 {2}200\/s {2}ok 540/);
    using other = setUp({ isTTY: true });
    other.watch.observer.onProgress?.({ ...progress, total: 500 });
    expect(other.look()).to.match(/^█{10} 600\/500 {2}200\/s {2}0 ms left/);
  });

  it('clears the bar for a warning, which may wrap, and draws it again below', () => {
    using terminal = setUp({ isTTY: true });
    terminal.watch.observer.onProgress?.(progress);
    terminal.look();
    terminal.watch.log({}).warn('checkpoint not saved', { error: 'Error', tries: { count: 2 } });
    const raw = terminal.written();
    const shown = terminal.look();
    expect(shown).to.match(/warning checkpoint not saved {2}error=Error tries={"count":2}\n███/);
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
    let nowMs = 0;
    const real = performance.now;
    performance.now = () => nowMs;
    try {
      using pipe = setUp();
      for (; nowMs <= 35_000; nowMs += 200) pipe.watch.observer.onProgress?.(progress);
      const lines = pipe
        .written()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(lines).to.have.length(3);
      expect(lines[0]).to.deep.include({ msg: 'progress', ...progress });
    } finally {
      performance.now = real;
    }
  });
});
