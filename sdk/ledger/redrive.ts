/**
 * Which run's failed items a run works again, and which of them: as one text in the ledger, as an object elsewhere.
 *
 * The text is a part of the run's identity (`run-identity.ts`). Guarantees: the same choice has the same text, in whatever order
 * and however often its keys were given, and another choice another one; so a start goes on with an unfinished redrive of just
 * the items that it would work itself, and a resume knows them all.
 */
import { StintError, UnknownRunError, UsageError } from '../errors.ts';
import { type RetryContext, retrying } from '../pace/retry.ts';
import type { RunOptions } from '../run-options.ts';
import type { RedriveOptions } from '../sources/redrive.ts';
import type { Json } from '../sources/source.ts';
import type { Summary } from '../summary.ts';
import type { FailuresQuery, RunRecord } from './ledger.ts';
import type { LedgerCalls } from './ledger-calls.ts';

export type Redrive = Readonly<NonNullable<Summary['redriveOf']>>;

/** What a redrive is to do. */
export interface RedriveTask {
  readonly redrive: Redrive;
  /**
   * The run at the beginning of the chain of redrives: its id begins the idempotency keys of them all, so that a provider
   * that has done the work, and whose answer was lost, does not do it again.
   */
  readonly keyRoot: string;
}

const mostKeys = 1_000;
const shownKeys = 3;
const pageOfFailures = 100;
// What begins with a brace is JSON, and PostgreSQL keeps no character 0.
const plainError = /^[^{\p{Cc}][^\p{Cc}]*$/u;

export function formatRedrive({ runId, error, keys }: Redrive): string {
  if (keys !== null || (error !== null && !plainError.test(error)))
    return `${runId} ${JSON.stringify({ error, keys })}`;
  return error === null ? runId : `${runId} ${error}`;
}

/** Of the `redriveOf` of a run's record. */
export function parseRedrive(text: string): Redrive {
  const at = text.indexOf(' ');
  if (at === -1) return { runId: text, error: null, keys: null };
  const runId = text.slice(0, at);
  const which = text.slice(at + 1);
  if (!which.startsWith('{')) return { runId, error: which, keys: null };
  const { error, keys } = JSON.parse(which) as Omit<Redrive, 'runId'>;
  return { runId, error, keys };
}

/** The run that a start goes on with, or whose failed items it works. */
export interface Earlier {
  readonly run: RunRecord;
  /** Undefined: the start is no redrive, nor is the run that it resumes. */
  readonly task: RedriveTask | undefined;
}

/**
 * What a start has to do with an earlier run that its options name; undefined: they name none.
 * @throws UnknownRunError, UsageError for a run of another job, one that still goes on, or keys that it has no such item of
 */
export async function lookUpEarlier(
  calls: Pick<LedgerCalls, 'run' | 'failures'>,
  job: string,
  { redrive, resumeRun, signal }: Pick<RunOptions, 'redrive' | 'resumeRun' | 'signal'>,
): Promise<Earlier | undefined> {
  if (redrive !== undefined) {
    const keys = redrive.keys === undefined ? null : normalKeys(redrive.keys);
    const chosen = { runId: redrive.runId, error: redrive.error ?? null, keys };
    const record = await lookUpRun(calls, job, redrive.runId);
    if (record.status === 'running' && record.leaseHeld !== false) {
      throw new UsageError(
        `expected run ${redrive.runId} to be over, but it still goes on; redrive its failed items when it has ended`,
      );
    }
    await checkKeys(calls, chosen, signal);
    return { run: record, task: await findTask(calls, chosen) };
  }
  if (resumeRun === undefined) return undefined;
  const run = await lookUpRun(calls, job, resumeRun);
  const { redriveOf } = run;
  return { run, task: redriveOf === undefined ? undefined : await findTask(calls, parseRedrive(redriveOf)) };
}

// As other sources do: an outage of some ten seconds is lived through.
const readPolicy = { attempts: 8, baseMs: 200, maxMs: 5_000, maxRetryAfterMs: 0 };

/** Pages through the chosen items of one loop. */
export function failuresOf(
  calls: Pick<LedgerCalls, 'failures'>,
  { runId, error, keys }: Redrive,
  loop: string,
  retry: Omit<RetryContext, 'policy'>,
): RedriveOptions['failures'] {
  const wanted = keys === null ? undefined : new Set(keys);
  return async (after, limit, signal) => {
    let from = after;
    for (;;) {
      const query = queryOf(error, from, limit);
      const page = await retrying({ ...retry, policy: readPolicy }, signal, () => calls.failures(runId, query));
      const items = page.items.filter((item) => item.loop === loop && (wanted?.has(item.key) ?? true));
      if (items.length > 0 || page.next === undefined) return { items, next: page.next };
      from = page.next;
    }
  };
}

function queryOf(error: string | null, after: Json | undefined, limit: number): FailuresQuery {
  return { limit, ...(after === undefined ? {} : { after }), ...(error === null ? {} : { error }) };
}

function normalKeys(given: readonly string[]): string[] {
  const keys = [...new Set(given)].sort();
  if (keys.length === 0 || keys.length > mostKeys) {
    throw new UsageError(
      `expected redrive.keys to name 1 to ${mostKeys} items, got ${keys.length}; leave it out for all items, or choose by error`,
    );
  }
  return keys;
}

async function checkKeys(
  calls: Pick<LedgerCalls, 'failures'>,
  { runId, error, keys }: Redrive,
  signal: AbortSignal | undefined,
): Promise<void> {
  const missing = new Set(keys);
  let after: Json | undefined;
  while (missing.size > 0) {
    signal?.throwIfAborted();
    const { items, next } = await calls.failures(runId, queryOf(error, after, pageOfFailures));
    for (const { key } of items) missing.delete(key);
    if (next === undefined) break;
    after = next;
  }
  if (missing.size === 0) return;
  const shown = [...missing].slice(0, shownKeys).map((key) => JSON.stringify(key));
  const rest = missing.size > shownKeys ? ` and ${missing.size - shownKeys} more` : '';
  const which = error === null ? '' : ` with ${JSON.stringify(error)}`;
  throw new UsageError(
    `expected keys of failed items of run ${runId}, but it has none${which} of ${shown.join(', ')}${rest}; see \`stint show ${runId} --failures\``,
  );
}

async function findTask(calls: Pick<LedgerCalls, 'run'>, redrive: Redrive): Promise<RedriveTask> {
  let { runId } = redrive;
  for (;;) {
    const record = await calls.run(runId);
    if (record === undefined) throw new UnknownRunError(runId);
    if (record.redriveOf === undefined) return { redrive, keyRoot: runId };
    runId = parseRedrive(record.redriveOf).runId;
  }
}

async function lookUpRun(calls: Pick<LedgerCalls, 'run'>, job: string, runId: string): Promise<RunRecord> {
  const record = await calls.run(runId);
  if (record === undefined) throw new UnknownRunError(runId);
  if (record.job !== job) throw new UsageError(`expected a run of ${job}, but ${runId} is one of ${record.job}`);
  if (record.dryRun) {
    throw new StintError(
      'STINT_DRY_RUN',
      `expected a run that worked in earnest, but ${runId} was a dry run; start a new run`,
    );
  }
  return record;
}
