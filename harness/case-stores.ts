/** A case's data, loaded into stores of its own: a fork of the stack, and the case's fakes on sockets. */
import { createHash } from 'node:crypto';
import type { EnvironmentValues, Stores } from '@stint/sdk';
import { type Case, type CaseFakes, seedDynamodb, seedPostgres, startCaseFakes } from './fixture/index.ts';
import type { Fork, Stack } from './stack/stack.ts';
import { prepareTemplate } from './stack/template.ts';

export interface CaseStores extends AsyncDisposable {
  readonly fork: Fork;
  readonly fakes: CaseFakes;
  /** For `runJob`: the case's variables, secrets and the fakes' URLs. */
  readonly environment: EnvironmentValues;
  readonly stores: Stores;
}

/** Seeds a fork of `stack` with the case. The Postgres part is loaded once a stack, and copied from then on. */
export async function openCaseStores(stack: Stack, testCase: Case): Promise<CaseStores> {
  await using opened = new AsyncDisposableStack();
  const template = `case_${createHash('sha256').update(testCase.directory).digest('hex').slice(0, 16)}`;
  await prepareTemplate(stack, template, (url) => seedPostgres(testCase, url).then(() => undefined));
  const fork = opened.use(await stack.fork({ template, name: testCase.job }));
  await seedDynamodb(testCase, fork.dynamodb, fork.tablePrefix);
  const fakes = opened.use(await startCaseFakes(testCase));
  const all = opened.move();
  return {
    fork,
    fakes,
    environment: { ...testCase.env, ...testCase.secrets, ...fakes.env, DATABASE_URL: fork.postgresUrl },
    stores: storesOf(fork),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

function storesOf({ postgresUrl, dynamodb, tablePrefix }: Fork): Stores {
  const { endpoint, region, accessKeyId, secretAccessKey } = dynamodb;
  return {
    postgres: { connectionString: postgresUrl },
    dynamodb: { endpoint, region, tablePrefix, credentials: { accessKeyId, secretAccessKey } },
  };
}
