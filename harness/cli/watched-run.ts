/** A run started from this terminal: what is shown while it goes on, what ends it, and how its end is told. */
import {
  describeError,
  labelWidth,
  type ProcessSignals,
  type RunOptions,
  type Summary,
  stopOnSignals,
  summaryText,
} from '@stint/sdk';
import { user } from './environment.ts';
import { coloursOf } from './format.ts';
import { print } from './print.ts';
import { openWatch, type Watch } from './watch.ts';

export interface WatchedRun {
  readonly watch: Watch;
  readonly signals: ProcessSignals;
  /**
   * Prints the summary, and last where its report lies if there is one; makes its exit code the process's. Stores may end
   * after that.
   */
  readonly tell: (summary: Summary, report?: string) => void;
}

/** Does `fn` with a live bar on stderr, and ends it gracefully on the first signal. */
export async function watchRun(json: boolean, fn: (run: WatchedRun) => Promise<void>): Promise<void> {
  using watch = openWatch(process.stderr);
  using signals = stopOnSignals();
  signals.signal.addEventListener('abort', () => watch.say(stoppingText(signals.signal.reason)));
  await fn({
    watch,
    signals,
    tell(summary, report) {
      watch[Symbol.dispose]();
      const paint = coloursOf(process.stdout);
      print(json ? JSON.stringify(summary, null, 2) : summaryText(summary, paint));
      if (report !== undefined) {
        if (json) watch.say(`report: ${report}`);
        else print(`\n  ${paint('dim', 'report'.padEnd(labelWidth))}${report}`);
      }
      process.exitCode = summary.exitCode;
    },
  });
}

/** What every run of this terminal is started with. */
export function runOptions({ watch, signals }: WatchedRun) {
  return {
    trigger: { kind: 'manual', ...(user === undefined ? {} : { by: user }) },
    signal: signals.signal,
    log: watch.log,
    observer: watch.observer,
  } as const satisfies RunOptions;
}

function stoppingText(reason: unknown): string {
  return `${describeError(reason).message}; finishing what is in flight, a second signal ends it at once`;
}
