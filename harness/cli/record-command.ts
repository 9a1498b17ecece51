/** `stint record <job>`: makes a case of a real run. */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { jobs } from '@stint/jobs/registry';
import { describeError, exitCodes, findJob, type Job, parseScope, storesFrom, UsageError } from '@stint/sdk';
import { openCaseStores } from '../case-stores.ts';
import { loadCase } from '../fixture/index.ts';
import { keepCase, type Proof, refuseExisting } from '../record/keep-case.ts';
import { type Recorded, type RecordOptions, recordRun } from '../record/record-run.ts';
import { repositoryRoot } from '../repository.ts';
import { startEmbeddedStack } from '../stack/embedded-stack.ts';
import type { Stack } from '../stack/stack.ts';
import { environment } from './environment.ts';
import { coloursOf } from './format.ts';
import { print } from './print.ts';
import { replayText } from './replay-text.ts';
import { buildScope, type ScopeFlags } from './scope-flags.ts';
import { runOptions, type WatchedRun } from './watched-run.ts';

export interface RecordFlags {
  /** Name of the new case. */
  readonly as: string;
  /** JSON, as it was typed. @default everything */
  readonly scope?: string;
  /** Separated by commas. @default what the case that is replaced says */
  readonly redact?: string;
  readonly description?: string;
  /** @default false */
  readonly force?: boolean;
  /** @default 'external' */
  readonly stack?: 'embedded' | 'external';
  /** A case to record from, on an embedded stack. */
  readonly fixture?: string;
  /** @default false */
  readonly json?: boolean;
}

const fixtures = join(repositoryRoot, 'fixtures');
const workDirectory = join(repositoryRoot, '.stint');

/** Exit code 1 when the new case does not give what the run gave. @throws StintError, UsageError; nothing is written then */
export async function recordCommand(
  name: string,
  flags: RecordFlags,
  fields: ScopeFlags['fields'],
  run: WatchedRun,
): Promise<void> {
  const job = findJob(jobs, name);
  const scope = buildScope(job, flags.scope, fields);
  parseScope(job, scope);
  if (!/^[a-z0-9][a-z0-9-]*$/.test(flags.as))
    throw new UsageError(`expected --as to be a name like two-refunds, got "${flags.as}"`);
  const directory = join(fixtures, job.name, flags.as);
  const { force = false, stack: kind = 'external', fixture, description, json = false } = flags;
  refuseExisting(directory, force);
  if (kind === 'external' && fixture !== undefined)
    throw new UsageError('expected --fixture with --stack embedded alone: external stores have records of their own');
  const { say } = run.watch;
  const { signal } = run.signals;
  say('starting PostgreSQL and DynamoDB (embedded) to prove the case on');
  await using stack = await startEmbeddedStack({ directory: workDirectory, onStatus: say, signal });
  const options = {
    ...runOptions(run),
    scope,
    redact: await redactedFields(flags.redact, directory),
    ...(description === undefined ? {} : { description }),
  };
  const recorded =
    kind === 'external'
      ? await recordRun(job, { ...options, environment, stores: storesFrom(environment) })
      : await recordFromCase(job, fixture, stack, options);
  say('replaying the new case');
  const proof = await keepCase(job.name, recorded.files, { directory, workDirectory, stack, force, signal });
  run.watch[Symbol.dispose]();
  tell(job, flags.as, recorded, proof, json);
}

async function recordFromCase(
  job: Job,
  fixture: string | undefined,
  stack: Stack,
  options: Omit<RecordOptions, 'environment' | 'stores'>,
): Promise<Recorded> {
  if (fixture === undefined || !existsSync(join(fixtures, job.name, fixture, 'case.json')))
    throw new UsageError(
      `expected --fixture to name a case of fixtures/${job.name}/ with --stack embedded, got ${fixture === undefined ? 'none' : `"${fixture}"`}`,
    );
  await using opened = await openCaseStores(stack, await loadCase(join(fixtures, job.name, fixture)));
  return await recordRun(job, { ...options, environment: opened.environment, stores: opened.stores });
}

/** A case that is recorded again is redacted as it was. */
async function redactedFields(flag: string | undefined, directory: string): Promise<readonly string[]> {
  if (flag !== undefined) return flag.split(',').map((field) => field.trim());
  return existsSync(join(directory, 'case.json')) ? (await loadCase(directory)).redact : [];
}

function tell(job: Job, name: string, { summary, warnings, files }: Recorded, proof: Proof, json: boolean): void {
  const directory = relative('', join(fixtures, job.name, name));
  const isSame = 'difference' in proof && proof.difference === undefined;
  if (json) {
    const replay = 'error' in proof ? { error: describeError(proof.error) } : { difference: proof.difference ?? null };
    print(
      JSON.stringify({ case: directory, same: isSame, replay, warnings, files: Object.keys(files), summary }, null, 2),
    );
  } else {
    print(`recorded ${directory}: ${summary.status}, ${summary.items.read} items, ${Object.keys(files).length} files`);
    for (const warning of warnings) print(`  warning: ${warning}`);
    print(proofText(job, name, summary.durationMs, proof));
  }
  if (!isSame) process.exitCode = exitCodes.failed;
}

function proofText(job: Job, name: string, durationMs: number, proof: Proof): string {
  if ('error' in proof) return `it cannot be replayed: ${describeError(proof.error).message}`;
  if (proof.difference === undefined) return 'replayed: it gives the same';
  const replay = {
    case: `${job.name}/${name}`,
    status: 'different',
    accepted: true,
    difference: proof.difference,
  } as const;
  return `replayed: it gives something else\n${replayText({ ...replay, durationMs }, coloursOf(process.stdout))}`;
}
