/** Which of the three that `stint record` does is asked for: a run, a failed item, or drift. */
import { UsageError } from '@stint/sdk';
import { type DriftFlags, driftCommand } from './drift-command.ts';
import { type RecordFlags, recordCommand, recordFailureCommand } from './record-command.ts';
import type { ScopeFlags } from './scope-flags.ts';
import type { WatchedRun } from './watched-run.ts';

export interface AnyRecordFlags extends Partial<RecordFlags>, Partial<DriftFlags> {
  /** Id of the run, and key of the item. @default a run of the job is recorded */
  readonly fromFailure?: readonly string[];
}

/** @throws UsageError when it is none of them, or several */
export async function recordAny(
  job: string | undefined,
  flags: AnyRecordFlags,
  fields: ScopeFlags['fields'],
  run: WatchedRun,
): Promise<void> {
  const { drift, fromFailure, as, ...others } = flags;
  if ([job, drift, fromFailure].filter((each) => each !== undefined).length !== 1)
    throw new UsageError(
      'expected one of a job, --from-failure <run> <key> and --drift <case>; see `stint record --help`',
    );
  if (drift !== undefined) return driftCommand({ ...others, drift }, run);
  if (as === undefined) throw new UsageError('expected --as <case> to name the new case, got none');
  if (job !== undefined) return recordCommand(job, { ...others, as }, fields, run);
  const [runId, key, ...more] = fromFailure ?? [];
  if (runId === undefined || key === undefined || more.length > 0)
    throw new UsageError(
      'expected --from-failure <run> <key>: the id of a run, and the key of one of its failed items',
    );
  return recordFailureCommand({ ...others, as, runId, key }, run);
}
