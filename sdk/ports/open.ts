/** Opens the clients that a run was given stores for, and closes them together. */
import type { Clock } from '../clock.ts';
import type { Effects } from '../effects.ts';
import { PortMissingError } from '../errors.ts';
import type { DoneStore } from '../loop/done-markers.ts';
import type { RetryContext } from '../pace/retry.ts';
import type { Random } from '../random.ts';
import type { Dynamo, DynamoConfig } from './dynamodb.ts';
import { type Http, HttpPort } from './http.ts';
import type { Postgres } from './postgres.ts';
import type { PostgresConfig } from './postgres-config.ts';

export interface Stores {
  readonly postgres?: PostgresConfig | undefined;
  readonly dynamodb?: DynamoConfig | undefined;
}

export interface PortsOptions {
  readonly stores: Stores;
  readonly effects: Effects;
  readonly clock: Clock;
  readonly random: Random;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly job: string;
  readonly onRetry: RetryContext['onRetry'];
  readonly concurrency: number;
}

export interface Ports extends AsyncDisposable {
  readonly postgres: Postgres;
  readonly dynamo: Dynamo;
  readonly http: Http;
  /** Where items are recorded as done; undefined: this run has no such store. */
  readonly doneItems: DoneStore | undefined;
}

/** Connects to nothing yet; a port without a store throws `PortMissingError` when it is asked for. */
export async function openPorts(options: PortsOptions): Promise<Ports> {
  const { stores, concurrency, effects } = options;
  const opened = new AsyncDisposableStack();
  const http = opened.use(new HttpPort({ ...options, connections: concurrency }));
  // Loaded only where they are needed: the AWS SDK alone takes longer to load than the rest of Stint.
  const { postgres: postgresConfig, dynamodb: dynamoConfig } = stores;
  const open = (kind: 'postgres' | 'dynamodb') => ({ kind, operation: 'open', target: kind, write: false }) as const;
  const postgres =
    postgresConfig &&
    opened.use(await effects.keepHouse(open('postgres'), () => openPostgres(postgresConfig, options)));
  const dynamo =
    dynamoConfig && opened.use(await effects.keepHouse(open('dynamodb'), () => openDynamo(dynamoConfig, options)));
  return {
    http,
    doneItems: postgres?.doneItems,
    get postgres() {
      if (postgres === undefined) throw new PortMissingError('postgres', 'set DATABASE_URL');
      return postgres;
    },
    get dynamo() {
      if (dynamo === undefined) throw new PortMissingError('dynamo', 'set AWS_REGION');
      return dynamo;
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function openPostgres(config: PostgresConfig, options: PortsOptions) {
  const [{ PostgresPort }, { openAccess }] = await Promise.all([
    import('./postgres.ts'),
    import('./postgres-access.ts'),
  ]);
  const { maxConnections } = config;
  const access = await openAccess(config);
  return new PostgresPort({ ...options, access, maxConnections, applicationName: `stint ${options.job}` });
}

async function openDynamo(config: DynamoConfig, options: PortsOptions) {
  const { DynamoPort } = await import('./dynamodb.ts');
  return new DynamoPort({ ...options, config });
}
