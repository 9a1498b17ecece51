/**
 * What the admin is started with, from the environment:
 *
 *   HOST, PORT                 where it listens @default 127.0.0.1 in development, else 0.0.0.0; 8080
 *   NODE_ENV                   `development`: on somebody's own machine
 *   STINT_ADMIN_TOKENS, STINT_ADMIN_SESSION_SECRET    see `access/resolve-access.ts`
 *   STINT_ADMIN_MAX_RUNS       runs at a time @default 4
 *   STINT_ADMIN_TRUST_PROXY    `true`: a load balancer in front says who asks, and by which protocol @default false
 *   STINT_ADMIN_TASK           how tasks are started in ECS, as JSON: see `runs/task-starter.ts` @default runs go on in this process only
 *   STINT_ADMIN_TARGET         `process` or `task`: where a run goes on of which nobody says @default process
 *   DD_SITE, DD_SERVICE        with them runs have links to their logs and traces
 */
import { EnvironmentError, type EnvironmentValues, type Problem } from '@stint/sdk';
import { type Datadog, datadogFrom } from '../run-links.ts';
import { type ResolvedAccess, resolveAccess } from './access/resolve-access.ts';
import { readTaskSettings, type TaskSettings } from './runs/task-starter.ts';

export interface AdminConfig {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly maxRuns: number;
  readonly trustProxy: boolean;
  readonly access: ResolvedAccess;
  /** How runs are started in tasks of their own; undefined: they are not. */
  readonly task: TaskSettings | undefined;
  /** Where a run goes on of which nobody says. */
  readonly target: 'process' | 'task';
  /** Undefined: no logs are known to be anywhere. */
  readonly datadog: Datadog | undefined;
}

const ports = { min: 0, max: 65_535, fallback: 8_080 };
const runs = { min: 1, max: 100, fallback: 4 };

/** @throws EnvironmentError naming all that does not fit */
export function resolveAdminConfig(environment: EnvironmentValues): AdminConfig {
  const problems: Problem[] = [];
  const whole = (name: string, { min, max, fallback }: typeof ports): number => {
    const text = environment[name];
    if (!text) return fallback;
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    problems.push({ path: name, message: `expected a whole number from ${min} to ${max}; what it holds is none` });
    return fallback;
  };
  const development = environment.NODE_ENV === 'development';
  const host = environment.HOST || (development ? '127.0.0.1' : '0.0.0.0');
  const { STINT_ADMIN_TRUST_PROXY: trust = '' } = environment;
  if (!['', 'true', 'false'].includes(trust))
    problems.push({ path: 'STINT_ADMIN_TRUST_PROXY', message: 'expected true or false; what it holds is neither' });
  const { STINT_ADMIN_TARGET: target = '' } = environment;
  if (!['', 'process', 'task'].includes(target))
    problems.push({ path: 'STINT_ADMIN_TARGET', message: 'expected process or task; what it holds is neither' });
  if (target === 'task' && !environment.STINT_ADMIN_TASK)
    problems.push({
      path: 'STINT_ADMIN_TASK',
      message: 'is not set, and STINT_ADMIN_TARGET is task; say how tasks are started',
    });
  const port = whole('PORT', ports);
  const maxRuns = whole('STINT_ADMIN_MAX_RUNS', runs);
  const access = resolved(problems, () =>
    resolveAccess({
      tokens: environment.STINT_ADMIN_TOKENS,
      sessionSecret: environment.STINT_ADMIN_SESSION_SECRET,
      development,
      host,
    }),
  );
  const task = resolved(problems, () => readTaskSettings(environment));
  if (access === undefined || problems.length > 0) throw new EnvironmentError('the admin does not start', problems);
  return {
    host,
    port,
    maxRuns,
    trustProxy: trust === 'true',
    access,
    task,
    target: target === 'task' ? 'task' : 'process',
    datadog: datadogFrom(environment),
  };
}

/** Undefined: it has problems, which are among the others now. */
function resolved<TResolved>(problems: Problem[], resolve: () => TResolved): TResolved | undefined {
  try {
    return resolve();
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}
