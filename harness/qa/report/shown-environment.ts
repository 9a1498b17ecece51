/** The environment of a run as a report may show it: names of everything, values only of what is known to be no secret. */
import type { EnvironmentValues, Job } from '@stint/sdk';

const notSecret = new Set([
  'AWS_ENDPOINT_URL',
  'AWS_REGION',
  'STINT_LEASE_TTL_MS',
  'STINT_LEDGER',
  'STINT_SCHEDULED_TIME',
  'STINT_SCOPE',
  'STINT_TABLE_PREFIX',
]);

/** Variables that are not set are left out. */
export function shownEnvironment(
  { env, secrets }: Pick<Job, 'env' | 'secrets'>,
  environment: EnvironmentValues,
): Readonly<Record<string, string>> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined) continue;
    if (name === 'DATABASE_URL') shown[name] = withoutUser(value);
    else if (notSecret.has(name) || (Object.hasOwn(env.shape, name) && !secrets.includes(name))) shown[name] = value;
    else shown[name] = 'set, not shown';
  }
  return shown;
}

function withoutUser(text: string): string {
  if (!URL.canParse(text)) return 'set, not shown';
  const { protocol, host, pathname } = new URL(text);
  return `${protocol}//…@${host}${pathname}`;
}
