/**
 * Runs and failed items, for people and for redrive.
 *
 * Guarantees: each run is shown as it was at one moment. Does not guarantee that of a list: it is read run by run.
 */

import type { Json } from '../sources/source.ts';
import { badPage } from './bad-page.ts';
import { failuresPartition, isFailurePlace, listPartition, listPlace, type Records } from './items-records.ts';
import { isSaved, type StoredRun } from './items-run.ts';
import type { Item } from './items-store.ts';
import type { FailedItem, FailuresPage, FailuresQuery, RunRecord, RunsQuery } from './ledger.ts';

const fewestRuns = 20;
const mostAtOnce = 50;
const pageOfFailures = 100;

export class Reader {
  readonly #records: Records;

  constructor(records: Records) {
    this.#records = records;
  }

  async run(runId: string): Promise<RunRecord | undefined> {
    const { run } = await this.#records.findRun(runId);
    return run === undefined ? undefined : this.#toRecord(run);
  }

  async runs({ job, status, before, limit = fewestRuns }: RunsQuery = {}): Promise<readonly RunRecord[]> {
    const runs: StoredRun[] = [];
    let after: string | undefined;
    if (before !== undefined) {
      const { run } = await this.#records.findRun(before);
      if (run === undefined) return [];
      after = listPlace(run);
    }
    while (runs.length < limit) {
      const pageSize = Math.min(status === undefined ? limit - runs.length : mostAtOnce, mostAtOnce);
      const page = { after, limit: pageSize, reverse: true };
      const entries = await this.#records.store.query(listPartition(job), page);
      const found = await Promise.all(entries.map((entry) => this.#findListed(entry)));
      runs.push(...found.flat().filter((run) => status === undefined || run.status === status));
      if (entries.length < pageSize) break;
      after = entries.at(-1)?.sk;
    }
    return Promise.all(runs.slice(0, limit).map((run) => this.#toRecord(run)));
  }

  async failures(runId: string, query: FailuresQuery = {}): Promise<FailuresPage> {
    const { error, limit = pageOfFailures } = query;
    const { run, seen } = await this.#records.findRun(runId);
    if (run === undefined || seen === undefined) return { items: [], next: undefined };
    const found: { readonly sk: string; readonly failure: FailedItem }[] = [];
    let after = query.after === undefined ? undefined : readPlace(query.after);
    // One more than asked for tells whether there is another page.
    while (found.length <= limit) {
      const page = await this.#records.store.query(failuresPartition(runId), { after, limit: pageOfFailures });
      for (const item of page) {
        const failure = readFailure(item, seen);
        if (failure !== undefined && fits(failure, error)) found.push({ sk: item.sk, failure });
      }
      if (page.length < pageOfFailures) break;
      after = page.at(-1)?.sk;
    }
    const items = found.slice(0, limit);
    return { items: items.map(({ failure }) => failure), next: found.length > limit ? items.at(-1)?.sk : undefined };
  }

  async #findListed(entry: Item): Promise<readonly StoredRun[]> {
    const { run } = await this.#records.findRun(String(entry.runId));
    // A claim that was tried twice may have listed its run twice.
    return run !== undefined && listPlace(run) === entry.sk ? [run] : [];
  }

  async #toRecord(run: StoredRun): Promise<RunRecord> {
    const leaseHeld = run.status === 'running' && !(await this.#records.mayBeHeld(run)) ? false : undefined;
    const { token, leaseKey, crashed, recovered, definition, seq, ...record } = run;
    return { ...record, leaseHeld };
  }
}

function readPlace(after: Json): string {
  if (typeof after === 'string' && isFailurePlace(after)) return after;
  throw badPage();
}

/** Undefined: its checkpoint was not saved. */
function readFailure(item: Item, run: Item): FailedItem | undefined {
  return isSaved(run, Number(item.token), Number(item.seq))
    ? (JSON.parse(String(item.failure)) as FailedItem)
    : undefined;
}

function fits({ error: { name, code } }: FailedItem, wanted: string | undefined): boolean {
  return wanted === undefined || name === wanted || code === wanted;
}
