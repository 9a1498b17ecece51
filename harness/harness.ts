/**
 * The harness: runs a job on a case, with real stores and fakes on real sockets, and shows what came of it.
 *
 *   await using harness = await openHarness('poll-payment-status/mixed');
 *   const { summary, calls } = await harness.run(job);
 *
 * Guarantees: each harness has a database, tables, fakes and a ledger of its own, gone when it is disposed; runs of one
 * harness share them, so that a second run sees what the first one wrote. A request that no fake answers fails the run's
 * promise, with the request shown.
 *
 *   await harness.run(job, { clock: 'virtual' });                                  an hour at its rate limit takes seconds
 *   await harness.run(job, { interrupt: { afterItems: 3 } }); await harness.resume();
 */
import { resolve } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { type Job, MemoryLedger, StintError, type Summary } from '@stint/sdk';
import pg from 'pg';
import { type CaseStores, openCaseStores } from './case-stores.ts';
import type { Database, Row } from './expect/rows.ts';
import type { CallLog } from './fakes/call-log.ts';
import type { RunningFake } from './fakes/index.ts';
import { loadCase } from './fixture/index.ts';
import { repositoryRoot } from './repository.ts';
import { type HarnessRunOptions, runCase } from './run-harness-job.ts';
import type { Stack } from './stack/stack.ts';
import { pointKinds } from './sweep/point.ts';
import type { SweepReport } from './sweep/report.ts';
import { type SweepOptions, sweep } from './sweep/sweep.ts';
import { testStack } from './testing/test-stack.ts';
import { HarnessTime } from './time/harness-time.ts';

export interface HarnessOptions {
  /** @default the stack of the running suite */
  readonly stack?: Stack;
}

export interface HarnessRun {
  readonly summary: Summary;
  /** What the fakes were asked in this run and those before, by the variable that holds the fake's URL. */
  readonly calls: Readonly<Record<string, CallLog>>;
}

/** Kinds are all, when none are named. */
export type HarnessSweepOptions = Omit<SweepOptions, 'stack' | 'testCase' | 'job'>;

/** Runs jobs on the case's data, with stores, fakes and ledger of its own. */
export interface Harness extends AsyncDisposable {
  /** What is not the harness's own goes to `runJob`. @default options: the case's scope, a `test` trigger */
  run(job: Job, options?: HarnessRunOptions): Promise<HarnessRun>;
  /**
   * Goes on with the last run, which was interrupted: same job, scope and options, but for its interrupt and its signal.
   * `options` are put over those.
   * @throws StintError `STINT_NOTHING_TO_RESUME`
   */
  resume(options?: HarnessRunOptions): Promise<HarnessRun>;
  /**
   * Runs the case again for each point at which something can go wrong, in worlds of their own: what this harness's runs did is not
   * there. `expect(report).to.prove()`. @throws SweepError, TimeError when the case does not end as it is
   */
  sweep(job: Job, options?: HarnessSweepOptions): Promise<SweepReport>;
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
  const time = new HarnessTime(testCase.now);
  const stores = opened.use(await openCaseStores(stack, testCase, { clock: time.fakeClock }));
  const ledger = opened.use(new MemoryLedger({ clock: time.clock }));
  const { fork, fakes } = stores;
  const client = new pg.Client({ connectionString: fork.postgresUrl });
  await client.connect();
  opened.defer(() => client.end());
  const { endpoint, region, accessKeyId, secretAccessKey } = fork.dynamodb;
  const dynamodb = new DynamoDBClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  opened.defer(() => dynamodb.destroy());
  const all = opened.move();
  let last: LastRun | undefined;

  async function run(job: Job, options: HarnessRunOptions = {}): Promise<HarnessRun> {
    const summary = await runCase({
      job,
      options,
      name: `${testCase.job}/${testCase.name}`,
      time,
      defaults: { scope: testCase.scope, trigger: { kind: 'test' }, ledger },
      fixed: { environment: { ...stores.environment, ...options.environment }, stores: stores.stores },
    });
    last = { job, options, summary };
    fakes.assertNoUnhandled();
    return {
      summary,
      calls: Object.fromEntries(Object.entries(fakes.running).map(([variable, { calls }]) => [variable, calls])),
    };
  }

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
      async rows(table) {
        const { rows } = await client.query<Row>({ text: `select * from ${client.escapeIdentifier(table)}`, types });
        return rows;
      },
      items,
    },
    fakes: fakes.running,
    stores,
    run,
    sweep: (job, options = {}) => sweep({ kinds: pointKinds, ...options, job, stack, testCase }),
    resume: async (options) => run(...toResume(last, options)),
    async sql<TRow extends object>(text: string, values: readonly unknown[] = []) {
      const { rows } = await client.query<TRow>(text, [...values]);
      return rows;
    },
    items,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

// A date is no moment: as one it would depend on this machine's zone.
const types: pg.CustomTypesConfig = {
  getTypeParser: (id, format) =>
    id === pg.types.builtins.DATE ? (text: string) => text : pg.types.getTypeParser(id, format as 'text'),
};

interface LastRun {
  readonly job: Job;
  readonly options: HarnessRunOptions;
  readonly summary: Summary;
}

/** What to run to go on with the last run. */
function toResume(last: LastRun | undefined, options: HarnessRunOptions = {}): [Job, HarnessRunOptions] {
  if (last?.summary.status !== 'interrupted') {
    const got = last === undefined ? 'there was no run' : `it was ${last.summary.status}`;
    throw new StintError(
      'STINT_NOTHING_TO_RESUME',
      `expected the last run of the harness to be interrupted, but ${got}; interrupt it with { interrupt: { afterItems } }`,
    );
  }
  const { interrupt: _interrupt, signal: _signal, ...same } = last.options;
  const { runId, scope } = last.summary;
  return [last.job, { ...same, ...options, scope, resumeRun: runId }];
}
