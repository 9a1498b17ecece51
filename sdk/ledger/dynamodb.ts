/**
 * The ledger in DynamoDB: one table, single-item conditional writes, consistent reads, no index.
 *
 * Guarantees and limits are those of `item-ledger.ts`. DynamoDB has no clock, so a lease's end is found out by watching it
 * (`Sighting`): after a crash the next start waits for the ttl, unless `isHolderGone` knows better.
 */
import { CreateTableCommand, UpdateTimeToLiveCommand, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { type Clock, systemClock } from '../clock.ts';
import { toDynamoError } from '../ports/dynamodb-errors.ts';
import { DynamoStore, type DynamoStoreConfig, hostOf, openLedgerClient } from './dynamodb-store.ts';
import { ledgerTableDefinition } from './dynamodb-table.ts';
import { ItemLedger, type ItemLedgerOptions } from './item-ledger.ts';

export interface DynamoLedgerConfig extends DynamoStoreConfig, Omit<ItemLedgerOptions, 'clock'> {
  /** @default the machine's own */
  readonly clock?: Clock;
}

const mostSecondsToExist = 60;

export class DynamoLedger extends ItemLedger {
  /** Connects with its first call. @throws StintError for a config that cannot be right */
  constructor({ clock = systemClock, ...config }: DynamoLedgerConfig) {
    super(new DynamoStore(config, clock), { ...config, clock });
  }
}

/** Makes the ledger's table; for tests and local stores. Does nothing when there is one. */
export async function createLedgerTable(config: DynamoStoreConfig): Promise<void> {
  const client = openLedgerClient(config);
  const { table, timeToLive } = ledgerTableDefinition(config.table);
  try {
    await client.send(new CreateTableCommand(table));
    await waitUntilTableExists({ client, maxWaitTime: mostSecondsToExist, minDelay: 1 }, { TableName: config.table });
    await client.send(new UpdateTimeToLiveCommand(timeToLive));
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    // Dynalite does not know of time to live.
    if (name === 'ResourceInUseException' || name === 'UnknownOperationException') return;
    throw toDynamoError(error, { where: hostOf(config), table: config.table, operation: 'CreateTable' });
  } finally {
    client.destroy();
  }
}
