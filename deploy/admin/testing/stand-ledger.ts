/** A ledger for a stand, in either store, that several admins can open. */
import { createDynamoLedgerTable, type Ledger, openDynamoLedger, openLedger } from '@stint/sdk';
import type { Fork } from '../../../harness/stack/stack.ts';

export type LedgerKind = 'postgres' | 'dynamodb';

export const ledgerKinds: readonly LedgerKind[] = ['postgres', 'dynamodb'];

export interface StandLedger {
  /** What a process of its own is given to find it, besides what the fork's stores need. */
  readonly environment: Readonly<Record<string, string>>;
  open(): Promise<Ledger>;
}

export async function makeStandLedger(
  { postgresUrl, tablePrefix, dynamodb }: Fork,
  { kind, leaseTtlMs }: { readonly kind: LedgerKind; readonly leaseTtlMs: number },
): Promise<StandLedger> {
  const ttl = { STINT_LEASE_TTL_MS: `${leaseTtlMs}` };
  if (kind === 'postgres') {
    const environment = { STINT_LEDGER: 'postgres', ...ttl };
    return { environment, open: () => openLedger({ ...environment, DATABASE_URL: postgresUrl }) };
  }
  const { endpoint, region, accessKeyId, secretAccessKey } = dynamodb;
  const table = `${tablePrefix}runs`;
  const config = { table, endpoint, region, credentials: { accessKeyId, secretAccessKey } };
  await createDynamoLedgerTable(config);
  return {
    environment: { STINT_LEDGER: `dynamodb:${table}`, ...ttl },
    open: () => openDynamoLedger({ ...config, leaseTtlMs }),
  };
}
