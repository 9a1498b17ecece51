/**
 * Whether what the jobs need is there, and whether AWS would take it: a line for each thing that is not so.
 *
 * What a job's definition alone can tell, as a cron expression or an impossible size, is refused when its module is loaded.
 */
import { EnvironmentError, type Job, nextTimes, parseEnvironment } from '@stint/sdk';
import { endOfTaskMs } from '../task-end.ts';
import { stopTimeoutMs } from './app-container.ts';
import { ledgerPlaceOf } from './ledger-place.ts';
import { familyName, logicalName, longestName, stoppedTasksName, takenNames } from './names.ts';
import type { Plan } from './plan.ts';
import { reservedVariables, stintSecrets } from './task-environment.ts';

/** `file`: where the settings are written. */
export function checkPlan(plan: Plan, file: string): readonly string[] {
  return [
    ...checkNames(plan),
    ...plan.jobs.flatMap((job) => [...checkTimes(job), ...checkStop(job)]),
    ...checkVariables(plan, file),
    ...checkSecrets(plan, file),
    ...plan.jobs.flatMap((job) => checkEnvironment(plan, job, file)),
  ];
}

function checkNames({ jobs, place }: Plan): readonly string[] {
  const names = jobs.map(({ name }) => name);
  const problems: string[] = [];
  for (const [index, name] of names.entries()) {
    const family = familyName(place, name);
    if (family.length > longestName)
      problems.push(
        `${name}: expected ${family} to have at most ${longestName} characters, which is what EventBridge takes, got ${family.length}; choose a shorter name of the job or the stage`,
      );
    if (takenNames.has(name))
      problems.push(`${name}: expected another name of a job: the stack has something of this name`);
    const other = names.findIndex((candidate) => logicalName(candidate) === logicalName(name));
    if (other === index) continue;
    problems.push(
      names[other] === name
        ? `${name}: expected one job of this name in jobs/registry.ts, got two`
        : `${name}: expected a name that is told apart from ${names[other]} without hyphens, since resources of CloudFormation have none`,
    );
  }
  const stopped = stoppedTasksName(place);
  if (stopped.length > longestName)
    problems.push(
      `expected ${stopped} to have at most ${longestName} characters, got ${stopped.length}; choose a shorter name of the stage`,
    );
  return problems;
}

/** A job that is never started is missed by no monitor either. One whose times are over is let pass: it was right once. */
function checkTimes({ name, schedule }: Job): readonly string[] {
  if (schedule === undefined || !('cron' in schedule)) return [];
  const [first] = nextTimes(schedule, { after: new Date(0), count: 1 });
  if (first !== undefined) return [];
  return [
    `${name}: expected schedule.cron to have a time in some year, got "${schedule.cron}", which has none; look at its day and month`,
  ];
}

/** What is in flight, and then the end of the task, have to be over when SIGKILL comes. */
function checkStop({ name, limits: { drainMs } }: Job): readonly string[] {
  const mostMs = stopTimeoutMs - endOfTaskMs;
  if (drainMs <= mostMs) return [];
  return [
    `${name}: expected limits.drainMs to be at most ${mostMs}, got ${drainMs}; ECS kills a task ${stopTimeoutMs / 1_000} s after it asked it to end, and the end of a task takes up to ${endOfTaskMs / 1_000} s`,
  ];
}

function checkVariables({ settings }: Plan, file: string): readonly string[] {
  const problems = Object.keys(settings.env)
    .filter((name) => reservedVariables.has(name))
    .map((name) => `env.${name}: is set by the template or by who starts a task; take it out of ${file}`);
  const isIam = settings.env.DATABASE_AUTH === 'iam';
  if (isIam !== (settings.databaseUser !== undefined))
    problems.push(
      `databaseUser: expected it together with env.DATABASE_AUTH "iam", got ${isIam ? 'none' : 'it alone'} (${file})`,
    );
  if (ledgerPlaceOf(settings) === undefined)
    problems.push(
      `env.STINT_LEDGER: expected "postgres" or "dynamodb:<table>", ${'STINT_LEDGER' in settings.env ? 'and it is neither' : 'got nothing'}; without it a run could not be resumed (${file})`,
    );
  return problems;
}

function checkSecrets({ jobs, settings }: Plan, file: string): readonly string[] {
  const { secrets, env } = settings;
  const declared = new Set([...jobs.flatMap((job) => job.secrets), ...stintSecrets(settings)]);
  const unused = Object.keys(secrets)
    .filter((name) => !declared.has(name))
    .map((name) => `secrets.${name}: expected a job that declares it, got none; take it out of ${file}`);
  const open = Object.keys(env)
    .filter((name) => declared.has(name) && !isOpen(name, env))
    .map((name) => `env.${name}: is a secret; put it into Secrets Manager, and its ARN under secrets in ${file}`);
  const isInPostgres = ledgerPlaceOf(settings)?.kind === 'postgres';
  const isMissing = isInPostgres && !('DATABASE_URL' in secrets) && !('DATABASE_URL' in env);
  const ledger = isMissing
    ? [`secrets.DATABASE_URL: is not set, and the ledger is there; put its ARN into ${file}`]
    : [];
  return [...unused, ...open, ...ledger];
}

/** With tokens of IAM there is no password in it. */
function isOpen(name: string, env: Plan['settings']['env']): boolean {
  return name === 'DATABASE_URL' && env.DATABASE_AUTH === 'iam';
}

/** By the check that the task itself makes when it starts. */
function checkEnvironment({ settings }: Plan, job: Job, file: string): readonly string[] {
  const given = Object.fromEntries(Object.keys(settings.secrets).map((name) => [name, 'given']));
  try {
    parseEnvironment(job, { ...settings.env, ...given });
    return [];
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return error.problems.map(({ path, message }) => {
      const isSecret = job.secrets.includes(path);
      return `${job.name}: ${path} ${message}; put ${isSecret ? 'its ARN under secrets' : 'it under env'} in ${file}`;
    });
  }
}
