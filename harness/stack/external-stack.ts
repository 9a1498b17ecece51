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
import type { DynamoEndpoint, Stack } from './stack.ts';
import { StackError } from './stack-error.ts';

// `create database … strategy file_copy`
const oldestVersion = 150_000;

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
  await checkDynamodb(dynamodb);
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
    const { rows } = await client.query<{ may: boolean; version: number }>(
      `select rolsuper or rolcreatedb as may, current_setting('server_version_num')::int as version
         from pg_roles where rolname = current_user`,
    );
    const [{ may, version } = { may: false, version: 0 }] = rows;
    if (version < oldestVersion) throw tooOld(version);
    if (may) return;
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

function tooOld(version: number): StackError {
  return new StackError(
    'STINT_STACK_EXTERNAL',
    `expected PostgreSQL ${oldestVersion / 10_000} or newer, which copies databases as files, got ${Math.floor(version / 10_000)}; use another server`,
  );
}

async function checkDynamodb({ accessKeyId, secretAccessKey, ...address }: DynamoEndpoint): Promise<void> {
  const { DynamoDBClient, ListTablesCommand } = await import('@aws-sdk/client-dynamodb');
  const client = new DynamoDBClient({ ...address, credentials: { accessKeyId, secretAccessKey }, maxAttempts: 2 });
  try {
    await client.send(new ListTablesCommand({ Limit: 1 }), { abortSignal: AbortSignal.timeout(10_000) });
  } catch (error) {
    throw unreachable(error);
  } finally {
    client.destroy();
  }
}
