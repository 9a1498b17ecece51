/**
 * What the admin is measured on: payments that take poll-payment-status as long as is wanted, a provider whose
 * latency, and not the job's limit, tells how fast it goes, and a ledger in which every job has a history.
 */
import { join } from 'node:path';
import { jobs } from '@stint/jobs/registry';
import { type EnvironmentValues, type Ledger, launchJob, openLedger, type RunRecord } from '@stint/sdk';
import pg from 'pg';
import { openCaseStores } from '../../case-stores.ts';
import { makeAdminToken } from '../../cli/admin-token.ts';
import { environment as inherited } from '../../cli/environment.ts';
import { loadCase } from '../../fixture/index.ts';
import { repositoryRoot } from '../../repository.ts';
import type { Stack } from '../../stack/stack.ts';

export interface LoadGround extends AsyncDisposable {
  /** Of the server. */
  readonly environment: EnvironmentValues;
  readonly token: string;
  /** A run that has ended, with failures. */
  readonly pastRun: string;
  /** How many payments were settled from one moment to another, in ms since the epoch. */
  settledBetween(from: number, to: number): Promise<number>;
}

/** More than the jobs' pages look at. */
export const runsPerJob = 45;
/** 16 items at a time make 200 a second, of the 250 that the job allows: what a load adds to an item is not hidden by that limit. */
const latencyMs = 80;
/** Payments that fail, in the first run. */
const failing = 12;

export async function openLoadGround(stack: Stack, payments: number): Promise<LoadGround> {
  await using opened = new AsyncDisposableStack();
  const demo = await loadCase(join(repositoryRoot, 'fixtures', 'poll-payment-status', 'demo'));
  const names = Array.from({ length: payments }, (_, index) => `pay_${index + 1}`);
  const state = {
    apiKey: demo.secrets.PAYMENTS_API_KEY,
    latencyMs,
    payments: Object.fromEntries(names.map((name, index) => [name, paymentState(index)])),
  };
  const fakes = { PAYMENTS_API_URL: { fake: 'payments', state, faults: [] } };
  const stores = opened.use(await openCaseStores(stack, { ...demo, fakes }));
  const client = new pg.Client({ connectionString: stores.fork.postgresUrl });
  await client.connect();
  opened.defer(() => client.end());
  await client.query('truncate payments');
  await client.query(
    `insert into payments (id, tenant_id, provider_ref, amount_cents, currency, status, created_at)
     select n, 't-1', 'pay_' || n, 100 + n % 10000, 'EUR', 'pending', now() from generate_series(1, $1) n`,
    [payments],
  );
  await client.query('analyze payments');
  const environment = { ...stores.environment, STINT_LEDGER: 'postgres' };
  const pastRun = await makeHistory(environment);
  // They would fail again, one after the other, and the run with them.
  await client.query('delete from payments where id <= 100');
  const { token, entry } = makeAdminToken('bench', 'admin');
  const all = opened.move();
  return {
    environment: {
      PATH: inherited.PATH,
      // As for `--cpu-prof`.
      NODE_OPTIONS: inherited.NODE_OPTIONS,
      ...environment,
      NODE_ENV: 'development',
      HOST: '127.0.0.1',
      PORT: '0',
      STINT_ADMIN_TOKENS: JSON.stringify([entry]),
    },
    token,
    pastRun,
    async settledBetween(from, to) {
      const times = [from, to].map((ms) => new Date(ms).toISOString());
      const { rows } = await client.query(
        'select count(*)::int as count from payments where updated_at >= $1 and updated_at < $2',
        times,
      );
      return rows[0].count;
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

function paymentState(index: number) {
  return { status: 'settled', ...(index < failing && { failures: 'always' }) };
}

/** One run that some items fail in, and copies of its record for every job. */
async function makeHistory(environment: EnvironmentValues): Promise<string> {
  await using ledger = await openLedger(environment);
  const job = jobs.find(({ name }) => name === 'poll-payment-status');
  if (job === undefined)
    throw new Error('expected a job poll-payment-status in the registry; the bench is made for it');
  const paymentIds = Array.from({ length: 100 }, (_, index) => String(index + 1));
  const { runId } = await launchJob(job, { environment, ledger, scope: { paymentIds } });
  const record = await ledger.run(runId);
  const { items: failures } = await ledger.failures(runId);
  for (const { name } of jobs) {
    for (let number = 1; number <= runsPerJob; number += 1) await copyRun(ledger, record, name, number);
  }
  if (failures.length !== failing) throw new Error(`expected ${failing} items to fail, got ${failures.length}`);
  return runId;
}

async function copyRun(ledger: Ledger, record: RunRecord | undefined, job: string, number: number): Promise<void> {
  if (record?.checkpoint === undefined || record.summary === undefined) throw new Error('expected a run that ended');
  const { scope, trigger, holder, checkpoint, summary } = record;
  const claim = await ledger.claim({
    ...{ job, scope, trigger, holder },
    runId: `bench-${job}-${number}`,
    exclusive: 'nothing',
    resume: 'none',
    dryRun: false,
    redriveOf: undefined,
    definition: 'bench',
  });
  if (claim.granted) await ledger.finish(claim.lease, { checkpoint, failures: [], summary, resumable: false });
}
