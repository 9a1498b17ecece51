/**
 * Which values of an environment must not be shown: those that jobs declare as secrets, those of Stint itself, and the
 * passwords of URLs in both and in what jobs declare as variables.
 *
 * Cannot know a secret in a variable that nobody has declared. A password that is the user's name is none: so are those of
 * stores on laptops, and it would be blanked wherever the store is named.
 */
import type { EnvironmentValues } from '../input.ts';
import type { Job } from '../job.ts';
import { decodePercent } from './own-secrets.ts';

const ours = [
  'DATABASE_URL',
  'STINT_ADMIN_SESSION_SECRET',
  'STINT_SLACK_WEBHOOK_URL',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'DD_API_KEY',
];

export function secretsOf(
  environment: EnvironmentValues,
  jobs: readonly Pick<Job, 'env' | 'secrets'>[],
): readonly string[] {
  const valuesOf = (names: readonly string[]) => names.flatMap((name) => environment[name] || []);
  const secrets = valuesOf([...ours, ...jobs.flatMap((job) => job.secrets)]);
  const variables = valuesOf(jobs.flatMap((job) => Object.keys(job.env.shape)));
  return [...new Set([...secrets, ...[...secrets, ...variables].flatMap(passwordsIn)])];
}

function passwordsIn(text: string): readonly string[] {
  if (!URL.canParse(text)) return [];
  const { username, password } = new URL(text);
  return password === '' || password === username ? [] : [password, decodePercent(password)];
}
