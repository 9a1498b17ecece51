/**
 * Real processes that charge invoices (`charge-invoices.ts`) on real stores: the invoices and bookings in a database of
 * the test's own, the provider as a fake with a gate, the ledger in PostgreSQL or DynamoDB.
 */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import {
  createDynamoLedgerTable,
  type EnvironmentValues,
  type Ledger,
  type Limits,
  openDynamoLedger,
  openLedger,
  type RunOptions,
  type Summary,
} from '@stint/sdk';
import { expect } from 'chai';
import pg from 'pg';
import { charges, type RunningFake, startFake } from '../../fakes/index.ts';
import type { Fork } from '../../stack/stack.ts';
import { connect } from '../../stack/testing/connect.ts';
import { type Program, startProgram } from '../../testing/program.ts';
import { testStack } from '../../testing/test-stack.ts';
import { Gate } from './gate.ts';

export type LedgerKind = 'postgres' | 'dynamodb';
export const ledgerKinds: readonly LedgerKind[] = ['postgres', 'dynamodb'];

export interface InvoiceWorldOptions {
  readonly ledger: LedgerKind;
  /** @default 60 */
  readonly invoices?: number;
  /** @default 3_000 */
  readonly leaseTtlMs?: number;
  /** Of each answer of the provider. @default 0 */
  readonly latencyMs?: number;
  /** Where the database is. @default a fork of the suite's stack */
  readonly postgresUrl?: string;
}

export interface StartOptions {
  /** @default { concurrency: 8 } */
  readonly limits?: Limits;
  readonly env?: EnvironmentValues;
  readonly options?: Pick<RunOptions, 'overlap' | 'fresh' | 'dryRun' | 'limit' | 'redrive' | 'resumeRun'>;
  /** A start that is refused is made again until it is not. @default false */
  readonly persistent?: boolean;
}

const lockMs = 20_000;
const doneEarlier = 'done by an earlier attempt';

type ChargesState = { latencyMs: number; charged: Record<string, { invoice: string; amount: number }> };

export interface InvoiceWorld extends AsyncDisposable {
  readonly fork: Fork;
  /** Of a process that works on all of it directly. */
  readonly environment: EnvironmentValues;
  readonly provider: RunningFake<ChargesState>;
  readonly gate: Gate;
  /** A look at the ledger, from outside. */
  readonly ledger: Ledger;
  start(options?: StartOptions): Program;
  sql<TRow = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<TRow[]>;
  /** Keeps all others from writing to a table, until it is disposed. */
  lock(table: string): Promise<AsyncDisposable>;
  /** Waits until so many sessions of the database wait for a lock. */
  untilWaiting(sessions: number): Promise<void>;
  /** How often each invoice was booked. */
  bookings(): Promise<Readonly<Record<string, number>>>;
  /** All that is written anywhere, with what tells a row that was written over with the same. */
  everything(): Promise<unknown>;
}

