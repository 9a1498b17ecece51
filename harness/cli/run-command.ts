/** `stint run <job>`: runs a job on a stack, and tells what came of it. */
import { join, relative } from 'node:path';
import { jobs } from '@stint/jobs/registry';
import {
  findJob,
  type Job,
  launchJob,
  MemoryLedger,
  type Overlap,
  parseScope,
  parseShard,
  resolveShard,
  UsageError,
} from '@stint/sdk';
import { openCaseStores } from '../case-stores.ts';
import type { Case } from '../fixture/index.ts';
import { repositoryRoot } from '../repository.ts';
import type { StackKind } from '../stack/stack.ts';
import { startStack } from '../stack/start-stack.ts';
import { environment } from './environment.ts';
import { findCase } from './find-case.ts';
import { openKeptPlace } from './kept-place.ts';
import { writeRunReport } from './run-report-file.ts';
import { buildScope, type ScopeFlags } from './scope-flags.ts';
import { runOptions, type WatchedRun } from './watched-run.ts';

export interface RunFlags {
  /** JSON, as it was typed. @default the scope of the case, or everything on external stores */
  readonly scope?: string;
  /** `0/4`, as it was typed. @default everything */
  readonly shard?: string;
  /** @default false */
  readonly dryRun?: boolean;
  /** @default all items */
  readonly limit?: number;
  /** @default false */
  readonly fresh?: boolean;
  /** @default that of the job's schedule */
  readonly overlap?: Overlap;
  /** Name of one of the job's cases, or the path of a case. @default `demo`, else `happy`, else the first */
  readonly fixture?: string;
  /** Run on kept stores, and record the run in a kept ledger. @default false */
  readonly keep?: boolean;
  /** @default 'embedded' */
  readonly stack?: StackKind | 'auto';
}

/** @throws StintError for a job, flag, scope or environment that does not fit; StackError, FixtureError */
export async function runCommand(
  name: string,
  flags: RunFlags,
  fields: ScopeFlags['fields'],
  run: WatchedRun,
): Promise<void> {
  const job = findJob(jobs, name);
  const scope = flags.scope === undefined && fields.size === 0 ? undefined : buildScope(job, flags.scope, fields);
  // Before any store is started: what is misspelt should be told at once.
  if (scope !== undefined) parseScope(job, scope);
  const shard = flags.shard === undefined ? undefined : parseShard(flags.shard, '--shard');
  resolveShard(job, shard, undefined);
  const { dryRun = false, fresh = false, limit, overlap, keep = false, stack = 'embedded' } = flags;
  const options: Options = {
    ...runOptions(run),
    dryRun,
    fresh,
    shard,
    ...(limit === undefined ? {} : { limit }),
    ...(overlap === undefined ? {} : { overlap }),
  };

  if (stack === 'external') {
    refuseWithExternal(flags);
    return run.tell(await launchJob(job, { ...options, environment, scope: scope ?? {} }));
  }
  if (keep && stack !== 'embedded')
    throw new UsageError(`expected --keep with the embedded stack, got --stack ${stack}: its data goes with it`);
  const testCase = await findCase(job.name, flags.fixture);
  const scoped = { ...options, scope: scope ?? testCase.scope };
  if (keep) await runOnKept(job, testCase, scoped, run);
  else await runOnFresh(job, testCase, scoped, run, stack);
}

type Options = ReturnType<typeof runOptions> &
  Pick<Parameters<typeof launchJob>[1], 'shard' | 'dryRun' | 'fresh' | 'limit' | 'overlap' | 'scope'>;

async function runOnFresh(
  job: Job,
  testCase: Case,
  options: Options,
  run: WatchedRun,
  kind: StackKind | 'auto',
): Promise<void> {
  const { say } = run.watch;
  say(`starting PostgreSQL and DynamoDB (${kind === 'embedded' ? 'embedded, data in .stint/' : kind})`);
  await using stack = await startStack({
    kind,
    environment,
    directory: join(repositoryRoot, '.stint'),
    onStatus: say,
    onWait: run.watch.wait,
    signal: options.signal,
  });
  say(`loading ${relative('', testCase.directory)}: ${testCase.description}`);
  await using opened = await untilLoaded(run.watch, testCase, openCaseStores(stack, testCase));
  // The case's values stand in for the environment's, so that a laptop's own settings never leak into a replay. Its stores
  // end with it, so nobody could look at a ledger in them.
  await using ledger = new MemoryLedger();
  const { stores } = opened;
  const summary = await launchJob(job, { ...options, environment: { ...opened.environment }, stores, ledger });
  run.tell(summary, await writeRunReport({ summary, ledger, say }));
}

async function runOnKept(job: Job, testCase: Case, options: Options, run: WatchedRun): Promise<void> {
  const { say } = run.watch;
  say('starting PostgreSQL and DynamoDB (embedded, data kept in .stint/)');
  await using place = await openKeptPlace({ environment, say, wait: run.watch.wait, signal: options.signal });
  await using ground = await untilLoaded(run.watch, testCase, place.openCase(testCase));
  const summary = await launchJob(job, { ...options, ...ground.launch });
  run.tell(summary, await writeRunReport({ summary, ledger: ground.ledger, say }));
}

async function untilLoaded<TLoaded>(
  { wait }: WatchedRun['watch'],
  { directory }: Case,
  loading: Promise<TLoaded>,
): Promise<TLoaded> {
  using _wait = wait(`loading ${relative('', directory)}`);
  return await loading;
}

function refuseWithExternal({ fixture, keep = false }: RunFlags): void {
  if (fixture !== undefined) {
    throw new UsageError(
      'expected no --fixture with --stack external: a fixture is never loaded into stores that are not ours',
    );
  }
  if (keep) throw new UsageError('expected no --keep with --stack external: what is in those stores is kept anyway');
}
