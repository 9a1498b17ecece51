/**
 * What the admin is shown on: one database and one table prefix with the demo data of every job, the fakes of all of them
 * on sockets, and a ledger with a few runs in it.
 *
 * In a kept stack it is made once, and then left as its runs leave it; only the fakes begin anew.
 */
import { join } from 'node:path';
import { type EnvironmentValues, type Job, openLedger } from '@stint/sdk';
import { caseKey, storesOf } from '../case-stores.ts';
import {
  type Case,
  type CaseFakes,
  defaultFirst,
  joinCases,
  listCases,
  loadCase,
  type SeedPlace,
  seedCases,
  startCaseFakes,
} from '../fixture/index.ts';
import { repositoryRoot } from '../repository.ts';
import { dropTables } from '../stack/drop-tables.ts';
import { keepDatabase } from '../stack/kept-database.ts';
import type { Stack } from '../stack/stack.ts';
import { makeHistory } from './demo-history.ts';

export interface DemoWorld extends AsyncDisposable {
  /** For a process that runs the jobs: its stores, its ledger, and what the jobs declare. */
  readonly environment: EnvironmentValues;
}

export interface DemoWorldOptions {
  readonly jobs: readonly Job[];
  /** Whether the stack is a kept one. */
  readonly keep: boolean;
  /** How long a lease outlives its holder. */
  readonly leaseTtlMs: string;
  /** Hears of what is worth a line. */
  readonly say: (line: string) => void;
  /** Ends the loading. */
  readonly signal: AbortSignal;
}

/** @throws FixtureError when a case is broken, or two of them do not go together */
export async function openDemoWorld(stack: Stack, options: DemoWorldOptions): Promise<DemoWorld> {
  const { keep, say, signal, jobs } = options;
  await using opened = new AsyncDisposableStack();
  const cases = await demoCases(options);
  const joined = joinCases(cases);
  const fakes = opened.use(await startCaseFakes(joined, { signal }));

  const environmentOf = (place: SeedPlace): EnvironmentValues => ({
    ...joined.env,
    ...joined.secrets,
    ...fakes.env,
    ...storesEnvironment(place),
    STINT_LEDGER: 'postgres',
    STINT_LEASE_TTL_MS: options.leaseTtlMs,
  });
  const fill = async (place: SeedPlace) => {
    say(`loading the demo data of ${cases.map(({ job }) => job).join(', ')}`);
    await seedCases(cases, place, { signal });
    say('running each of them a few times');
    const environment = environmentOf(place);
    await using ledger = await openLedger(environment);
    await makeHistory({ jobs, cases, fakes, environment, stores: storesOf(place), ledger, say, signal });
    resetAll(fakes);
  };
  const place = keep ? await keepPlace(stack, cases, options, fill) : opened.use(await stack.fork({ name: 'admin' }));
  if (!keep) await fill(place);

  const all = opened.move();
  return { environment: environmentOf(place), [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function demoCases({ jobs, say }: DemoWorldOptions): Promise<readonly Case[]> {
  const fixtures = join(repositoryRoot, 'fixtures');
  const cases: Case[] = [];
  for (const { name } of jobs) {
    const [first] = defaultFirst(await listCases(fixtures, name));
    if (first === undefined) say(`${name} has no case in fixtures/${name}/, and so no demo data`);
    else cases.push(await loadCase(first.directory));
  }
  return cases;
}

async function keepPlace(
  stack: Stack,
  cases: readonly Case[],
  { say, signal }: DemoWorldOptions,
  fill: (place: SeedPlace) => Promise<void>,
): Promise<SeedPlace> {
  // With a job more it is another world: that job's tables would be missing in the one before.
  const name = `kept_admin_${caseKey(cases.map(({ directory }) => directory).join('\n'))}`;
  const rest = { dynamodb: stack.dynamodb, tablePrefix: `${name}_` };
  let isFilled = true;
  const postgresUrl = await keepDatabase(
    stack,
    name,
    async (draft) => {
      isFilled = false;
      await dropTables(stack.dynamodb, (table) => table.startsWith(rest.tablePrefix), { untilGone: true });
      await fill({ ...rest, postgresUrl: draft });
    },
    { signal },
  );
  if (isFilled) say('going on with the demo data as the runs before left it; remove .stint/ to start over');
  return { ...rest, postgresUrl };
}

function storesEnvironment({ postgresUrl, tablePrefix, dynamodb }: SeedPlace): EnvironmentValues {
  return {
    DATABASE_URL: postgresUrl,
    AWS_ENDPOINT_URL: dynamodb.endpoint,
    AWS_REGION: dynamodb.region,
    AWS_ACCESS_KEY_ID: dynamodb.accessKeyId,
    AWS_SECRET_ACCESS_KEY: dynamodb.secretAccessKey,
    STINT_TABLE_PREFIX: tablePrefix,
  };
}

/** What the history asked is not what the admin's runs are to find. */
function resetAll({ running }: CaseFakes): void {
  for (const fake of Object.values(running)) fake.reset();
}