export async function openInvoiceWorld(options: InvoiceWorldOptions): Promise<InvoiceWorld> {
  const { invoices = 60, leaseTtlMs = 3_000, latencyMs = 0, ledger: kind } = options;
  await using opened = new AsyncDisposableStack();
  const fork = opened.use(await testStack().fork({ name: 'faults' }));
  const { postgresUrl = fork.postgresUrl } = options;
  const { endpoint, region, accessKeyId, secretAccessKey } = fork.dynamodb;
  const table = `${fork.tablePrefix}ledger`;
  const credentials = { accessKeyId, secretAccessKey };
  if (kind === 'dynamodb') await createDynamoLedgerTable({ table, region, endpoint, credentials });

  const pool = opened.adopt(new pg.Pool({ connectionString: postgresUrl, max: 2 }), (own) => own.end());
  pool.on('error', () => {});
  const sql = async <TRow>(text: string, values: readonly unknown[] = []) =>
    (await pool.query(text, [...values])).rows as TRow[];
  await sql(`create table invoices as
    select to_char(n, 'FM0000') as id, n * 100 as amount, 'tenant-' || n % 2 as tenant from generate_series(1, ${invoices}) as n`);
  await sql(`alter table invoices add primary key (id)`);
  await sql(`create table bookings (invoice_id text not null, amount int not null)`);

  const gate = new Gate();
  const provider = opened.use(await startFake(charges, { state: { latencyMs }, middleware: [gate.middleware] }));
  opened.defer(() => gate.open());
  const environment: EnvironmentValues = {
    CHARGES_API_URL: provider.url,
    DATABASE_URL: postgresUrl,
    STINT_LEDGER: kind === 'postgres' ? 'postgres' : `dynamodb:${table}`,
    STINT_LEASE_TTL_MS: String(leaseTtlMs),
    ...(kind === 'dynamodb' && {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    }),
  };
  const ledger = opened.use(await openLook(environment, fork));

  async function scan(): Promise<unknown> {
    const client = new DynamoDBClient({ endpoint, region, credentials });
    const { Items } = await DynamoDBDocumentClient.from(client).send(new ScanCommand({ TableName: table }));
    client.destroy();
    return Items;
  }

  const all = opened.move();
  return {
    fork,
    environment,
    provider,
    gate,
    ledger,
    sql,
    start({ limits = { concurrency: 8 }, env = {}, options = {}, persistent = false } = {}) {
      const started = startProgram('harness/testing/run-job.ts', ['charge-invoices', JSON.stringify(limits)], {
        env: {
          ...environment,
          ...(persistent ? {} : { STINT_TEST_GIVE_UP: '1' }),
          STINT_TEST_OPTIONS: JSON.stringify(options),
          ...env,
        },
      });
      all.use(started);
      return started;
    },
    async lock(name) {
      const session = await connect(postgresUrl);
      await session.query(`begin; lock table ${name} in share mode`);
      let ended: Promise<void> | undefined;
      return { [Symbol.asyncDispose]: () => (ended ??= session.end()) };
    },
    async untilWaiting(sessions) {
      const find = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      for (const endMs = performance.now() + lockMs; (await sql(find)).length !== sessions; ) {
        if (performance.now() > endMs) throw new Error(`waited in vain for ${sessions} sessions that wait for a lock`);
      }
    },
    async bookings() {
      const rows = await sql<{ id: string; times: number }>(
        'select invoice_id as id, count(*)::int as times from bookings group by 1 order by 1',
      );
      return Object.fromEntries(rows.map(({ id, times }) => [id, times]));
    },
    async everything() {
      const tables = ['bookings', ...(kind === 'postgres' ? ['stint.runs', 'stint.failures', 'stint.jobs'] : [])];
      const rows = [];
      for (const name of tables) rows.push(await sql(`select xmin::text, t.* from ${name} t order by 2, 3`));
      return { calls: provider.calls.count(), rows, items: kind === 'dynamodb' ? await scan() : undefined };
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Takes the keys from the fork: this process's environment has none. */
async function openLook(environment: EnvironmentValues, { dynamodb }: Fork): Promise<Ledger> {
  const [kind, table = ''] = (environment.STINT_LEDGER ?? '').split(':');
  if (kind === 'postgres') return openLedger(environment);
  const { endpoint, region, accessKeyId, secretAccessKey } = dynamodb;
  return openDynamoLedger({ table, region, endpoint, credentials: { accessKeyId, secretAccessKey } });
}

/** The summary that a program ended with. @throws Error when it wrote none */
export async function summaryOf(program: Program): Promise<Summary> {
  const { stdout, stderr, code, signal } = await program.ended;
  for (const line of stdout.trimEnd().split('\n').toReversed()) {
    const { summary } = line.startsWith('{') ? JSON.parse(line) : {};
    if (summary !== undefined) return summary;
  }
  throw new Error(`expected a summary, got the end (${signal ?? code}) of\n${stdout}\n${stderr}`);
}

/**
 * Each invoice succeeded, in this attempt or an earlier one. What was booked beyond the last checkpoint, for the provider
 * got to it before one that stood in front of it, is read again and passed by.
 */
export function expectAllDone({ items, skipped }: Summary, invoices: number): void {
  const { [doneEarlier]: again = 0, ...others } = skipped;
  expect(others).to.deep.equal({});
  expect(items.succeeded + again).to.equal(invoices);
  expect(items).to.include({ read: invoices, failed: 0, quarantined: 0, remaining: 0 });
}

/** Each of `invoices` invoices booked once. */
export function bookedOnce(invoices: number): Readonly<Record<string, number>> {
  return Object.fromEntries(Array.from({ length: invoices }, (_, n) => [String(n + 1).padStart(4, '0'), 1]));
}
