/**
 * What a command shows while it goes on, on stderr, so that stdout holds results only: in a terminal one live line, in a
 * pipe a JSON line every ten seconds. A terminal that cannot move its cursor (TERM=dumb) gets the lines of a pipe as people
 * read them.
 */
import { openLog, progressLog, type RunOptions, terminalLog } from '@stint/sdk';
import type { OnWait } from '../stack/waiting.ts';
import { isDumb } from './environment.ts';
import { coloursOf } from './format.ts';
import { openLiveLine, type Render, type Terminal } from './live-line.ts';
import { type Meter, meterOf, meterText } from './meter.ts';
import { Waits } from './waits.ts';

/** Dispose it to clear the line; so does the end of the process. */
export interface Watch extends Disposable, Pick<Required<RunOptions>, 'observer' | 'log'> {
  /** A line about what is going on. */
  say(line: string): void;
  /** Shows that something goes on which takes a while. */
  readonly wait: OnWait;
  /** Shows how far something is that is no run. */
  readonly meter: (meter: Meter) => void;
  /** Does what writes to the same terminal. */
  readonly aside: (write: () => void) => void;
}

const pipeEveryMs = 10_000;

/** @param dumb whether the terminal, if it is one, can only write on @default as TERM says */
export function openWatch(stream: Terminal, { dumb = isDumb }: { readonly dumb?: boolean } = {}): Watch {
  if (!stream.isTTY) return linesWatch((bindings = {}) => openLog(stream, bindings));
  const lines = terminalLog(stream, { colours: false });
  return dumb ? linesWatch((bindings = {}) => openLog(lines, bindings)) : terminalWatch(stream);
}

function linesWatch(open: (bindings?: Readonly<Record<string, unknown>>) => ReturnType<typeof openLog>): Watch {
  const log = open();
  const waits = new Waits(() => undefined);
  let lastMs = performance.now();
  const timer = setInterval(() => {
    if (!waits.isEmpty) log.info(`still waiting for ${waits.texts().join(', ')}`);
  }, pipeEveryMs).unref();
  return {
    say: (line) => log.info(line),
    log: open,
    wait: (what) => waits.begin(what),
    meter({ parts, ...figures }) {
      if (performance.now() - lastMs < pipeEveryMs) return;
      lastMs = performance.now();
      const [perSecond, leftMs] = [round(figures.perSecond), round(figures.leftMs)];
      log.info('progress', { ...figures, perSecond, leftMs, also: parts.join(', ') });
    },
    aside: (write) => write(),
    observer: progressLog({ log: open }),
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

function terminalWatch(stream: Terminal): Watch {
  const paint = coloursOf(stream);
  const line = openLiveLine(stream);
  let meter: Render | undefined;
  const waits = new Waits(() => show());
  // What is waited for comes first: a run that goes on tells more of itself when it is over.
  const show = () => line.show(waits.isEmpty ? meter : (columns) => waits.text(columns));
  const above = (text: string) => line.aside(() => void stream.write(`${text}\n`));
  const lines = terminalLog({ write: (text) => above(text.trimEnd()) }, { colours: paint('dim', '') !== '' });
  return {
    say: (text) => above(paint('dim', text)),
    // Only what a person should look at: the line tells the rest.
    log: (bindings) => ({ ...openLog(lines, withoutRun(bindings)), debug() {}, info() {} }),
    wait: (what) => waits.begin(what),
    meter(figures) {
      meter = (columns) => meterText(figures, columns, paint);
      show();
    },
    aside: (write) => line.aside(write),
    observer: {
      onProgress(progress) {
        meter = (columns) => meterText(meterOf(progress), columns, paint);
        show();
      },
    },
    [Symbol.dispose]() {
      meter = undefined;
      line[Symbol.dispose]();
    },
  };
}

/** The one run of a terminal needs no name. */
function withoutRun({ job: _job, run: _run, attempt: _attempt, ...rest }: Readonly<Record<string, unknown>>) {
  return rest;
}

function round(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 10) / 10;
}
