/**
 * `stint record <job>`: makes a case of a real run; with `--from-failure`, of a failed item of a past one. What is asked for
 * is checked before anything is started.
 */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { jobs } from '@stint/jobs/registry';
import { describeError, exitCodes, findJob, type Job, parseScope, storesFrom, UsageError } from '@stint/sdk';
import { openCaseStores } from '../case-stores.ts';
import { loadCase } from '../fixture/index.ts';
import { isSame, keepCase, type Proof, refuseExisting } from '../record/keep-case.ts';
import { recordFailure } from '../record/record-failure.ts';
import { type Recorded, type RecordOptions, recordRun } from '../record/record-run.ts';
import { repositoryRoot } from '../repository.ts';
import type { Stack } from '../stack/stack.ts';
import { startStack } from '../stack/start-stack.ts';
import { environment } from './environment.ts';
import { coloursOf } from './format.ts';
import { openKeptPlaceIfAny } from './kept-place.ts';
import { print } from './print.ts';
import { replayText } from './replay-text.ts';
import { jobOf, openExternalPlace } from './run-place.ts';
import { buildScope, type ScopeFlags } from './scope-flags.ts';
import { runOptions, type WatchedRun } from './watched-run.ts';

export interface RecordFlags {
  /** Name of the new case. */
  readonly as: string;
  /** JSON, as it was typed. @default everything */
  readonly scope?: string;
  /** Separated by commas. @default what the case that is replaced says */
  readonly redact?: string;
  /** What the case shows. @default says what was recorded and when */
  readonly description?: string;
  /** @default false */
  readonly force?: boolean;
  /** @default 'external' */
  readonly stack?: 'embedded' | 'external';
  /** A case to record from, on an embedded stack. @default none, which only external stores can do with */
  readonly fixture?: string;
  /** @default false */
  readonly json?: boolean;
}

export interface FailureFlags extends Pick<RecordFlags, 'as' | 'redact' | 'description' | 'force' | 'stack' | 'json'> {
  readonly runId: string;
  readonly key: string;
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
  const directory = directoryOf(job, flags.as);
  const { force = false, stack: kind = 'external', fixture, description, json = false } = flags;
  refuseExisting(directory, force);
  if (kind === 'external' && fixture !== undefined)
    throw new UsageError('expected --fixture with --stack embedded alone: external stores have records of their own');
  const { say } = run.watch;
  const { signal } = run.signals;
  say('starting PostgreSQL and DynamoDB (embedded) to prove the case on');
  await using stack = await startStack({ directory: workDirectory, onStatus: say, onWait: run.watch.wait, signal });
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

/** Exit code 1 when the item does not fail the same way; the case is kept then only with --force. */
export async function recordFailureCommand(flags: FailureFlags, run: WatchedRun): Promise<void> {
  const { runId, key, force = false, stack: kind = 'external', description, json = false } = flags;
  const { signal } = run.signals;
  const { say } = run.watch;
  const place =
    kind === 'external'
      ? openExternalPlace(environment)
      : openKeptPlaceIfAny({ environment, say, wait: run.watch.wait, signal });
  await using opened = await place;
  const known = await opened.find(runId);
  const job = jobOf(known.record);
  const directory = directoryOf(job, flags.as);
  refuseExisting(directory, force);
  await using ground = await known.openGround();
  const given = { ...ground.launch.environment };
  const recorded = await recordFailure(job, {
    ...runOptions(run),
    environment: given,
    stores: ground.launch.stores ?? storesFrom(given),
    ledger: known.ledger,
    run: known.record,
    key,
    redact: await redactedFields(flags.redact, directory),
    ...(description === undefined ? {} : { description }),
  });
  await using stack = await startStack({ directory: workDirectory, onStatus: say, onWait: run.watch.wait, signal });
  say('replaying the new case');
  const keep = { directory, workDirectory, stack, force, onlyIfSame: true, signal };
  const proof = await keepCase(job.name, recorded.files, keep);
  run.watch[Symbol.dispose]();
  tell(job, flags.as, recorded, proof, json);
  if (!existsSync(directory)) print(`not kept: it does not fail as it did; keep it all the same with --force`);
}

function directoryOf(job: Job, name: string): string {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name))
    throw new UsageError(`expected --as to be a name like two-refunds, got "${name}"`);
  return join(fixtures, job.name, name);
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
  const same = isSame(proof);
  if (json) {
    const replay = 'error' in proof ? { error: describeError(proof.error) } : { difference: proof.difference ?? null };
    print(JSON.stringify({ case: directory, same, replay, warnings, files: Object.keys(files), summary }, null, 2));
  } else {
    print(`recorded ${directory}: ${summary.status}, ${summary.items.read} items, ${Object.keys(files).length} files`);
    for (const warning of warnings) print(`  warning: ${warning}`);
    print(proofText(job, name, summary.durationMs, proof));
  }
  if (!same) process.exitCode = exitCodes.failed;
}

function proofText(job: Job, name: string, durationMs: number, proof: Proof): string {
  if ('error' in proof) return `it cannot be replayed: ${describeError(proof.error).message}`;
  if (proof.difference === undefined) return 'replayed: it gives the same';
  const replay = {
    case: `${job.name}/${name}`,
    directory: join(fixtures, job.name, name),
    status: 'different',
    accepted: true,
    difference: proof.difference,
  } as const;
  return `replayed: it gives something else\n${replayText({ ...replay, durationMs }, coloursOf(process.stdout))}`;
}
