/** Where runs are recorded, and what their jobs are run on: so that a run can be looked at, and gone on with. */

import { jobs } from '@stint/jobs/registry';
import {
  EnvironmentError,
  type EnvironmentValues,
  findJob,
  type Job,
  type LaunchOptions,
  type Ledger,
  MemoryLedger,
  openLedger,
  type RunRecord,
  type RunsQuery,
  UnknownRunError,
} from '@stint/sdk';

/** What a job is run on. Dispose it after the run. */
export interface Ground extends AsyncDisposable {
  readonly launch: Pick<LaunchOptions, 'environment' | 'stores' | 'ledger'>;
  /** Where its runs are recorded. */
  readonly ledger: Ledger;
}

/** A run that the place knows of. */
export interface KnownRun {
  readonly record: RunRecord;
  readonly ledger: Ledger;
  /** Folder of the case that it works on; undefined: it works on the stores of the environment. */
  readonly caseDirectory: string | undefined;
  /** Opens what it was run on. */
  openGround(): Promise<Ground>;
}

/** Pages are not for a place: it may have several ledgers, and a run is known to one of them. */
export type ListQuery = Omit<RunsQuery, 'before'>;

export interface RunPlace extends AsyncDisposable {
  /** Newest first. @throws UnknownJobError when there are none, of a job that there is not */
  runs(query: ListQuery): Promise<readonly RunRecord[]>;
  /** @throws UnknownRunError */
  find(runId: string): Promise<KnownRun>;
}

/** The ledger and the stores that the environment names. @throws EnvironmentError */
export async function openExternalPlace(environment: EnvironmentValues): Promise<RunPlace> {
  const ledger = await openLedger(environment);
  if (ledger instanceof MemoryLedger) {
    throw new EnvironmentError('there are no runs to look at', [
      {
        path: 'STINT_LEDGER',
        message:
          'names a ledger in memory, which ended with its process; set DATABASE_URL, or name the ledger of the runs',
      },
    ]);
  }
  return {
    runs: async (query) => checkJob(await ledger.runs(query), query),
    async find(runId) {
      const record = await ledger.run(runId);
      if (record === undefined) throw new UnknownRunError(runId);
      const ground: Ground = { launch: { environment, ledger }, ledger, async [Symbol.asyncDispose]() {} };
      return { record, ledger, caseDirectory: undefined, openGround: async () => ground };
    },
    [Symbol.asyncDispose]: () => ledger[Symbol.asyncDispose](),
  };
}

/** A list that is empty because the job is misspelt would mislead. */
export function checkJob(records: readonly RunRecord[], { job }: ListQuery): readonly RunRecord[] {
  if (records.length === 0 && job !== undefined) findJob(jobs, job);
  return records;
}

/** The job of a run. @throws UnknownJobError when it is not in the registry any more */
export function jobOf({ job }: RunRecord): Job {
  return findJob(jobs, job);
}
