/** An admin in a process of its own over a real ledger with runs of all kinds, and who may ask it. */
import { createDynamoLedgerTable, type Ledger, launchJob, openDynamoLedger, openLedger } from '@stint/sdk';
import type { Fork } from '../../../harness/stack/stack.ts';
import { testStack } from '../../../harness/testing/test-stack.ts';
import { makeToken } from '../access/tokens.ts';
import type { ServerTimeouts } from '../http/make-server.ts';
import { AdminProcess } from './admin-process.ts';
import type { Credentials } from './bad-requests.ts';
import { quickJobs } from './quick-jobs.ts';
import type { RawAnswer } from './raw-answer.ts';
import { RawClient } from './raw-client.ts';
import { StatementTap } from './statement-tap.ts';

export interface FuzzedAdmin extends AsyncDisposable {
  readonly admin: AdminProcess;
  readonly ledger: Ledger;
  /** Hears all that the admin and its runs tell the store. */
  readonly tap: StatementTap;
  readonly client: RawClient;
  readonly credentials: Credentials;
  /** Of runs that were there before: failed items, a dry run, interrupted, cancelled. */
  readonly runs: readonly string[];
}

export interface FuzzedAdminOptions {
  readonly timeouts: ServerTimeouts;
  /** @default 'postgres' */
  readonly store?: 'postgres' | 'dynamodb';
}

export async function openFuzzedAdmin({ timeouts, store = 'postgres' }: FuzzedAdminOptions): Promise<FuzzedAdmin> {
  await using opened = new AsyncDisposableStack();
  const fork = opened.use(await testStack().fork({ name: 'bad_input' }));
  const { ledger, environment } = await openStore(fork, store);
  opened.use(ledger);
  const runs = await seedRuns(ledger, environment);
  const tap = opened.use(await StatementTap.start(fork.postgresUrl));
  const made = {
    admin: makeToken('ops', 'admin'),
    trigger: makeToken('qa', 'trigger'),
    read: makeToken('reader', 'read'),
  };
  const tokens = { admin: made.admin.token, trigger: made.trigger.token, read: made.read.token };
  const admin = opened.use(
    await AdminProcess.start({
      tokens: Object.values(made).map(({ entry }) => entry),
      environment: { ...environment, DATABASE_URL: tap.url },
      timeouts,
    }),
  );
  const client = opened.use(new RawClient(admin.url));
  const credentials = { tokens, ...(await logIn(client, tokens.admin)) };
  const all = opened.move();
  return { admin, ledger, tap, client, credentials, runs, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

interface Store {
  readonly ledger: Ledger;
  readonly environment: Readonly<Record<string, string>>;
}

async function openStore(fork: Fork, store: 'postgres' | 'dynamodb'): Promise<Store> {
  const postgres = { STINT_LEDGER: 'postgres', DATABASE_URL: fork.postgresUrl };
  if (store === 'postgres') return { ledger: await openLedger(postgres), environment: postgres };
  const { endpoint, region, accessKeyId, secretAccessKey } = fork.dynamodb;
  const config = {
    table: `${fork.tablePrefix}ledger`,
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
  };
  await createDynamoLedgerTable(config);
  const environment = {
    ...postgres,
    STINT_LEDGER: `dynamodb:${config.table}`,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
  return { ledger: await openDynamoLedger(config), environment };
}

async function seedRuns(ledger: Ledger, environment: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const [job] = quickJobs;
  if (job === undefined) throw new Error('expected a job, got none');
  const start = async (tenantId: string, { dryRun = false, interrupts = false } = {}) => {
    const stop = new AbortController();
    const onStart = () => {
      if (interrupts) stop.abort();
    };
    const options = { environment, ledger, scope: { tenantId }, dryRun, signal: stop.signal, observer: { onStart } };
    return (await launchJob(job, options)).runId;
  };
  const [failed, dry, interrupted] = [
    await start('t-1'),
    await start('t-1', { dryRun: true }),
    await start('t-2', { interrupts: true }),
  ];
  const cancelled = await start('t-3', { interrupts: true });
  await ledger.cancel(cancelled, 'somebody');
  return [failed, dry, interrupted, cancelled];
}

/** As a browser does. */
async function logIn(client: RawClient, token: string): Promise<Pick<Credentials, 'cookie' | 'csrf'>> {
  const form = `token=${token}`;
  const posted = [
    'POST /admin/login HTTP/1.1',
    'content-type: application/x-www-form-urlencoded',
    `content-length: ${form.length}`,
  ];
  const cookie = (await ask(client, posted, form)).cookies.join('; ');
  const page = await ask(client, ['GET /admin/jobs HTTP/1.1', 'accept: text/html', `cookie: ${cookie}`]);
  const [, csrf] = /name="csrf" value="([^"]+)"/.exec(page.body) ?? [];
  if (csrf === undefined) throw new Error('expected a page with a csrf token, got none');
  return { cookie, csrf };
}

async function ask(client: RawClient, lines: readonly string[], body = ''): Promise<RawAnswer> {
  const answer = await client.ask(Buffer.from(`${[...lines, 'host: a'].join('\r\n')}\r\n\r\n${body}`), false);
  if (answer === undefined) throw new Error('expected an answer, got none');
  return answer;
}
