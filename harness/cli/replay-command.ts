/** `stint replay <case>…`: runs cases, and tells what differs from what they expect. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { jobs } from '@stint/jobs/registry';
import { exitCodes, findJob, stopOnSignals, UsageError } from '@stint/sdk';
import { type Case, FixtureError, listCases, loadCase } from '../fixture/index.ts';
import { nameOf } from '../replay/replay-case.ts';
import { type CaseResult, tryReplay } from '../replay/try-replay.ts';
import { repositoryRoot } from '../repository.ts';
import { startStack } from '../stack/start-stack.ts';
import { environment } from './environment.ts';
import { coloursOf } from './format.ts';
import { meterSince } from './meter.ts';
import { print } from './print.ts';
import { replayText } from './replay-text.ts';
import { openWatch } from './watch.ts';

export interface ReplayFlags {
  /** Every case of fixtures/. @default false */
  readonly all?: boolean;
  /** @default false */
  readonly update?: boolean;
  /** @default 'embedded' */
  readonly stack?: 'embedded' | 'containers' | 'auto';
  /** @default false */
  readonly json?: boolean;
}

const fixtures = join(repositoryRoot, 'fixtures');

/**
 * Exit code 1 when a case differs or makes a request that nothing answers, 64 when one cannot be read or loaded.
 * @throws UsageError, also for cases that cannot be read, before any is run
 */
export async function replayCommand(paths: readonly string[], flags: ReplayFlags): Promise<void> {
  const { all = false, update = false, json = false, stack: kind = 'embedded' } = flags;
  const cases = await loadCases(await findCases(paths, all));
  using watch = openWatch(process.stderr);
  using signals = stopOnSignals();
  const { signal } = signals;
  await using stack = await startStack({
    kind,
    environment,
    directory: join(repositoryRoot, '.stint'),
    onStatus: watch.say,
    onWait: watch.wait,
    signal,
  });
  const results: CaseResult[] = [];
  const startedMs = performance.now();
  for (const testCase of cases) {
    signal.throwIfAborted();
    // One case alone has nothing to count.
    if (cases.length > 1) watch.meter(meterOfCases(startedMs, results, cases.length, nameOf(testCase)));
    watch.say(`replaying ${nameOf(testCase)}: ${testCase.description}`);
    const result = await tryReplay(testCase, { stack, update, signal });
    results.push(result);
    if (!json) watch.aside(() => print(replayText(result, coloursOf(process.stdout))));
  }
  if (json) watch.aside(() => print(JSON.stringify(results, null, 2)));
  process.exitCode = exitCodeOfResults(results);
}

/** All are read first: a mistake in the last should not come after minutes. @throws UsageError for all that cannot be read */
async function loadCases(directories: readonly string[]): Promise<readonly Case[]> {
  const loaded = await Promise.allSettled(directories.map(loadCase));
  const errors = loaded.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  for (const error of errors) if (!(error instanceof FixtureError)) throw error;
  if (errors.length > 0) throw new UsageError(errors.map(({ message }) => message).join('\n'));
  const cases = loaded.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  for (const { job } of cases) findJob(jobs, job);
  return cases;
}

function meterOfCases(startedMs: number, results: readonly CaseResult[], total: number, name: string) {
  const red = results.filter((result) => !isRight(result)).length;
  return meterSince(startedMs, { unit: 'cases', done: results.length, total, parts: [`${red} red`, name] });
}

const isRight = ({ status }: CaseResult) => status === 'same' || status === 'updated';

function exitCodeOfResults(results: readonly CaseResult[]): number {
  if (results.some((result) => result.status === 'broken' && result.code.startsWith('STINT_FIXTURE')))
    return exitCodes.usage;
  return results.every(isRight) ? exitCodes.succeeded : exitCodes.failed;
}

async function findCases(paths: readonly string[], all: boolean): Promise<readonly string[]> {
  if (all && paths.length > 0) throw new UsageError('expected either cases or --all, got both; leave one out');
  if (all) return (await listCases(fixtures)).map(({ directory }) => directory);
  if (paths.length === 0)
    throw new UsageError('expected the folder of a case like fixtures/publish-cities/happy, got none; or use --all');
  return paths.map(findCase);
}

/** A case by its path, or as `<job>/<case>`. */
function findCase(path: string): string {
  const found = [resolve(path), join(fixtures, path)].find((folder) => existsSync(join(folder, 'case.json')));
  if (found !== undefined) return found;
  throw new UsageError(
    `expected the folder of a case, with a case.json in it, got "${path}"; a case of fixtures/ can be named as <job>/<case>`,
  );
}
