/** `stint run <job>`: runs a job on a stack, and tells what came of it. */
import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { jobs } from '@stint/jobs/registry';
import {
  findJob,
  type Job,
  launchJob,
  type ProcessSignals,
  parseScope,
  type RunOptions,
  type Summary,
  UsageError,
} from '@stint/sdk';
import { openCaseStores } from '../case-stores.ts';
import { type Case, listCases, loadCase } from '../fixture/index.ts';
import { repositoryRoot } from '../repository.ts';
import { startEmbeddedStack } from '../stack/embedded-stack.ts';
import { environment, user } from './environment.ts';
import { buildScope, type ScopeFlags } from './scope-flags.ts';
import type { Watch } from './watch.ts';

export interface RunFlags {
  /** JSON, as it was typed. @default the scope of the case, or everything on external stores */
  readonly scope?: string;
  /** @default false */
  readonly dryRun?: boolean;
  /** @default all items */
  readonly limit?: number;
  /** @default false */
  readonly fresh?: boolean;
  /** Name of one of the job's cases, or the path of a case. @default `demo`, or the first there is */
  readonly fixture?: string;
  /** @default 'embedded' */
  readonly stack?: 'embedded' | 'external';
}

const fixtures = join(repositoryRoot, 'fixtures');

/** @throws StintError for a job, flag, scope or environment that does not fit; StackError, FixtureError */
export async function runCommand(
  name: string,
  flags: RunFlags,
  fields: ScopeFlags['fields'],
  watch: Watch,
  signals: ProcessSignals,
): Promise<Summary> {
  const job = findJob(jobs, name);
  const scope = flags.scope === undefined && fields.size === 0 ? undefined : buildScope(job, flags.scope, fields);
  // Before any store is started: what is misspelt should be told at once.
  if (scope !== undefined) parseScope(job, scope);
  const { dryRun = false, fresh = false, limit, stack = 'embedded' } = flags;
  const options = {
    dryRun,
    fresh,
    trigger: { kind: 'manual', ...(user === undefined ? {} : { by: user }) },
    signal: signals.signal,
    log: watch.log,
    observer: watch.observer,
    ...(limit === undefined ? {} : { limit }),
  } as const satisfies RunOptions;

  if (stack === 'external') {
    if (flags.fixture !== undefined) {
      throw new UsageError(
        'expected no --fixture with --stack external: a fixture is never loaded into stores that are not ours',
      );
    }
    return launchJob(job, { ...options, environment, scope: scope ?? {} });
  }
  return runOnEmbedded(job, await findCase(job, flags.fixture), scope, options, watch);
}

async function runOnEmbedded(
  job: Job,
  testCase: Case,
  scope: unknown,
  options: RunOptions,
  watch: Watch,
): Promise<Summary> {
  const onStatus = (line: string) => watch.say(line);
  const { signal } = options;
  watch.say('starting PostgreSQL and DynamoDB (embedded, data in .stint/)');
  await using stack = await startEmbeddedStack({
    directory: join(repositoryRoot, '.stint'),
    onStatus,
    ...(signal === undefined ? {} : { signal }),
  });
  watch.say(`loading ${relative('', testCase.directory)}: ${testCase.description}`);
  await using opened = await openCaseStores(stack, testCase);
  // The case's values stand in for the environment's, so that a laptop's own settings never leak into a replay.
  return await launchJob(job, {
    ...options,
    environment: { ...opened.environment },
    stores: opened.stores,
    scope: scope ?? testCase.scope,
  });
}

/** A fixture by its name below the job's folder, or by its path. @throws UsageError when there is none */
async function findCase(job: Job, fixture: string | undefined): Promise<Case> {
  const cases = (await listCases(fixtures, job.name)).map((found) => found.name);
  const name = fixture ?? (cases.includes('demo') ? 'demo' : cases[0]);
  if (name === undefined)
    throw new UsageError(
      `expected ${job.name} to have a case in fixtures/${job.name}/, but there is none; use --stack external`,
    );
  if (cases.includes(name)) return loadCase(join(fixtures, job.name, name));
  if (existsSync(join(name, 'case.json'))) return loadCase(resolve(name));
  throw new UsageError(
    `expected --fixture to be one of ${cases.join(', ')} or the path of a folder with a case.json, got "${name}"`,
  );
}
