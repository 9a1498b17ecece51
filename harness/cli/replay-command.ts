/** `stint replay <case>…`: runs cases, and tells what differs from what they expect. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { exitCodes, stopOnSignals, UsageError } from '@stint/sdk';
import { listCases, loadCase } from '../fixture/index.ts';
import { replayCase } from '../replay/replay-case.ts';
import { repositoryRoot } from '../repository.ts';
import { startStack } from '../stack/start-stack.ts';
import { environment } from './environment.ts';
import { coloursOf } from './format.ts';
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

/** Exit code 1 when a case differs. @throws UsageError; FixtureError for a case that cannot be read, before any is run */
export async function replayCommand(paths: readonly string[], flags: ReplayFlags): Promise<void> {
  const { all = false, update = false, json = false, stack: kind = 'embedded' } = flags;
  const directories = await findCases(paths, all);
  // All are read first: a mistake in the last should not come after minutes.
  const cases = await Promise.all(directories.map(loadCase));
  using watch = openWatch(process.stderr);
  using signals = stopOnSignals();
  const { signal } = signals;
  await using stack = await startStack({
    kind,
    environment,
    directory: join(repositoryRoot, '.stint'),
    onStatus: watch.say,
    signal,
  });
  const replays = [];
  for (const testCase of cases) {
    signal.throwIfAborted();
    const replay = await replayCase(testCase, { stack, update, signal });
    replays.push(replay);
    if (!json) print(replayText(replay, coloursOf(process.stdout)));
  }
  if (json) print(JSON.stringify(replays, null, 2));
  if (replays.some(({ status }) => status === 'different')) process.exitCode = exitCodes.failed;
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
