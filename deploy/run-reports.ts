/** What each run is started with so that it is seen. */
import type { EnvironmentValues, Job, RunObserver, RunOptions } from '@stint/sdk';
import type { Telemetry } from './datadog.ts';

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
  _job: Job,
  { log, observer = {} }: ReportsOptions,
): Pick<RunOptions, 'observer' | 'middleware' | 'log'> {
  return { observer, log };
}
