/** Where the ledger of a world is, in words that another process understands too. */
import { type Clock, type createDynamoLedgerTable, type Ledger, openDynamoLedger, openLedger } from '@stint/sdk';

export type DynamoTable = Parameters<typeof createDynamoLedgerTable>[0];

/** Holds passwords: hand it to processes, not to logs. Survives JSON. */
export type LedgerAddress =
  | { readonly kind: 'postgres'; readonly url: string; readonly leaseTtlMs: number }
  | { readonly kind: 'dynamodb'; readonly table: DynamoTable; readonly leaseTtlMs: number };

export interface LedgerView {
  /** By which DynamoDB's leases expire; PostgreSQL has its own. */
  readonly clock: Clock;
  /** Whether it is known that those who held leases are gone. */
  readonly areHoldersGone: () => boolean;
}

/** Opens it as a process of its own would. */
export async function openLedgerAt(address: LedgerAddress, { clock, areHoldersGone }: LedgerView): Promise<Ledger> {
  const { leaseTtlMs } = address;
  if (address.kind === 'dynamodb')
    return openDynamoLedger({ ...address.table, clock, leaseTtlMs, isHolderGone: async () => areHoldersGone() });
  return openLedger({
    STINT_LEDGER: 'postgres',
    DATABASE_URL: address.url,
    STINT_LEASE_TTL_MS: String(leaseTtlMs),
  });
}
