/**
 * One world of a sweep: a fork of the stack with the case's data, its fakes, a ledger in one of its stores, and a time of its own.
 *
 * Guarantees: worlds share nothing but the servers; what a world holds is gone when it is disposed, whatever became of the attempts in it.
 * Time in it is virtual. The one clock that is not is PostgreSQL's own, by which its ledger's leases expire: `passLease` moves those.
 */
import {
  type Clock,
  createDynamoLedgerTable,
  type Ledger,
  MemoryLedger,
  openLedger,
  type RunRecord,
  type Stores,
} from '@stint/sdk';
import pg from 'pg';
import { type CaseStores, openCaseStores } from '../case-stores.ts';
import type { Case } from '../fixture/index.ts';
import type { Fork, Stack } from '../stack/stack.ts';
import { HarnessTime } from '../time/harness-time.ts';
import { type LedgerAddress, openLedgerAt } from './ledger-address.ts';
import { WorldFakeClock } from './world-fake-clock.ts';

export const ledgerKinds = ['postgres', 'dynamodb', 'memory'] as const;
export type LedgerKind = (typeof ledgerKinds)[number];

export interface WorldOptions {
  readonly stack: Stack;
  readonly testCase: Case;
  readonly ledger: LedgerKind;
}

export interface PassLeaseOptions {
  /** With DynamoDB: who comes next need not watch the lease. @default true */
  readonly holdersAreGone?: boolean;
}

export interface World extends AsyncDisposable {
  readonly testCase: Case;
  readonly stores: CaseStores;
  /** The stores as attempts are given them. */
  readonly jobStores: Stores;
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
  openLedger(clock: Clock): Promise<Ledger>;
  /**
   * Lets the leases of processes that have died expire: PostgreSQL's clock moves on, and of DynamoDB's it is known, as ECS would tell, that
   * their holders are gone.
   */
  passLease(how?: PassLeaseOptions): Promise<void>;
  /** What the ledger has of a run. */
  record(runId: string): Promise<RunRecord | undefined>;
  readonly ledger: LedgerKind;
  /** Ends what waits in a transaction, as PostgreSQL's `idle_in_transaction_session_timeout` does. */
  endIdleTransactions(): Promise<void>;
  /** Cuts connections to PostgreSQL: all but the world's own, as the end of a process does, or those of the job's queries or of the ledger. */
  cutConnections(whose?: keyof typeof sessionsOf): Promise<void>;
}

/** How long a lease lasts in a sweep, and how long is waited for its end, in ms of virtual time. */
export const leaseMs = 15_000;

const ledgerTable = 'stint-ledger';
const ownName = 'stint sweep';
const ledgerName = 'stint ledger';
const mostConnections = 2;
const sessionsOf = {
  all: 'true',
  ledger: `application_name = '${ledgerName}'`,
  job: `application_name <> '${ledgerName}'`,
} as const;

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
  const openWorldLedger = async (clock: Clock): Promise<Ledger> =>
    ledger instanceof MemoryLedger ? withoutEnd(ledger) : openLedgerAt(ledger, { clock, areHoldersGone });
  const all = opened.move();
  return {
    testCase,
    ledger: kind,
    stores,
    jobStores: withFewConnections(stores.stores),
    time,
    fakeClock,
    ledgerAddress: ledger instanceof MemoryLedger ? undefined : ledger,
    areHoldersGone,
    postgres,
    openLedger: openWorldLedger,
    async record(runId) {
      // In the world's time: by the machine's its runs may be too old to be kept.
      return time.runVirtual(async () => {
        await using opened = await openWorldLedger(time.clock);
        return await opened.run(runId);
      });
    },
    async passLease({ holdersAreGone: areGone = true } = {}) {
      holdersAreGone = areGone;
      if (kind !== 'postgres') return;
      await postgres.query(
        `update stint.runs set lease_until = lease_until - make_interval(secs => $1) where status = 'running'`,
        [(2 * leaseMs) / 1_000],
      );
    },
    endIdleTransactions: () => endSessions(postgres, `state like 'idle in transaction%'`),
    cutConnections: (whose = 'all') => endSessions(postgres, sessionsOf[whose]),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** A connection costs the server a process: of a job's many, most would be opened for a statement or two. */
function withFewConnections({ postgres, ...others }: Stores): Stores {
  return { ...others, ...(postgres && { postgres: { ...postgres, maxConnections: mostConnections } }) };
}

/** Ends sessions of the world's database but its own, and waits until they are gone. */
async function endSessions(postgres: pg.Client, which: string): Promise<void> {
  const meant = `datname = current_database() and pid <> pg_backend_pid() and ${which}`;
  const { rows } = await postgres.query<{ pid: number }>(
    `select pid, pg_terminate_backend(pid) from pg_stat_activity where ${meant}`,
  );
  const pids = rows.map(({ pid }) => pid);
  // Asked again and again: the server's own wait looks once in 100 ms.
  const left = 'select from pg_stat_activity where pid = any ($1)';
  while (pids.length > 0 && (await postgres.query(left, [pids])).rowCount !== 0);
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
