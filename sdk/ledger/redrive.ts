/** Which run's failed items a run works again, and which of them: as one text in the ledger, as an object elsewhere. */
import { StintError, UnknownRunError, UsageError } from '../errors.ts';
import { type RetryContext, retrying } from '../pace/retry.ts';
import type { RunOptions } from '../run-options.ts';
import type { RedriveOptions } from '../sources/redrive.ts';
import type { FailedItem, RunRecord } from './ledger.ts';
import type { LedgerCalls } from './ledger-calls.ts';

export interface Redrive {
  readonly runId: string;
  /** Only items whose error has this name or code; null: all. */
  readonly error: string | null;
}

/** What a redrive is to do. */
export interface RedriveTask {
  readonly redrive: Redrive;
  /**
   * The run at the beginning of the chain of redrives: its id begins the idempotency keys of them all, so that a provider
   * that has done the work, and whose answer was lost, does not do it again.
   */
  readonly keyRoot: string;
}

export function formatRedrive({ runId, error }: Redrive): string {
  return error === null ? runId : `${runId} ${error}`;
}

export function parseRedrive(text: string): Redrive {
  const at = text.indexOf(' ');
  return at === -1 ? { runId: text, error: null } : { runId: text.slice(0, at), error: text.slice(at + 1) };
}

/**
 * The redrive that a start is, by its options or because the run that it resumes is one; undefined: it is none.
 * @throws UnknownRunError, UsageError for a run of another job, or one that still goes on
 */
export async function lookUpTask(
  calls: Pick<LedgerCalls, 'run'>,
  job: string,
  { redrive, resumeRun }: Pick<RunOptions, 'redrive' | 'resumeRun'>,
): Promise<RedriveTask | undefined> {
  if (redrive !== undefined) {
    const record = await lookUpRun(calls, job, redrive.runId);
    if (record.status === 'running' && record.leaseHeld !== false) {
      throw new UsageError(
        `expected run ${redrive.runId} to be over, but it still goes on; redrive its failed items when it has ended`,
      );
    }
    return findTask(calls, { runId: redrive.runId, error: redrive.error ?? null });
  }
  if (resumeRun === undefined) return undefined;
  const { redriveOf } = await lookUpRun(calls, job, resumeRun);
  return redriveOf === undefined ? undefined : findTask(calls, parseRedrive(redriveOf));
}

// As other sources do: an outage of some ten seconds is lived through.
const readPolicy = { attempts: 8, baseMs: 200, maxMs: 5_000, maxRetryAfterMs: 0 };

/** Pages through the failed items of one loop. */
export function failuresOf(
  calls: Pick<LedgerCalls, 'failures'>,
  { runId, error }: Redrive,
  loop: string,
  retry: Omit<RetryContext, 'policy'>,
): RedriveOptions['failures'] {
  return async (after, limit, signal) => {
    let from = after;
    for (;;) {
      const query = {
        limit,
        ...(from === undefined ? {} : { after: from }),
        ...(error === null ? {} : { error }),
      };
      const page = await retrying({ ...retry, policy: readPolicy }, signal, () => calls.failures(runId, query));
      const items: readonly FailedItem[] = page.items.filter((item) => item.loop === loop);
      if (items.length > 0 || page.next === undefined) return { items, next: page.next };
      from = page.next;
    }
  };
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
