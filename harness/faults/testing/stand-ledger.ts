/** The ledger of a stand: the variables that name it to a program, and a reader of it. */
import { createDynamoLedgerTable, type EnvironmentValues, type Ledger, openDynamoLedger, openLedger } from '@stint/sdk';
import type { Stand } from './stand.ts';

export type LedgerKind = 'postgres' | 'dynamodb';

export interface StandLedger extends AsyncDisposable {
  readonly environment: EnvironmentValues;
  readonly ledger: Ledger;
}

/** `leaseTtlMs`: so long a start waits after a crash; a holder that cannot renew for three quarters of it ends its run. */
export async function openStandLedger(stand: Stand, kind: LedgerKind, leaseTtlMs: number): Promise<StandLedger> {
  const { endpoint, region, accessKeyId, secretAccessKey } = stand.fork.dynamodb;
  const config = {
    table: `${stand.fork.tablePrefix}ledger`,
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
  };
  if (kind === 'dynamodb') await createDynamoLedgerTable(config);
  const environment = {
    ...stand.environment,
    STINT_LEDGER: kind === 'postgres' ? kind : `dynamodb:${config.table}`,
    STINT_LEASE_TTL_MS: `${leaseTtlMs}`,
  };
  const ledger = kind === 'postgres' ? await openLedger(environment) : await openDynamoLedger(config);
  return { environment, ledger, [Symbol.asyncDispose]: () => ledger[Symbol.asyncDispose]() };
}
