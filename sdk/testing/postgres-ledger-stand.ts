/** For tests only: ledgers on a private PostgreSQL database, a way into it past them, and a wire that can be cut. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import pg from 'pg';
import { testStack } from '../../harness/testing/test-stack.ts';
import type { ClaimRequest, End, FailedItem, Granted, Save } from '../ledger/ledger.ts';
import { PostgresLedger, type PostgresLedgerOptions } from '../ledger/postgres.ts';

export interface PostgresStand extends AsyncDisposable {
  readonly url: string;
  /** A ledger of this database, closed with the stand. */
  open(options?: Partial<PostgresLedgerOptions>): PostgresLedger;
  /** Runs SQL on a connection of its own. */
  sql<TRow = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<TRow[]>;
  /** A session of its own, for locks that are held. */
  connect(): Promise<pg.Client>;
  /** Lets so much time pass for all that is in the ledgers' schema `stint`. */
  pass(ms: number): Promise<void>;
}

export async function openPostgresStand(): Promise<PostgresStand> {
  const stack = new AsyncDisposableStack();
  const fork = stack.use(await testStack().fork({ name: 'ledger' }));
  const session = async () => {
    const client = new pg.Client(fork.postgresUrl);
    client.on('error', () => {});
    stack.defer(() => client.end());
    await client.connect();
    return client;
  };
  const own = await session();
  return {
    url: fork.postgresUrl,
    open: (options = {}) =>
      stack.use(new PostgresLedger({ access: { connectionString: fork.postgresUrl }, ...options })),
    sql: async (text, values = []) => (await own.query(text, [...values])).rows,
    connect: session,
    async pass(ms) {
      const back = ['lease_until', 'started_at', 'updated_at', 'finished_at'].map(
        (column) => `${column} = ${column} - $1::float8 * interval '1 millisecond'`,
      );
      await own.query(`update stint.runs set ${back.join(', ')}`, [ms]);
      await own.query(`update stint.audit set kept_at = kept_at - $1::float8 * interval '1 millisecond'`, [ms]);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** A way to the server that can be stopped: what is sent then gets no answer, and nobody hears of it. */
export async function openWire(url: string) {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  const server = createServer((incoming) => {
    const outgoing = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      sockets.add(from);
      from.on('error', () => {}).on('data', (data) => void (stopped || to.write(data)));
      from.on('end', () => void (stopped || to.end()));
    }
  });
  let stopped = false;
  server.listen({ port: 0, host: '127.0.0.1', allowHalfOpen: true });
  await once(server, 'listening');
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = `${(server.address() as AddressInfo).port}`;
  return {
    url: through.href,
    stop: () => {
      stopped = true;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

let claims = 0;

export function claimOf(overrides: Partial<ClaimRequest> = {}): ClaimRequest {
  claims += 1;
  return {
    job: 'test-job',
    scope: {},
    trigger: { kind: 'test' },
    runId: `run-${claims}`,
    exclusive: 'job',
    resume: 'last',
    dryRun: false,
    redriveOf: undefined,
    definition: 'definition',
    holder: 'here',
    ...overrides,
  };
}

/** Claims, and expects to get it. */
export async function granted(ledger: PostgresLedger, overrides?: Partial<ClaimRequest>): Promise<Granted> {
  const claim = await ledger.claim(claimOf(overrides));
  if (!claim.granted) throw new Error(`expected the claim to be granted, got ${claim.reason}`);
  return claim;
}

export function saveOf(seq: number, failures: readonly FailedItem[] = []): Save {
  const checkpoint = {
    seq,
    loops: {},
    tally: {
      succeeded: seq,
      skipped: 0,
      failed: failures.length,
      quarantined: 0,
      retried: 0,
      refreshed: 0,
      skippedBy: {},
      counts: {},
      wouldWrite: {},
      failuresBy: {},
      failures: [],
    },
    beyond: 0,
    replayed: { known: 0, atMost: 0 },
    mark: null,
    suspicious: false,
  };
  return { checkpoint, failures };
}

export function endOf(seq: number, status: 'succeeded' | 'interrupted', failures: readonly FailedItem[] = []): End {
  // Stored as it is: only its status means something to a ledger.
  const summary = { status, job: 'test-job' } as End['summary'];
  return { ...saveOf(seq, failures), summary, resumable: status === 'interrupted' };
}

export function failureOf(key: string, error: Partial<FailedItem['error']> = {}): FailedItem {
  return {
    loop: 'items',
    key,
    cursor: [key],
    outcome: 'failed',
    error: { name: 'Error', code: 'E', message: 'no', ...error },
    attempts: 1,
    failedAt: '2026-01-01T00:00:00.000Z',
    exchanges: [],
  };
}
