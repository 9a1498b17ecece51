/**
 * Tells in the log how far a run is, every ten seconds: for whoever reads the log of a run that has no screen.
 *
 * A run of less than ten seconds is told of by its summary alone.
 */
import { type Clock, systemClock } from '../clock.ts';
import type { Log, LogFields } from './log.ts';
import { leftMs, type RunObserver } from './progress.ts';

export interface ProgressLogOptions {
  readonly log: (bindings: LogFields) => Log;
  /** @default the machine's */
  readonly clock?: Pick<Clock, 'monotonicMs'>;
}

const everyMs = 10_000;

/** Observes one run. */
export function progressLog({
  log: open,
  clock = systemClock,
}: ProgressLogOptions): Required<Pick<RunObserver, 'onStart' | 'onProgress'>> {
  let log: Log | undefined;
  let lastMs = clock.monotonicMs();
  return {
    onStart({ job, runId, attempt }) {
      log = open({ job, run: runId, attempt });
      lastMs = clock.monotonicMs();
    },
    onProgress(progress) {
      const nowMs = clock.monotonicMs();
      if (nowMs - lastMs < everyMs) return;
      lastMs = nowMs;
      log ??= open({});
      log.info('progress', {
        ...progress,
        itemsPerSecond: Math.round(progress.itemsPerSecond * 10) / 10,
        waitedMs: Math.round(progress.waitedMs),
        leftMs: rounded(leftMs(progress)),
      });
    },
  };
}

function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms);
}
