/**
 * The external stack: servers that somebody else runs, named by the environment. Tests make databases and tables of their
 * own there, as on any stack, and drop them.
 *
 * Guarantees: touches nothing but what its own forks and templates have made. Does not drop templates: the next suite finds
 * them again.
 */
import type { EnvironmentValues } from '@stint/sdk';
import pg from 'pg';
import { Forks, unreachable } from './forks.ts';
import type { Stack } from './stack.ts';
import { StackError } from './stack-error.ts';

/**
 * Takes DATABASE_URL (a role that may create databases), AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID and
 * AWS_SECRET_ACCESS_KEY.
 *
 * @throws StackError `STINT_STACK_EXTERNAL` for what is missing, `STINT_STACK_UNREACHABLE`
 */
export async function openExternalStack(environment: EnvironmentValues): Promise<Stack> {
  const postgresUrl = url(environment, 'DATABASE_URL');
  const dynamodb = {
    endpoint: url(environment, 'AWS_ENDPOINT_URL'),
    region: environment.AWS_REGION || 'us-east-1',
    accessKeyId: environment.AWS_ACCESS_KEY_ID || 'stint',
    secretAccessKey: environment.AWS_SECRET_ACCESS_KEY || 'stint',
  };
  await checkPostgres(postgresUrl);
  const forks = new Forks(postgresUrl, dynamodb);
  return {
    kind: 'external',
    postgresUrl,
    dynamodb,
    fork: (options) => forks.fork(options),
    [Symbol.asyncDispose]: () => forks.close({ drop: true }),
  };
}

function url(environment: EnvironmentValues, name: string): string {
  const value = environment[name];
  if (value && URL.canParse(value)) return value;
  throw new StackError(
    'STINT_STACK_EXTERNAL',
    `expected the address of a server in ${name}, got ${value ? 'something that is no URL' : 'nothing'}; set it, or use another stack`,
  );
}

async function checkPostgres(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ may: boolean }>(
      'select rolsuper or rolcreatedb as may from pg_roles where rolname = current_user',
    );
    if (rows[0]?.may === true) return;
  } catch (error) {
    throw unreachable(error);
  } finally {
    await client.end().catch(() => undefined);
  }
  throw new StackError(
    'STINT_STACK_EXTERNAL',
    'expected DATABASE_URL to name a role that may create databases, got one that may not; grant it createdb',
  );
}
