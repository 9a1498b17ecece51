/**
 * Makes a case of a failed item of a past run, that is to fail the same way.
 *
 * The item's record is read from the stores as it is today, by a dry run of that item alone, with services answering as they
 * answered then. Guarantees: nothing is written to the stores or the ledger, and no service is asked. Does not guarantee that
 * the item still is what it was when it failed: the replay of the case tells.
 */
import {
  type EnvironmentValues,
  type FailedItem,
  type Job,
  type Ledger,
  type RunRecord,
  StintError,
  type Stores,
} from '@stint/sdk';
import type { Exchange } from '../http/har.ts';
import { startRecordedService } from '../http/recorded-service.ts';
import { exchangesOf, findFailedItem, lossesOf } from './failed-item.ts';
import { OneFailureLedger } from './one-failure-ledger.ts';
import { type Recorded, type RecordOptions, recordRun } from './record-run.ts';
import { serviceVariables } from './services.ts';

export interface RecordFailureOptions
  extends Pick<RecordOptions, 'redact' | 'description' | 'signal' | 'log' | 'observer'> {
  readonly environment: EnvironmentValues;
  readonly stores: Stores;
  /** That the run is recorded in. */
  readonly ledger: Ledger;
  readonly run: RunRecord;
  readonly key: string;
}

/**
 * @throws UsageError when the run has no such failed item
 * @throws StintError `STINT_ITEM_GONE` when its record is not there any more, or is none of the job's any more
 */
export async function recordFailure(job: Job, options: RecordFailureOptions): Promise<Recorded> {
  const { ledger, run, key, environment, ...rest } = options;
  const item = await findFailedItem(ledger, run.runId, key);
  const exchanges = toToday(
    exchangesOf(item),
    serviceVariables(job, environment).map((name) => environment[name] ?? ''),
  );
  await using opened = new AsyncDisposableStack();
  const addresses: Record<string, string> = {};
  const urls: Record<string, string> = {};
  for (const name of serviceVariables(job, environment)) {
    const url = new URL(environment[name] ?? '');
    const of = exchanges.filter((exchange) => new URL(exchange.url).origin === url.origin);
    const service = opened.use(await startRecordedService({ name, exchanges: of }));
    const path = url.pathname.replace(/\/$/, '');
    addresses[name] = `${service.url}${path}`;
    urls[name] = `${url.origin}${path}`;
  }
  const recorded = await recordRun(job, {
    description: `Item ${key} fails as it did on ${item.failedAt.slice(0, 10)}: ${item.error.message}`,
    ...rest,
    environment: { ...environment, ...addresses },
    scope: run.scope as Readonly<Record<string, unknown>>,
    ledger: opened.use(new OneFailureLedger(ledger, run.runId, item)),
    redrive: { runId: run.runId },
    dryRun: true,
    past: { urls, exchanges, now: item.failedAt, expect: expectationOf(item) },
  });
  if (recorded.summary.items.read === 0 || recorded.summary.skipped[goneReason] !== undefined)
    throw new StintError(
      'STINT_ITEM_GONE',
      `expected the record of item ${key} to be there still, but it is gone, or the job's source does not yield it any more; there is nothing to make a case of`,
    );
  return { ...recorded, warnings: [...recorded.warnings, ...tellLosses(item, exchanges)] };
}

/**
 * Exchanges with the URLs that services have today: one that had another address then is the only one that none is known of.
 */
function toToday(exchanges: readonly Exchange[], urls: readonly string[]): readonly Exchange[] {
  const origins = [...new Set(urls.map((url) => new URL(url).origin))];
  const then = new Set(exchanges.map(({ url }) => new URL(url).origin));
  const strangers = [...then].filter((origin) => !origins.includes(origin));
  const unheard = origins.filter((origin) => !then.has(origin));
  const [stranger, today] = [strangers[0], unheard[0]];
  if (strangers.length !== 1 || unheard.length !== 1 || stranger === undefined || today === undefined) return exchanges;
  return exchanges.map((exchange) => ({ ...exchange, url: exchange.url.replace(stranger, today) }));
}

const goneReason = 'gone when read again';

function tellLosses(item: FailedItem, exchanges: readonly Exchange[]): readonly string[] {
  const losses = lossesOf(item);
  // A ledger keeps no more of an item.
  return exchanges.length < 5 ? losses : [...losses, 'only its last 5 exchanges were kept'];
}

function expectationOf({ error }: FailedItem) {
  return {
    items: { read: 1, succeeded: 0, skipped: 0, failed: 1, quarantined: 0, remaining: 0 },
    failuresByError: { [`${error.name} ${error.code}`.trimEnd()]: 1 },
  };
}
