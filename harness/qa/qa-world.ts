/**
 * What a check of QA stands on: a case loaded into stores of its own, its fakes, a ledger in the case's own store, and
 * runs that are real processes and stand in the report.
 */
import { jobs } from '@stint/jobs/registry';
import { createDynamoLedgerTable, type EnvironmentValues, findJob, type Summary } from '@stint/sdk';
import type { Call } from '../fakes/index.ts';
import { type Harness, openHarness } from '../harness.ts';
import { externalEnvironment } from '../testing/external-environment.ts';
import { callsByRoute } from './report/calls-by-route.ts';
import { shownEnvironment } from './report/shown-environment.ts';
import { recordRun } from './run-record.ts';
import { type RunEnd, type RunRequest, type StartedRun, startRun } from './way-in.ts';

export interface QaOptions {
  /** Where runs are recorded. */
  readonly ledger: 'postgres' | 'dynamodb';
  /** How long a lease outlives its holder, in ms. @default the SDK's */
  readonly leaseTtlMs?: number;
}

/** How a run is started beside what the world knows. An environment variable that is undefined is not set. */
export type QaRunOptions = Partial<Omit<RunRequest, 'job' | 'isToBeKilled'>>;

export interface EndedRun extends RunEnd {
  /** @throws Error with the run's last words, when it ended without a summary */
  readonly summary: Summary;
}

export interface QaWorld extends AsyncDisposable, Pick<Harness, 'sql' | 'items' | 'fakes'> {
  readonly stores: Harness['stores'];
  /** Starts a run, and waits for its end. `did` tells what is done in plain words. */
  run(did: string, options?: QaRunOptions): Promise<EndedRun>;
  /** Starts a run; dispose it to kill it if it still goes on. */
  start(did: string, options?: QaRunOptions): Omit<StartedRun, 'ended'> & { readonly ended: Promise<EndedRun> };
}

/** Opens a case of `fixtures/`, named `<job>/<case>`. */
export async function openQaWorld(name: string, { ledger, leaseTtlMs }: QaOptions): Promise<QaWorld> {
  await using opened = new AsyncDisposableStack();
  const harness = opened.use(await openHarness(name));
  const { stores, fakes } = harness;
  const [job = ''] = name.split('/');
  const definition = findJob(jobs, job);
  const environment: EnvironmentValues = {
    ...externalEnvironment(stores),
    STINT_LEDGER: ledger === 'dynamodb' ? `dynamodb:${await makeLedgerTable(harness)}` : ledger,
    ...(leaseTtlMs !== undefined && { STINT_LEASE_TTL_MS: `${leaseTtlMs}` }),
  };
  const callCounts = () => Object.entries(fakes).map(([api, { calls }]) => [api, calls.all.length] as const);
  const callsSince = (before: readonly (readonly [string, number])[]) =>
    before.flatMap(([api, count]) => {
      const calls: readonly Call[] = fakes[api]?.calls.all ?? [];
      return callsByRoute(api, calls.slice(count));
    });

  function start(did: string, options: Partial<Omit<RunRequest, 'job'>> = {}) {
    const startedMs = performance.now();
    const before = callCounts();
    const run = startRun({ ...options, job, environment: { ...environment, ...options.environment } });
    const record = recordRun({
      did,
      scope: options.scope ?? {},
      command: run.command,
      environment: shownEnvironment(definition, run.environment),
    });
    const ended = run.ended.then((end): EndedRun => {
      record.end = { ...end, durationMs: performance.now() - startedMs };
      record.calls = callsSince(before);
      return withSummary(end);
    });
    return { ...run, ended };
  }

  const all = opened.move();
  return {
    sql: harness.sql,
    items: harness.items,
    fakes,
    stores,
    start: (did, options) => start(did, { ...options, isToBeKilled: true }),
    async run(did, options) {
      await using run = start(did, options);
      return await run.ended;
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

async function makeLedgerTable({ stores: { fork } }: Harness): Promise<string> {
  const { endpoint, region, accessKeyId, secretAccessKey } = fork.dynamodb;
  const table = `${fork.tablePrefix}ledger`;
  await createDynamoLedgerTable({ table, endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  return table;
}

function withSummary(end: RunEnd): EndedRun {
  const { summary, exitCode, signal, said } = end;
  return {
    exitCode,
    signal,
    said,
    get summary() {
      if (summary !== undefined) return summary;
      throw new Error(`expected the run to end with a summary, got ${signal ?? `exit code ${exitCode}`}: ${said}`);
    },
  };
}
