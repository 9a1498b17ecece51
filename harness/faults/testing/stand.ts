/**
 * A job on real stores of its own, with the service that it calls in the hands of the test: what a run that is killed
 * does to the world can be seen from here.
 */
import type { EnvironmentValues } from '@stint/sdk';
import type pg from 'pg';
import { openCaseStores } from '../../case-stores.ts';
import type { Fake, FakeMiddleware, RunningFake } from '../../fakes/index.ts';
import { startFake } from '../../fakes/index.ts';
import { loadCase } from '../../fixture/index.ts';
import { makeCaseFolder } from '../../fixture/testing/case-folder.ts';
import type { Fork } from '../../stack/stack.ts';
import { connect } from '../../stack/testing/connect.ts';
import { externalEnvironment } from '../../testing/external-environment.ts';
import { testStack } from '../../testing/test-stack.ts';
import type { Works } from './works.ts';

export interface Stand extends AsyncDisposable {
  readonly job: string;
  /** How many items the job has to work. */
  readonly items: number;
  /** Items that one place of the pool works at once. */
  readonly groupSize: number;
  readonly segments: number;
  /** For a program that is to run the job. */
  readonly environment: EnvironmentValues;
  readonly fork: Fork;
  readonly works: Works;
  sql<TRow extends object>(text: string, values?: readonly unknown[]): Promise<readonly TRow[]>;
  /** Items that are not as the job should have left them. */
  findUndone(): Promise<readonly string[]>;
}

/** The part of a stand that its job does not matter to. */
export interface StandBase extends AsyncDisposable {
  readonly environment: EnvironmentValues;
  readonly fork: Fork;
  readonly works: Works;
  readonly client: pg.Client;
  sql: Stand['sql'];
}

/** Writes a case, loads it into stores of its own, and adds `env` to its environment. */
export async function openBase(
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>,
  works: Works,
): Promise<StandBase> {
  await using opened = new AsyncDisposableStack();
  using folder = makeCaseFolder(files);
  const stores = opened.use(await openCaseStores(testStack(), await loadCase(folder.path)));
  const client = await connect(stores.fork.postgresUrl);
  opened.defer(() => client.end());
  const all = opened.move();
  return {
    environment: { ...externalEnvironment(stores), ...env },
    fork: stores.fork,
    works,
    client,
    async sql<TRow extends object>(text: string, values: readonly unknown[] = []) {
      return (await client.query<TRow>(text, [...values])).rows;
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Serves a fake that tells `works` of each request, before it answers it. */
export async function startWatched<TState extends object, TInput>(
  fake: Fake<TState, TInput>,
  state: TInput,
  works: Works,
  keyOf: (request: Request) => string | Promise<string>,
  middleware: readonly FakeMiddleware[] = [],
): Promise<RunningFake<TState, TInput>> {
  const watch: FakeMiddleware = async (request, next) => {
    works.note(await keyOf(request));
    return next();
  };
  return await startFake(fake, { state, middleware: [watch, ...middleware] });
}

export const toLines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
