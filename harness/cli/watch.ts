/**
 * What a run shows while it goes on: in a terminal a live bar, in a pipe a line every ten seconds; on stderr, so that
 * stdout holds results only.
 */
import { openLog, type Progress, type RunOptions } from '@stint/sdk';
import { SingleBar } from 'cli-progress';
import { coloursOf, formatMs, formatNumber } from './format.ts';

/** Dispose it to clear the bar; so does the end of the process. */
export interface Watch extends Disposable, Pick<Required<RunOptions>, 'observer' | 'log'> {
  /** A line about what is going on. */
  say(line: string): void;
}

/** What a watch writes to; usually process.stderr. */
export type WatchStream = Pick<NodeJS.WriteStream, 'write'> & { readonly isTTY?: boolean; readonly columns?: number };

const pipeEveryMs = 10_000;

export function openWatch(stream: WatchStream): Watch {
  return stream.isTTY ? terminalWatch(stream) : pipeWatch(stream);
}

function pipeWatch(stream: WatchStream): Watch {
  const log = openLog(stream);
  let lastMs = performance.now();
  return {
    say: (line) => log.info(line),
    log: (bindings) => openLog(stream, bindings),
    observer: {
      onProgress(progress) {
        if (performance.now() - lastMs < pipeEveryMs) return;
        lastMs = performance.now();
        log.info('progress', { ...progress });
      },
    },
    [Symbol.dispose]() {},
  };
}

function terminalWatch(stream: WatchStream): Watch {
  const paint = coloursOf(stream);
  const bar = openBar(stream, paint);
  let last: Progress | undefined;
  const erase = () => bar.stop();
  const draw = () => {
    if (last !== undefined) bar.start(last.total ?? 0, last.settled, { last });
  };
  // The bar goes first: the library finds it again only in the line where it began, and wraps no line while it is there.
  const above = (line: string) => {
    erase();
    stream.write(`${line}\n`);
    draw();
  };
  // A second signal ends the process at once, and would leave the cursor hidden.
  process.on('exit', erase);
  return {
    say: (line) => above(paint('dim', line)),
    // Only what a person should look at: the bar tells the rest.
    log: () => ({
      debug() {},
      info() {},
      warn: (message, fields = {}) => above(`${paint('yellow', 'warning')} ${message}${fieldsText(fields)}`),
      error: (message, fields = {}) => above(`${paint('red', 'error')} ${message}${fieldsText(fields)}`),
    }),
    observer: {
      onProgress(progress) {
        const isFirst = last === undefined;
        last = progress;
        if (isFirst) draw();
        bar.setTotal(progress.total ?? 0);
        bar.update(progress.settled, { last });
      },
    },
    [Symbol.dispose]() {
      erase();
      last = undefined;
      process.off('exit', erase);
    },
  };
}

function openBar(stream: WatchStream, paint: ReturnType<typeof coloursOf>): SingleBar {
  return new SingleBar({
    // It asks for a whole stream and writes to it, no more.
    stream: stream as NodeJS.WriteStream,
    hideCursor: true,
    clearOnComplete: true,
    linewrap: false,
    fps: 10,
    format: (_options, { progress, total }, { last }: { last: Progress }) => {
      const columns = stream.columns ?? 80;
      const size = total === 0 || columns < 50 ? 0 : Math.min(30, Math.max(10, columns - 90));
      const filled = Math.round(size * progress);
      const drawn = `${paint('green', '█'.repeat(filled))}${paint('dim', '░'.repeat(size - filled))} `;
      return `${size === 0 ? '' : drawn}${progressText(last, columns - size - 2)}`;
    },
  });
}

/** As much as fits, what matters most first. */
function progressText(
  { settled, total, itemsPerSecond, succeeded, skipped, failed, inFlight, waitedMs }: Progress,
  width: number,
): string {
  const parts = [total === undefined ? formatNumber(settled) : `${formatNumber(settled)}/${formatNumber(total)}`];
  parts.push(`${formatNumber(itemsPerSecond)}/s`);
  if (total !== undefined && itemsPerSecond > 0)
    parts.push(`${formatMs(Math.max(0, (1_000 * (total - settled)) / itemsPerSecond))} left`);
  parts.push(`ok ${formatNumber(succeeded)}`, `skipped ${formatNumber(skipped)}`, `failed ${formatNumber(failed)}`);
  parts.push(`${inFlight} in flight`);
  if (waitedMs >= 1_000) parts.push(`held back ${formatMs(waitedMs)}`);
  while (parts.length > 1 && parts.join('  ').length > width) parts.pop();
  return parts.join('  ');
}

function fieldsText(fields: Readonly<Record<string, unknown>>): string {
  const shown = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
  );
  return shown.length === 0 ? '' : `  ${shown.join(' ')}`;
}
