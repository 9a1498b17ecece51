/**
 * A place for worlds, one after another: a fork of the stack with the case's data and the ledger's tables, which is put back as it was
 * instead of being made anew.
 */
import { createDynamoLedgerTable, openLedger } from '@stint/sdk';
import pg from 'pg';
import { forkCase } from '../case-stores.ts';
import type { Case } from '../fixture/index.ts';
import type { Fork, Stack } from '../stack/stack.ts';
import { DynamodbSnapshot } from './dynamodb-snapshot.ts';
import type { LedgerAddress } from './ledger-address.ts';
import { PostgresSnapshot } from './postgres-snapshot.ts';

export const ledgerKinds = ['postgres', 'dynamodb', 'memory'] as const;
export type LedgerKind = (typeof ledgerKinds)[number];

export interface SiteOptions {
  readonly stack: Stack;
  readonly testCase: Case;
  readonly ledger: LedgerKind;
}

/** How long a lease lasts in a sweep, and how long is waited for its end, in ms of virtual time. */
export const leaseMs = 15_000;

const ledgerTable = 'stint-ledger';

/** Tables that are not the job's. */
export const isLedgerTable = (table: string): boolean => table === ledgerTable;

export class Site implements AsyncDisposable {
  readonly fork: Fork;
  /** A connection that no attempt has. */
  readonly postgres: pg.Client;
  /** Where the ledger is; undefined: in memory. */
  readonly ledgerAddress: LedgerAddress | undefined;
  readonly #snapshots: readonly [PostgresSnapshot, DynamodbSnapshot];
  readonly #opened: AsyncDisposable;

  private constructor(
    fork: Fork,
    postgres: pg.Client,
    ledgerAddress: LedgerAddress | undefined,
    snapshots: readonly [PostgresSnapshot, DynamodbSnapshot],
    opened: AsyncDisposable,
  ) {
    this.fork = fork;
    this.postgres = postgres;
    this.ledgerAddress = ledgerAddress;
    this.#snapshots = snapshots;
    this.#opened = opened;
  }

  static async open({ stack, testCase, ledger }: SiteOptions): Promise<Site> {
    await using opened = new AsyncDisposableStack();
    const extra = ledger === 'postgres' ? { name: 'ledger', prepare: makeLedgerTables } : undefined;
    const fork = opened.use(await forkCase(stack, testCase, { extra }));
    const address = await makeLedger(ledger, fork);
    const postgres = new pg.Client({ connectionString: fork.postgresUrl, application_name: 'stint sweep' });
    postgres.on('error', () => undefined);
    await postgres.connect();
    opened.defer(() => postgres.end());
    const snapshots = [await PostgresSnapshot.take(postgres), opened.use(await DynamodbSnapshot.take(fork))] as const;
    return new Site(fork, postgres, address, snapshots, opened.move());
  }

  /** Puts its stores back as they were; false: it cannot, and is of no more use. */
  async restore(): Promise<boolean> {
    return (await Promise.all(this.#snapshots.map((snapshot) => snapshot.restore()))).every((isRestored) => isRestored);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened[Symbol.asyncDispose]();
  }
}

async function makeLedger(kind: LedgerKind, fork: Fork): Promise<LedgerAddress | undefined> {
  if (kind === 'memory') return undefined;
  if (kind === 'postgres') return { kind, url: fork.postgresUrl, leaseTtlMs: leaseMs };
  const { endpoint, region, accessKeyId, secretAccessKey } = fork.dynamodb;
  const credentials = { accessKeyId, secretAccessKey };
  const table = { table: `${fork.tablePrefix}${ledgerTable}`, endpoint, region, credentials };
  await createDynamoLedgerTable(table);
  return { kind, table, leaseTtlMs: leaseMs };
}

async function makeLedgerTables(postgresUrl: string): Promise<void> {
  await using ledger = await openLedger({ STINT_LEDGER: 'postgres', DATABASE_URL: postgresUrl });
  // The first call makes them.
  await ledger.runs({ limit: 1 });
}
