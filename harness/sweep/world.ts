/**
 * One world of a sweep: a fork of the stack with the case's data, its fakes, a ledger in one of its stores, and a time of its own.
 *
 * Guarantees: worlds share nothing but the servers; what a world holds is gone when it is disposed, whatever became of the attempts in it.
 * Time in it is virtual. The one clock that is not is PostgreSQL's own, by which its ledger's leases expire: `passLease` moves those.
 */
import { createDynamoLedgerTable, type Ledger, MemoryLedger, openLedger } from '@stint/sdk';
import pg from 'pg';
import { type CaseStores, openCaseStores } from '../case-stores.ts';
import type { Case } from '../fixture/index.ts';
import type { Fork, Stack } from '../stack/stack.ts';
import { HarnessTime } from '../time/harness-time.ts';
import type { AttemptClock } from './attempt-clock.ts';
import { type LedgerAddress, openLedgerAt } from './ledger-address.ts';
import { WorldFakeClock } from './world-fake-clock.ts';

export const ledgerKinds = ['postgres', 'dynamodb', 'memory'] as const;
export type LedgerKind = (typeof ledgerKinds)[number];

export interface WorldOptions {
  readonly stack: Stack;
  readonly testCase: Case;
  readonly ledger: LedgerKind;
}

export interface World extends AsyncDisposable {
  readonly testCase: Case;
  readonly stores: CaseStores;
  readonly time: HarnessTime;
  /** Time as its fakes have it. */
  readonly fakeClock: WorldFakeClock;
  /** Where another process finds the ledger; undefined: in none. */
  readonly ledgerAddress: LedgerAddress | undefined;
  /** Whether the leases of processes that have died were let expire. */
  areHoldersGone(): boolean;
  /** A connection that no attempt has. */
  readonly postgres: pg.Client;
  /** The ledger, as a process of its own would open it. */
  openLedger(clock: AttemptClock): Promise<Ledger>;
  /**
   * Lets the leases of processes that have died expire: PostgreSQL's clock moves on, and of DynamoDB's it is known, as ECS would tell, that
   * their holders are gone.
   */
  passLease(): Promise<void>;
  /** Cuts every connection to PostgreSQL but the world's own, as the end of a process does. */
  cutConnections(): Promise<void>;
}

/** How long a lease lasts in a sweep, and how long is waited for its end, in ms of virtual time. */
export const leaseMs = 60_000;

const ledgerTable = 'stint-ledger';
const ownName = 'stint sweep';

/** Tables that are not the job's. */
export const isLedgerTable = (table: string): boolean => table === ledgerTable;

export async function openWorld({ stack, testCase, ledger: kind }: WorldOptions): Promise<World> {
  await using opened = new AsyncDisposableStack();
  const time = new HarnessTime(testCase.now);
  const fakeClock = new WorldFakeClock(time);
  const extra = { name: 'ledger', prepare: makeLedgerTables };
  const stores = opened.use(
    await openCaseStores(stack, testCase, { clock: fakeClock, ...(kind === 'postgres' && { extra }) }),
  );
  const { fork } = stores;
  const postgres = new pg.Client({ connectionString: fork.postgresUrl, application_name: ownName });
  postgres.on('error', () => undefined);
  await postgres.connect();
  opened.defer(() => postgres.end());
  const ledger =
    kind === 'memory'
      ? opened.use(new MemoryLedger({ clock: time.clock, leaseTtlMs: leaseMs }))
      : await makeLedger(kind, fork);
  let holdersAreGone = false;
  const areHoldersGone = () => holdersAreGone;
  const all = opened.move();
  return {
    testCase,
    stores,
    time,
    fakeClock,
    ledgerAddress: ledger instanceof MemoryLedger ? undefined : ledger,
    areHoldersGone,
    postgres,
    async openLedger(clock) {
      return ledger instanceof MemoryLedger ? withoutEnd(ledger) : openLedgerAt(ledger, { clock, areHoldersGone });
    },
    async passLease() {
      holdersAreGone = true;
      if (kind !== 'postgres') return;
      await postgres.query(
        `update stint.runs set lease_until = lease_until - make_interval(secs => $1) where status = 'running'`,
        [(2 * leaseMs) / 1_000],
      );
    },
    async cutConnections() {
      await postgres.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name <> $1',
        [ownName],
      );
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

async function makeLedger(kind: LedgerAddress['kind'], fork: Fork): Promise<LedgerAddress> {
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

/** The memory ledger outlives the attempts that use it. */
function withoutEnd(ledger: MemoryLedger): Ledger {
  return new Proxy<Ledger>(ledger, {
    get(target, name) {
      if (name === Symbol.asyncDispose) return async () => undefined;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
