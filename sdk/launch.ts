/**
 * Runs a job with stores and ledger as the environment names them: what the task and the command line share.
 *
 *   DATABASE_URL, DATABASE_CA_FILE, DATABASE_AUTH    ctx.postgres: see `ports/postgres-config.ts`
 *   AWS_REGION, AWS_ENDPOINT_URL    ctx.dynamo; credentials as the AWS SDK finds them
 *   STINT_TABLE_PREFIX              put before the name of every DynamoDB table
 *   STINT_LEDGER, STINT_LEASE_TTL_MS, STINT_RETENTION_DAYS    where runs are recorded: see `ledger/open-ledger.ts`
 *   STINT_COMMIT, STINT_IMAGE       the version in the summary
 *   ECS_CONTAINER_METADATA_URI_V4   set by ECS: names the task as the holder of its leases
 */
import { EnvironmentError, type Problem } from './errors.ts';
import type { EnvironmentValues } from './input.ts';
import type { Job } from './job.ts';
import { findEcsTask } from './ledger/ecs-task.ts';
import type { Ledger } from './ledger/ledger.ts';
import { openLedger } from './ledger/open-ledger.ts';
import type { Stores } from './ports/open.ts';
import { readPostgresConfig } from './ports/postgres-config.ts';
import { runJob } from './run.ts';
import type { RunOptions } from './run-options.ts';
import type { Summary } from './summary.ts';

export interface LaunchOptions extends Omit<RunOptions, 'stores' | 'ledger' | 'version' | 'environment'> {
  readonly environment: EnvironmentValues;
  /** @default what the environment names */
  readonly stores?: Stores;
  /** Closed by whoever opened it. @default what the environment names */
  readonly ledger?: Ledger;
}

/** @throws what `runJob` throws, and EnvironmentError for stores or a ledger that cannot be right */
export async function launchJob(job: Job, options: LaunchOptions): Promise<Summary> {
  const { environment } = options;
  const stores = options.stores ?? storesFrom(environment);
  await using opened = new AsyncDisposableStack();
  const ledger = options.ledger ?? opened.use(await openLedger(environment));
  const task = await findEcsTask(environment.ECS_CONTAINER_METADATA_URI_V4);
  return await runJob(job, {
    ...(task === undefined ? {} : { holder: task.taskArn }),
    ...options,
    stores,
    ledger,
    version: { commit: environment.STINT_COMMIT ?? null, image: environment.STINT_IMAGE ?? null },
  });
}

/** The stores that the environment names. @throws EnvironmentError */
export function storesFrom(environment: EnvironmentValues): Stores {
  const problems: Problem[] = [];
  const stores = { postgres: readPostgresConfig(environment, problems), dynamodb: readDynamo(environment, problems) };
  if (problems.length > 0) throw new EnvironmentError('a store cannot be reached this way', problems);
  return stores;
}

function readDynamo(environment: EnvironmentValues, problems: Problem[]): Stores['dynamodb'] {
  const { AWS_REGION: region, AWS_ENDPOINT_URL: endpoint, STINT_TABLE_PREFIX: tablePrefix } = environment;
  if (!region && !endpoint) return undefined;
  if (endpoint && !URL.canParse(endpoint)) {
    problems.push({ path: 'AWS_ENDPOINT_URL', message: 'expected a URL; what it holds is none' });
  }
  return {
    region: region || 'us-east-1',
    ...(endpoint ? { endpoint } : {}),
    ...(tablePrefix ? { tablePrefix } : {}),
  };
}
