/**
 * A few runs of each job, so that the pages of an admin that was just started are not empty: some that went well, a dry
 * one, one with failed items to redrive, one that was interrupted and can be resumed. Most of the data is left to do.
 *
 * Guarantees: it takes a few seconds at most, and what goes wrong with it is told and stops nobody.
 */
import {
  describeError,
  type EnvironmentValues,
  InterruptedError,
  type Job,
  type Json,
  type Ledger,
  launchJob,
  type Stores,
  type Trigger,
} from '@stint/sdk';
import type { Case, CaseFakes } from '../fixture/index.ts';
import { armInterrupt } from '../interrupt.ts';

/** One run that was. */
interface Past {
  readonly scope: Readonly<Record<string, Json>>;
  readonly by: string;
  /** @default by hand */
  readonly kind?: Trigger['kind'];
  /** @default false */
  readonly dryRun?: boolean;
  /** @default all items */
  readonly limit?: number;
  /** So many calls of this run are refused by the service, each of which fails an item. @default 0 */
  readonly refusedCalls?: number;
  /** Settled items after which it is interrupted, as by a deployment. @default never */
  readonly interruptAfter?: number;
}

const pasts: Readonly<Record<string, readonly Past[]>> = {
  'poll-payment-status': [
    { by: 'ada', scope: { tenantId: 't-3' }, limit: 60 },
    { by: 'ada', scope: { tenantId: 't-1' }, limit: 40, dryRun: true },
    {
      by: 'grace',
      scope: { paymentIds: Array.from({ length: 20 }, (_, index) => String(5_000_021 + index)) },
      refusedCalls: 4,
    },
    { by: 'scheduler', kind: 'schedule', scope: {}, interruptAfter: 120 },
  ],
  'publish-cities': [
    { by: 'ada', scope: { country: 'DE' }, dryRun: true },
    { by: 'ada', scope: { country: 'DE' } },
    { by: 'grace', scope: { country: 'IS' } },
    { by: 'grace', scope: { country: 'DE' } },
  ],
  'sync-exchange-rates': [
    { by: 'ada', scope: { base: 'USD' } },
    { by: 'grace', scope: { base: 'EUR' }, refusedCalls: 1 },
    { by: 'scheduler', kind: 'schedule', scope: {}, interruptAfter: 12 },
  ],
};

/** Of a job that this file does not know. */
const usual: readonly Past[] = [
  { by: 'ada', scope: {}, limit: 10, dryRun: true },
  { by: 'ada', scope: {}, limit: 10 },
];

const longestMs = 5_000;

export interface History {
  readonly jobs: readonly Job[];
  readonly cases: readonly Case[];
  readonly fakes: CaseFakes;
  readonly environment: EnvironmentValues;
  readonly stores: Stores;
  readonly ledger: Ledger;
  /** Hears of runs that could not be started. */
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Runs of one job come one after the other, jobs side by side. @throws only the signal's reason when it aborts */
export async function makeHistory(history: History): Promise<void> {
  const slow = new AbortController();
  const timer = setTimeout(() => slow.abort(new InterruptedError('the history took too long')), longestMs);
  try {
    await Promise.all(history.jobs.map((job) => makeHistoryOf(job, history, slow.signal)));
  } finally {
    clearTimeout(timer);
  }
  history.signal.throwIfAborted();
}

async function makeHistoryOf(job: Job, history: History, slow: AbortSignal): Promise<void> {
  const testCase = history.cases.find((each) => each.job === job.name);
  // Without its data there is nothing to run on.
  if (testCase === undefined) return;
  for (const past of pasts[job.name] ?? usual) {
    if (history.signal.aborted || slow.aborted) return;
    try {
      await run(job, past, testCase, history, slow);
    } catch (error) {
      return history.say(`there will be no more past runs of ${job.name}: ${describeError(error).message}`);
    }
  }
}

async function run(job: Job, past: Past, testCase: Case, history: History, slow: AbortSignal): Promise<void> {
  const { scope, by, kind = 'manual', dryRun = false, limit, refusedCalls = 0, interruptAfter } = past;
  const { fakes, environment, stores, ledger, signal } = history;
  const armed = interruptAfter === undefined ? undefined : armInterrupt({ afterItems: interruptAfter });
  using faults = new DisposableStack();
  if (refusedCalls > 0) {
    const refused = { kind: 'status', status: 403 } as const;
    for (const variable of Object.keys(testCase.fakes))
      faults.use(fakes.running[variable]?.fault({ path: '*', times: refusedCalls }, refused));
  }
  await launchJob(job, {
    environment,
    stores,
    ledger,
    scope,
    dryRun,
    trigger: { kind, by, ...(kind === 'schedule' && { scheduledTime: new Date().toISOString() }) },
    signal: AbortSignal.any([signal, slow, ...(armed ? [armed.signal] : [])]),
    ...(limit === undefined ? {} : { limit }),
    ...(armed && { observer: armed.observer }),
  });
}
