/**
 * One world of a sweep: the stores of a site, as the case says they are, with fakes, a ledger in one of the stores, and a time of its own.
 *
 * Guarantees: worlds share nothing but the servers. Attempts are told of when they begin, so that `quieten` ends what is left of them:
 * then nothing of this world acts any more, and the site can be put back for another.
 * Time in it is virtual. The one clock that is not is PostgreSQL's own, by which its ledger's leases expire: `passLease` moves those.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Clock, type Ledger, MemoryLedger, type RunRecord, type Stores } from '@stint/sdk';
import type pg from 'pg';
import { type CaseStores, joinCaseStores } from '../case-stores.ts';
import { type Case, startCaseFakes } from '../fixture/index.ts';
import { HarnessTime } from '../time/harness-time.ts';
import { endSessions } from './end-sessions.ts';
import type { Gate } from './gate.ts';
import { type LedgerAddress, openLedgerAt } from './ledger-address.ts';
import { leaseMs, type Site } from './site.ts';
import { WorldFakeClock } from './world-fake-clock.ts';

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
  /** Ends what waits in a transaction, as PostgreSQL's `idle_in_transaction_session_timeout` does. */
  endIdleTransactions(): Promise<void>;
  /** Cuts connections to PostgreSQL: all but the world's own, as the end of a process does, or those of the job's queries or of the ledger. */
  cutConnections(whose?: keyof typeof sessionsOf): Promise<void>;
  /** Takes note of an attempt in it. */
  noteAttempt(attempt: WorldAttempt): void;
  /** Ends what is left of all attempts; false: something may act yet. */
  quieten(): Promise<boolean>;
}

/** An attempt, as far as its world has to know it. */
export interface WorldAttempt {
  readonly gate: Pick<Gate, 'idle'>;
  /** Resolves when it has ended. */
  readonly over: Promise<unknown>;
  bury(): void;
}

/** How long is waited for what is left of a world to come to its end, in ms of real time. */
const patienceMs = 2_000;
const ledgerName = 'stint ledger';
const mostConnections = 2;
const sessionsOf = {
  all: 'true',
  ledger: `application_name = '${ledgerName}'`,
  job: `application_name <> '${ledgerName}'`,
} as const;

export async function openWorld(site: Site, testCase: Case): Promise<World> {
  await using opened = new AsyncDisposableStack();
  const time = new HarnessTime(testCase.now);
  const fakeClock = new WorldFakeClock(time);
  const { fork, postgres, ledgerAddress } = site;
  const fakes = opened.use(await startCaseFakes(testCase, { clock: fakeClock }));
  const memory = new MemoryLedger({ clock: time.clock, leaseTtlMs: leaseMs });
  opened.use(memory);
  const attempts: WorldAttempt[] = [];
  let holdersAreGone = false;
  const areHoldersGone = () => holdersAreGone;
  const openWorldLedger = async (clock: Clock): Promise<Ledger> =>
    ledgerAddress === undefined ? withoutEnd(memory) : openLedgerAt(ledgerAddress, { clock, areHoldersGone });
  const stores = joinCaseStores(testCase, fork, fakes, opened.move());
  return {
    testCase,
    stores,
    jobStores: withFewConnections(stores.stores),
    time,
    fakeClock,
    ledgerAddress,
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
      if (ledgerAddress?.kind !== 'postgres') return;
      await postgres.query(
        `update stint.runs set lease_until = lease_until - make_interval(secs => $1) where status = 'running'`,
        [(2 * leaseMs) / 1_000],
      );
    },
    endIdleTransactions: () => endSessions(postgres, `state like 'idle in transaction%'`),
    cutConnections: (whose = 'all') => endSessions(postgres, sessionsOf[whose]),
    noteAttempt: (attempt) => attempts.push(attempt),
    async quieten() {
      for (const attempt of attempts) attempt.bury();
      // In virtual time, which passes for what waits for it.
      const over = () => Promise.all(attempts.map(async (attempt) => Promise.all([attempt.over, attempt.gate.idle()])));
      const quiet = time.runVirtual(over).then(
        () => true,
        () => false,
      );
      return Promise.race([quiet, delay(patienceMs, false, { ref: false })]);
    },
    [Symbol.asyncDispose]: () => stores[Symbol.asyncDispose](),
  };
}

/** A connection costs the server a process: of a job's many, most would be opened for a statement or two. */
function withFewConnections({ postgres, ...others }: Stores): Stores {
  return { ...others, ...(postgres && { postgres: { ...postgres, maxConnections: mostConnections } }) };
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
