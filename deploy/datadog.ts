/**
 * Metrics and traces to the Datadog agent, over dd-trace, which is loaded only when they are turned on.
 *
 *   DD_AGENT_HOST, DD_TRACE_AGENT_URL    where the agent is: with either of them it is turned on
 *   DD_TRACE_ENABLED                     true: turned on, the agent is on this machine; false: turned off, metrics too
 *   DD_SERVICE, DD_ENV, DD_VERSION       names on all that is sent @default stint, none, STINT_COMMIT
 *   all other DD_* variables             as dd-trace reads them
 *
 * DD_SERVICE, DD_ENV and DD_SITE alone turn nothing on: they name things, in links of the admin too.
 *
 * Guarantees: what cannot be loaded or sent never ends a run. dd-trace's own
 * instrumentation of pg, undici and others is off, also when `--import dd-trace/initialize.mjs` has turned it on: the run's
 * effects are traced at their one door, and once, and services of others get no tracing headers. A tracer that was begun so takes
 * its names from DD_SERVICE and DD_VERSION alone, and writes to standard error unless DD_TRACE_STARTUP_LOGS is false.
 * Does not guarantee delivery: UDP has none, and what the agent refuses is dropped. A process has one tracer: what is opened
 * again is the same.
 */
import { describeError, type EnvironmentValues, type Log } from '@stint/sdk';
import type ddTrace from 'dd-trace';
import type { DatadogAgent } from './datadog-agent.ts';
import { DatadogMetrics } from './datadog-metrics.ts';
import { DatadogTracer } from './datadog-tracer.ts';
import { quietDatadog } from './environment.ts';

export interface Telemetry {
  /** Undefined: turned off. */
  readonly metrics: DatadogMetrics | undefined;
  readonly tracer: DatadogTracer | undefined;
  readonly agent: DatadogAgent | undefined;
}

export const noTelemetry: Telemetry = { metrics: undefined, tracer: undefined, agent: undefined };

type Native = typeof ddTrace.tracer;

// What dd-trace instruments of all that is loaded here.
const plugins = [
  'pg',
  'undici',
  'fetch',
  'http',
  'http2',
  'net',
  'dns',
  'aws-sdk',
  'pino',
  'koa',
  'router',
  'child_process',
] as const;

export function isDatadogOn({ DD_TRACE_ENABLED, DD_AGENT_HOST, DD_TRACE_AGENT_URL }: EnvironmentValues): boolean {
  if (isNo(DD_TRACE_ENABLED)) return false;
  return isYes(DD_TRACE_ENABLED) || Boolean(DD_AGENT_HOST || DD_TRACE_AGENT_URL);
}

export async function openTelemetry(environment: EnvironmentValues, log: Log): Promise<Telemetry> {
  if (!isDatadogOn(environment)) return noTelemetry;
  quietDatadog();
  try {
    const { tracer: native } = (await import('dd-trace')).default;
    const { DatadogAgent } = await import('./datadog-agent.ts');
    initialize(native, environment, log);
    return {
      tracer: new DatadogTracer(native),
      metrics: new DatadogMetrics(native.dogstatsd),
      agent: new DatadogAgent(native, environment),
    };
  } catch (error) {
    log.warn('dd-trace cannot be loaded: the run goes on without metrics and traces', { error: describeError(error) });
    return noTelemetry;
  }
}

function initialize(native: Native, environment: EnvironmentValues, log: Log): void {
  const { DD_SERVICE, DD_VERSION, STINT_COMMIT } = environment;
  const version = DD_VERSION || STINT_COMMIT;
  const tell = (level: 'debug' | 'info' | 'warn' | 'error') => (message: string | Error) =>
    log[level](`dd-trace: ${message instanceof Error ? describeError(message).message : message}`);
  native.init({
    service: DD_SERVICE || 'stint',
    ...(version ? { version } : {}),
    plugins: false,
    logInjection: false,
    startupLogs: false,
    logger: { debug: tell('debug'), info: tell('info'), warn: tell('warn'), error: tell('error') },
  });
  // Of a tracer that `--import` has begun the options are passed by.
  for (const name of plugins) native.use(name, false);
}

function isYes(value: string | undefined): boolean {
  return value === 'true' || value === '1';
}

function isNo(value: string | undefined): boolean {
  return value === 'false' || value === '0';
}
