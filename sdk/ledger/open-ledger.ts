/**
 * Opens the ledger that the environment names.
 *
 *   STINT_LEDGER            `postgres`: in the database of DATABASE_URL, reached as `ports/postgres-config.ts` says
 *                           `dynamodb:<table>`: in that table, by AWS_REGION and AWS_ENDPOINT_URL
 *                           `memory`: nothing outlives the process
 *                           @default postgres when DATABASE_URL is set, else memory
 *   STINT_LEASE_TTL_MS      how long a lease outlives its holder's last sign of life @default 60,000
 *   STINT_RETENTION_DAYS    how long runs and failed items are kept @default 30
 *
 * The table is named in full, STINT_TABLE_PREFIX is not put before it: the prefix tells apart the jobs' tables, while the
 * ledger's is named in a policy of its own, and may be shared.
 *
 * Loads the driver of the ledger that is opened, and no other. Opens no connection: that a store does not answer shows
 * at the first call.
 */
import { EnvironmentError, type Problem } from '../errors.ts';
import type { EnvironmentValues } from '../input.ts';
import { type PostgresConfig, readPostgresConfig } from '../ports/postgres-config.ts';
import type { DynamoLedgerConfig } from './dynamodb.ts';
import type { DynamoStoreConfig } from './dynamodb-store.ts';
import type { Ledger, LedgerOptions } from './ledger.ts';
import { MemoryLedger } from './memory.ts';

export interface OpenLedgerOptions {
  /** Schema of a ledger in PostgreSQL, so that several can share a database. @default 'stint' */
  readonly schema?: string;
}

const dayMs = 24 * 60 * 60 * 1_000;
/** Longer than this a timer cannot be set, and nobody would want to wait. */
const longestLeaseMs = dayMs;
/** As AWS allows. */
const tableName = /^[\w.-]{3,255}$/;

/** @throws EnvironmentError naming every variable that does not fit */
export async function openLedger(environment: EnvironmentValues, { schema }: OpenLedgerOptions = {}): Promise<Ledger> {
  const problems: Problem[] = [];
  const options = readOptions(environment, problems);
  const place = readPlace(environment, problems);
  if (problems.length > 0) throw new EnvironmentError('the ledger cannot be opened', problems);
  switch (place.kind) {
    case 'postgres': {
      const [{ PostgresLedger }, { openAccess }] = await Promise.all([
        import('./postgres.ts'),
        import('../ports/postgres-access.ts'),
      ]);
      const access = await openAccess(place.config);
      return new PostgresLedger({ access, ...options, ...(schema === undefined ? {} : { schema }) });
    }
    case 'dynamodb': {
      const { table, region, endpoint } = place;
      const where = { region, ...(endpoint ? { endpoint } : {}) };
      // Loaded when there is a lease in the way, and no earlier.
      const isHolderGone = async (holder: string) => {
        const { openEcsHolderCheck } = await import('./dynamodb-ecs-holder.ts');
        return openEcsHolderCheck(where)(holder);
      };
      return openDynamoLedger({ table, ...where, isHolderGone, ...options });
    }
    default:
      return new MemoryLedger(options);
  }
}

/** Opens the ledger in a DynamoDB table; the environment's own keys are used where the config has none. */
export async function openDynamoLedger(config: DynamoLedgerConfig): Promise<Ledger> {
  const { DynamoLedger } = await import('./dynamodb.ts');
  return new DynamoLedger(config);
}

/** Makes the table of a ledger, for tests and local stores; elsewhere it is infrastructure. Does nothing when there is one. */
export async function createDynamoLedgerTable(config: DynamoStoreConfig): Promise<void> {
  const { createLedgerTable } = await import('./dynamodb.ts');
  await createLedgerTable(config);
}

type Place =
  | { readonly kind: 'memory' }
  | { readonly kind: 'postgres'; readonly config: PostgresConfig }
  | { readonly kind: 'dynamodb'; readonly table: string; readonly region: string; readonly endpoint: string };

function readPlace(environment: EnvironmentValues, problems: Problem[]): Place {
  const { STINT_LEDGER, DATABASE_URL } = environment;
  const named = STINT_LEDGER || (DATABASE_URL ? 'postgres' : 'memory');
  if (named === 'memory') return { kind: 'memory' };
  if (named === 'postgres') {
    const config = readPostgresConfig(environment, problems);
    if (config !== undefined) return { kind: 'postgres', config };
    problems.push({ path: 'DATABASE_URL', message: 'is not set, and the ledger is there' });
    return { kind: 'memory' };
  }
  if (named.startsWith('dynamodb:')) return readTable(named.slice('dynamodb:'.length), environment, problems);
  // What follows a colon may be a password.
  const got = named.replace(/:.*/s, ':…');
  const message = `expected "postgres", "dynamodb:<table>" or "memory", got "${got}"`;
  problems.push({ path: 'STINT_LEDGER', message });
  return { kind: 'memory' };
}

function readTable(table: string, environment: EnvironmentValues, problems: Problem[]): Place {
  const { AWS_REGION, AWS_ENDPOINT_URL } = environment;
  if (!tableName.test(table)) {
    const message =
      'expected the name of a table after "dynamodb:", such as dynamodb:stint-runs; what it holds is none';
    problems.push({ path: 'STINT_LEDGER', message });
  }
  if (!AWS_REGION && !AWS_ENDPOINT_URL) {
    problems.push({ path: 'AWS_REGION', message: 'is not set, and the ledger is in DynamoDB' });
  }
  if (AWS_ENDPOINT_URL && !URL.canParse(AWS_ENDPOINT_URL)) {
    problems.push({ path: 'AWS_ENDPOINT_URL', message: 'expected a URL; what it holds is none' });
  }
  return { kind: 'dynamodb', table, region: AWS_REGION || 'us-east-1', endpoint: AWS_ENDPOINT_URL || '' };
}

function readOptions(environment: EnvironmentValues, problems: Problem[]): LedgerOptions {
  const leaseTtlMs = readNumber('STINT_LEASE_TTL_MS', environment, problems, longestLeaseMs);
  const days = readNumber('STINT_RETENTION_DAYS', environment, problems, Number.POSITIVE_INFINITY);
  return {
    ...(leaseTtlMs === undefined ? {} : { leaseTtlMs }),
    ...(days === undefined ? {} : { retentionMs: days * dayMs }),
  };
}

function readNumber(
  name: string,
  environment: EnvironmentValues,
  problems: Problem[],
  largest: number,
): number | undefined {
  const text = environment[name];
  if (!text) return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && value > 0 && value <= largest) return value;
  const range = Number.isFinite(largest) ? `a positive number up to ${largest}` : 'a positive number';
  problems.push({ path: name, message: `expected ${range}, got ${JSON.stringify(text.slice(0, 40))}` });
  return undefined;
}
