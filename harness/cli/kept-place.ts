/**
 * The kept embedded stack as a place of runs: what `--keep` has run, on the cases it was run on.
 *
 * Data is in the first slot of `.stint/`. Each case is loaded once, and then left as its runs leave it; removing `.stint/`
 * starts over.
 */
import { join, relative } from 'node:path';
import { type EnvironmentValues, type Ledger, type RunRecord, UnknownRunError } from '@stint/sdk';
import { openKeptCaseStores } from '../case-stores.ts';
import { type Case, loadCase } from '../fixture/index.ts';
import { repositoryRoot } from '../repository.ts';
import { hasKeptData, openKeptStack } from '../stack/kept-stack.ts';
import type { Stack } from '../stack/stack.ts';
import { type OnWait, waitUnseen } from '../stack/waiting.ts';
import { type KeptLedgers, openKeptLedgers } from './kept-ledgers.ts';
import { checkJob, type Ground, type KnownRun, type ListQuery, type RunPlace } from './run-place.ts';

export interface KeptPlace extends RunPlace {
  /** The stores and the ledger of a case. */
  openCase(testCase: Case): Promise<Ground>;
}

export interface KeptPlaceOptions {
  readonly environment: EnvironmentValues;
  /** Hears of what is worth a line. */
  readonly say: (line: string) => void;
  /** Shows what is waited for. @default to nobody */
  readonly wait?: OnWait;
  /** Aborts the start and the loading of a case. @default never */
  readonly signal?: AbortSignal;
}

const directory = join(repositoryRoot, '.stint');

export async function openKeptPlace(options: KeptPlaceOptions): Promise<KeptPlace> {
  await using opened = new AsyncDisposableStack();
  const { environment } = options;
  const stack = opened.use(await openStack(options));
  const ledgers = opened.use(await openKeptLedgers(stack, environment));
  const all = opened.move();
  const openCase = async (testCase: Case): Promise<Ground> =>
    openGround(stack, testCase, await ledgers.of(testCase.directory), options);
  return {
    openCase,
    runs: async (query) => checkJob(await mergeRuns(ledgers, query), query),
    async find(runId) {
      const found = await findRun(ledgers, runId);
      if (found === undefined) throw new UnknownRunError(runId);
      return { ...found, openGround: async () => openCase(await loadCase(found.caseDirectory)) };
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

async function openStack({ say, wait = waitUnseen, signal }: KeptPlaceOptions): Promise<Stack> {
  using _wait = wait('PostgreSQL and DynamoDB');
  return await openKeptStack({ directory, onStatus: say, ...(signal && { signal }) });
}

/** The same, to look at what there is: starts no servers where nothing was ever kept. */
export async function openKeptPlaceIfAny(options: KeptPlaceOptions): Promise<RunPlace> {
  if (hasKeptData(directory)) return openKeptPlace(options);
  return {
    runs: async (query) => checkJob([], query),
    find: (runId) => Promise.reject(new UnknownRunError(runId)),
    async [Symbol.asyncDispose]() {},
  };
}

async function openGround(
  stack: Stack,
  testCase: Case,
  ledger: Ledger,
  { say, signal }: KeptPlaceOptions,
): Promise<Ground> {
  const name = relative('', testCase.directory);
  let isLoaded = false;
  const opened = await openKeptCaseStores(stack, testCase, {
    ...(signal && { signal }),
    onLoad: () => {
      isLoaded = true;
      say(`loading ${name}: ${testCase.description}`);
    },
  });
  if (!isLoaded) say(`going on with ${name} as the runs before left it; remove .stint/ to start over`);
  const { environment, stores } = opened;
  return {
    launch: { environment, stores, ledger },
    ledger,
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

async function mergeRuns(ledgers: KeptLedgers, query: ListQuery): Promise<readonly RunRecord[]> {
  const all = await Promise.all((await ledgers.list()).map(({ ledger }) => ledger.runs(query)));
  const newestFirst = all.flat().sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
  return newestFirst.slice(0, query.limit);
}

async function findRun(
  ledgers: KeptLedgers,
  runId: string,
): Promise<(Omit<KnownRun, 'openGround'> & { readonly caseDirectory: string }) | undefined> {
  for (const { ledger, caseDirectory } of await ledgers.list()) {
    const record = await ledger.run(runId);
    if (record !== undefined) return { record, ledger, caseDirectory };
  }
  return undefined;
}
