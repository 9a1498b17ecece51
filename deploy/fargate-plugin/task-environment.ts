/**
 * What is in the environment of a task: variables, and where its secrets are.
 *
 * Guarantees: a task has the secrets that its job declares and those that Stint itself uses, and no others; a variable that some
 * job declares is in the tasks of those that declare it only.
 */
import type { Job } from '@stint/sdk';
import { ref, type Value } from './cloudformation.ts';
import { ledgerPlaceOf } from './ledger-place.ts';
import type { Plan } from './plan.ts';

/** What the template sets, and what a start does: settings may not. */
export const reservedVariables: ReadonlySet<string> = new Set([
  'AWS_REGION',
  'DD_AGENT_HOST',
  'DD_ENV',
  'DD_SERVICE',
  'DD_SITE',
  'STINT_IMAGE',
  'STINT_ADMIN_URL',
  'STINT_SCHEDULED_TIME',
  'STINT_SCOPE',
  'STINT_SHARD',
  'STINT_STARTED_BY',
  'STINT_RUN_ID',
  'STINT_DRY_RUN',
  'STINT_LIMIT',
  'STINT_FRESH',
  'STINT_RESUME_RUN',
  'STINT_REDRIVE',
  'STINT_OVERLAP',
]);

/** Secrets that Stint itself reads, in every task. */
const ownSecrets = ['STINT_SLACK_WEBHOOK_URL'];

/** `job`: undefined for what is no job's task, as the admin. */
export function variablesOf(plan: Plan, job: Job | undefined): Readonly<Record<string, Value>> {
  const { settings, place } = plan;
  const declared = new Set(plan.jobs.flatMap((other) => Object.keys(other.env.shape)));
  const own = new Set(Object.keys(job?.env.shape ?? {}));
  const given = Object.entries(settings.env).filter(([name]) => own.has(name) || !declared.has(name));
  return {
    ...Object.fromEntries(given),
    AWS_REGION: ref('AWS::Region'),
    DD_AGENT_HOST: '127.0.0.1',
    DD_ENV: place.stage,
    DD_SERVICE: place.service,
    DD_SITE: settings.datadog.site,
    STINT_IMAGE: settings.image,
    ...(settings.admin === undefined ? {} : { STINT_ADMIN_URL: settings.admin.url }),
  };
}

/** Where each secret is, by the name of its variable. */
export function secretsFor({ settings }: Plan, job: Job | undefined): Readonly<Record<string, string>> {
  const names = new Set([...(job?.secrets ?? []), ...stintSecrets(settings)]);
  return Object.fromEntries(Object.entries(settings.secrets).filter(([name]) => names.has(name)));
}

/** Those of `settings` that no job has to declare. */
export function stintSecrets(settings: Plan['settings']): readonly string[] {
  return ledgerPlaceOf(settings)?.kind === 'postgres' ? [...ownSecrets, 'DATABASE_URL'] : ownSecrets;
}

export function toEnvironment(variables: Readonly<Record<string, Value>>): Value {
  return sorted(variables).map(([Name, value]) => ({ Name, Value: value }));
}

export function toSecrets(secrets: Readonly<Record<string, string>>): Value {
  return sorted(secrets).map(([Name, ValueFrom]) => ({ Name, ValueFrom }));
}

// The same template whatever the order that somebody wrote them in.
function sorted<TValue>(record: Readonly<Record<string, TValue>>): readonly [string, TValue][] {
  return Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1));
}
