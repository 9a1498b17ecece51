/**
 * The harness: runs a job on a case, with real stores and fakes on real sockets, and shows what came of it.
 *
 *   await using harness = await openHarness('poll-payment-status/mixed');
 *   const { summary, calls } = await harness.run(job);
 *
 * Guarantees: each harness has a database, tables, fakes and a ledger of its own, gone when it is disposed; runs of one
 * harness share them, so that a second run sees what the first one wrote. A request that no fake answers fails the run's
 * promise, with the request shown.
 */
import { resolve } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { type Job, MemoryLedger, type RunOptions, runJob, type Summary } from '@stint/sdk';
import pg from 'pg';
import { type CaseStores, openCaseStores } from './case-stores.ts';
import type { Database, Row } from './expect/rows.ts';
import type { CallLog } from './fakes/call-log.ts';
import type { RunningFake } from './fakes/index.ts';
import { loadCase } from './fixture/index.ts';
import { repositoryRoot } from './repository.ts';
import type { Stack } from './stack/stack.ts';
import { testStack } from './testing/test-stack.ts';

export interface HarnessOptions {
  /** @default the stack of the running suite */
  readonly stack?: Stack;
}

export interface HarnessRun {
  readonly summary: Summary;
  /** What the fakes were asked in this run and those before, by the variable that holds the fake's URL. */
  readonly calls: Readonly<Record<string, CallLog>>;
}

/** Runs a job on the case's data; options besides stores and fakes go to `runJob`. */
export interface Harness extends AsyncDisposable {
  /** @default options: the case's scope, a `test` trigger */
  run(job: Job, options?: RunOptions): Promise<HarnessRun>;
  /** By the variable that holds the fake's URL: state to change, calls to look at. */
  readonly fakes: Readonly<Record<string, RunningFake<object>>>;
  /** Runs SQL on the case's database. */
  sql<TRow extends object>(text: string, values?: readonly unknown[]): Promise<readonly TRow[]>;
  /** All items of a DynamoDB table, in no order. */
  items<TItem extends object>(table: string): Promise<readonly TItem[]>;
  /** The tables, for `expect(harness.db).table(…)`. */
  readonly db: Database;
  readonly stores: CaseStores;
}

/** Opens a case of `fixtures/`, named `<job>/<case>`, or one anywhere by its absolute path. */
export async function openHarness(name: string, { stack = testStack() }: HarnessOptions = {}): Promise<Harness> {
  await using opened = new AsyncDisposableStack();
  const testCase = await loadCase(resolve(repositoryRoot, 'fixtures', name));
  const stores = opened.use(await openCaseStores(stack, testCase));
  const ledger = opened.use(new MemoryLedger());
  const { fork, fakes } = stores;
  const client = new pg.Client({ connectionString: fork.postgresUrl });
  await client.connect();
  opened.defer(() => client.end());
  const { endpoint, region, accessKeyId, secretAccessKey } = fork.dynamodb;
  const dynamodb = new DynamoDBClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  opened.defer(() => dynamodb.destroy());
  const all = opened.move();

  const items = async <TItem extends object>(table: string): Promise<readonly TItem[]> => {
    const found: TItem[] = [];
    const pages = paginateScan(
      { client: DynamoDBDocumentClient.from(dynamodb) },
      { TableName: `${fork.tablePrefix}${table}`, ConsistentRead: true },
    );
    for await (const { Items = [] } of pages) found.push(...(Items as TItem[]));
    return found;
  };

  return {
    db: {
      rows: async (table) => (await client.query<Row>(`select * from ${client.escapeIdentifier(table)}`)).rows,
      items,
    },
    fakes: fakes.running,
    stores,
    async run(job, options = {}) {
      const summary = await runJob(job, {
        scope: testCase.scope,
        trigger: { kind: 'test' },
        ledger,
        ...options,
        environment: { ...stores.environment, ...options.environment },
        stores: stores.stores,
      });
      fakes.assertNoUnhandled();
      return {
        summary,
        calls: Object.fromEntries(Object.entries(fakes.running).map(([name, { calls }]) => [name, calls])),
      };
    },
    async sql<TRow extends object>(text: string, values: readonly unknown[] = []) {
      const { rows } = await client.query<TRow>(text, [...values]);
      return rows;
    },
    items,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
