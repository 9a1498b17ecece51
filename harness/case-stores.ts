/**
 * A case's data, loaded into stores of its own, and the case's fakes on sockets: a fork of the stack that ends with its
 * run, or kept stores that the next run of the case finds as this one left them.
 */
import { createHash } from 'node:crypto';
import type { EnvironmentValues, Stores } from '@stint/sdk';
import {
  type Case,
  type CaseFakes,
  type StartCaseFakesOptions,
  seedDynamodb,
  seedPostgres,
  startCaseFakes,
} from './fixture/index.ts';
import { dropTables } from './stack/drop-tables.ts';
import { keepDatabase } from './stack/kept-database.ts';
import type { Fork, Stack } from './stack/stack.ts';
import { prepareTemplate } from './stack/template.ts';

export interface CaseStores extends AsyncDisposable {
  readonly fork: Fork;
  readonly fakes: CaseFakes;
  /** For `runJob`: the case's variables, secrets and the fakes' URLs. */
  readonly environment: EnvironmentValues;
  readonly stores: Stores;
}

export interface OpenCaseStoresOptions extends StartCaseFakesOptions {
  /** What else every fork's database is to hold, put there once a stack under a name of its own. @default nothing */
  readonly extra?: { readonly name: string; readonly prepare: (postgresUrl: string) => Promise<void> } | undefined;
}

/** Seeds a fork of `stack` with the case; `options` go to its fakes. The Postgres part is loaded once a stack, and copied from then on. */
export async function openCaseStores(
  stack: Stack,
  testCase: Case,
  { extra, ...options }: OpenCaseStoresOptions = {},
): Promise<CaseStores> {
  await using opened = new AsyncDisposableStack();
  // The server copies the database while the fakes take their state: neither waits for the other.
  const starting = [forkCase(stack, testCase, { extra }), startCaseFakes(testCase, options)] as const;
  for (const started of await Promise.allSettled(starting))
    if (started.status === 'fulfilled') opened.use(started.value);
  const [fork, fakes] = await Promise.all(starting);
  return joinCaseStores(testCase, fork, fakes, opened.move());
}

/** What each stack has of templates, by this process's own preparations: asking the server takes a connection. */
const prepared = new WeakMap<Stack, Map<string, Promise<void>>>();

/** A fork of `stack` with the case's data, and without its fakes. */
export async function forkCase(
  stack: Stack,
  testCase: Case,
  { extra }: Pick<OpenCaseStoresOptions, 'extra'> = {},
): Promise<Fork> {
  await using opened = new AsyncDisposableStack();
  const template = `case_${caseKey(testCase.directory)}${extra === undefined ? '' : `_${extra.name}`}`;
  await prepareOnce(stack, template, async (url) => {
    await seedPostgres(testCase, url);
    await extra?.prepare(url);
  });
  const fork = opened.use(await stack.fork({ template, name: testCase.job }));
  await seedDynamodb(testCase, fork.dynamodb, fork.tablePrefix);
  opened.move();
  return fork;
}

function prepareOnce(stack: Stack, template: string, prepare: (postgresUrl: string) => Promise<void>): Promise<void> {
  const templates = prepared.get(stack) ?? new Map<string, Promise<void>>();
  prepared.set(stack, templates);
  const preparing = templates.get(template) ?? prepareTemplate(stack, template, prepare);
  templates.set(template, preparing);
  preparing.catch(() => templates.delete(template));
  return preparing;
}

export interface KeptCaseOptions {
  /** Ends the loading; the next start begins it anew. @default never */
  readonly signal?: AbortSignal;
  /** Told when the case is loaded, which is done once. @default nobody */
  readonly onLoad?: () => void;
}

/**
 * The stores of the case in a kept stack: loaded by the first run, then left as runs leave them. A load that was cut
 * short leaves nothing that is used. Fakes keep nothing: they begin as the case says.
 */
export async function openKeptCaseStores(
  stack: Stack,
  testCase: Case,
  { signal, onLoad }: KeptCaseOptions = {},
): Promise<CaseStores> {
  await using opened = new AsyncDisposableStack();
  const key = caseKey(testCase.directory);
  // Not names that a fork could have: those are dropped.
  const [database, tablePrefix] = [`kept_${key}`, `kept_${key}_`];
  const { dynamodb } = stack;
  const options = signal === undefined ? {} : { signal };
  const load = async (url: string) => {
    onLoad?.();
    await dropTables(dynamodb, (table) => table.startsWith(tablePrefix), { untilGone: true });
    await seedPostgres(testCase, url, options);
    await seedDynamodb(testCase, dynamodb, tablePrefix, options);
  };
  const postgresUrl = await keepDatabase(stack, database, load, options);
  const fork: Fork = { postgresUrl, database, tablePrefix, dynamodb, async [Symbol.asyncDispose]() {} };
  const fakes = opened.use(await startCaseFakes(testCase));
  return joinCaseStores(testCase, fork, fakes, opened.move());
}

/** Tells a case from all others, in names of databases, schemas and tables. */
export function caseKey(directory: string): string {
  return createHash('sha256').update(directory).digest('hex').slice(0, 16);
}

/** What a run of the case is given of a fork and its fakes; disposing it disposes `all`. */
export function joinCaseStores(testCase: Case, fork: Fork, fakes: CaseFakes, all: AsyncDisposable): CaseStores {
  return {
    fork,
    fakes,
    environment: { ...testCase.env, ...testCase.secrets, ...fakes.env, DATABASE_URL: fork.postgresUrl },
    stores: storesOf(fork),
    [Symbol.asyncDispose]: () => all[Symbol.asyncDispose](),
  };
}

export function storesOf({
  postgresUrl,
  dynamodb,
  tablePrefix,
}: Omit<Fork, keyof AsyncDisposable | 'database'>): Stores {
  const { endpoint, region, accessKeyId, secretAccessKey } = dynamodb;
  return {
    postgres: { connectionString: postgresUrl },
    dynamodb: { endpoint, region, tablePrefix, credentials: { accessKeyId, secretAccessKey } },
  };
}
