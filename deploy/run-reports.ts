/** What each run is started with so that it is seen: its log, tied to its spans and with how far it is, metrics and traces. */
import {
  type EnvironmentValues,
  type Job,
  joinObservers,
  type Log,
  progressLog,
  type RunObserver,
  type RunOptions,
  reportMetrics,
  reportTraces,
  secretsOf,
} from '@stint/sdk';
import type { Telemetry } from './datadog.ts';
import { DatadogSpan } from './datadog-tracer.ts';

type OpenLog = NonNullable<RunOptions['log']>;

export interface ReportsOptions {
  readonly telemetry: Telemetry;
  /** Has the secrets of the job, which no span tells. */
  readonly environment: EnvironmentValues;
  readonly log: OpenLog;
  /** Who else is told of the run. @default nobody */
  readonly observer?: RunObserver;
}

/** For one run. Environment and version are on all that the agent gets: `datadog.ts`. */
export function reportsOf(
  job: Job,
  { telemetry, environment, log, observer }: ReportsOptions,
): Pick<RunOptions, 'observer' | 'middleware' | 'log'> {
  const secrets = secretsOf(environment, [job]);
  const metrics = telemetry.metrics && reportMetrics(telemetry.metrics, { job: job.name });
  const traces = telemetry.tracer && reportTraces(telemetry.tracer, { job: job.name, secrets });
  const tied = traces === undefined ? log : tieTo(traces, log);
  return {
    log: tied,
    observer: joinObservers(progressLog({ log: tied }), observer, metrics?.observer, traces?.observer),
    middleware: [traces?.middleware, metrics?.middleware].filter((middleware) => middleware !== undefined),
  };
}

function tieTo(traces: ReturnType<typeof reportTraces>, open: OpenLog): OpenLog {
  return (bindings) => {
    const log = open(bindings);
    const at =
      (level: keyof Log): Log[keyof Log] =>
      (message, fields = {}) => {
        const span = traces.current();
        log[level](message, span instanceof DatadogSpan ? { ...span.logFields, ...fields } : fields);
      };
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  };
}
