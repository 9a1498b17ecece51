/**
 * Where the ledger's items are, and which of them count.
 *
 *   run#<id>                  run                     the run
 *   failures#<id>             <token>#<seq>#<n>       its failed items, written before the checkpoint that makes them count
 *   lease#<key>               lease                   who may write which run
 *   identity#<hash>           last                    the last runs of a job and scope
 *   scheduled#<job>#<time>    run                     the run that used a scheduled time up, of its shard
 *   claim#<id>                claim                   the run that a claim went on with, where nothing else tells
 *   runs, runs#<job>          <startedAt>#<id>        the list of runs
 *   audit                     <id>                    who did what
 *   series#<id>               0 to 9                  how an attempt of the run went, in the place of the tenth before it
 *
 * An item that refers to a run that is not there counts as not there itself; so they may be written before the run, and
 * may outlive it. `expiresAt` lets the store remove what is old; reads pass over it before that.
 */
import type { Clock } from '../clock.ts';
import { Leases } from './items-lease.ts';
import { isFinal, readRun, runKey, type StoredRun } from './items-run.ts';
import type { Attributes, Item, ItemKey, ItemsStore } from './items-store.ts';
import type { ClaimRequest, FailedItem, LedgerOptions } from './ledger.ts';
import { identityOf } from './run-identity.ts';

const dayMs = 24 * 60 * 60 * 1_000;
// Claims of one identity that died between two of their writes, one after the other.
const mostPending = 8;
const digits = 16;
const failurePlace = new RegExp(`^\\d{${digits}}(#\\d{${digits}}){2}$`);

/** What is under a run's key, and the run that it is, unless it does not count. */
export interface Found {
  readonly seen: Item | undefined;
  readonly run: StoredRun | undefined;
}

/** The last runs of an identity: the newest that exists is the one that counts. */
export interface LastRuns {
  /** As it was read; undefined: there is none. */
  readonly item: Item | undefined;
  readonly found: Found | undefined;
  /** Newer than `run`: claims that have not written their run yet, or never will. */
  readonly pending: readonly string[];
}

export class Records {
  readonly store: ItemsStore;
  readonly leases: Leases;
  readonly #clock: Clock;
  readonly #retentionMs: number;

  constructor(store: ItemsStore, clock: Clock, { retentionMs }: Pick<Required<LedgerOptions>, 'retentionMs'>) {
    this.store = store;
    this.#clock = clock;
    this.#retentionMs = retentionMs;
    // A lease must never go while somebody has it, however short runs are kept.
    this.leases = new Leases(store, () => this.#inSeconds(2 * retentionMs + dayMs));
  }

  /** What every write of a run sets. */
  stamp(): { readonly updatedAt: string; readonly expiresAt: number } {
    return { updatedAt: this.#timeText(), ...this.expiry() };
  }

  /** What every write of another item sets. Runs are passed over in time, so what belongs to them may stay longer. */
  expiry(): { readonly expiresAt: number } {
    return { expiresAt: this.#inSeconds(2 * this.#retentionMs) };
  }

  /** Whether a run that gives no other sign of life should be stamped, lest it is taken for an old one. */
  isDueForStamp(run: StoredRun): boolean {
    return this.#clock.now() - Date.parse(run.updatedAt) > this.#retentionMs / 10;
  }

  /** A run that is void, or was kept for long enough, is not there. */
  async findRun(runId: string): Promise<Found> {
    const seen = await this.store.get(runKey(runId));
    const run = readRun(seen);
    if (run === undefined) return { seen, run };
    return { seen, run: this.isOld(run) && !(await this.mayBeHeld(run)) ? undefined : run };
  }

  /** Whether it was kept for long enough since it was stamped. */
  isOld({ updatedAt }: { readonly updatedAt: string }): boolean {
    return Date.parse(updatedAt) + this.#retentionMs <= this.#clock.now();
  }

  /** False: nobody works on the run. */
  async mayBeHeld(run: StoredRun): Promise<boolean> {
    if (isFinal(run)) return false;
    const lease = await this.leases.find(run.leaseKey);
    if (lease === undefined || lease.free || lease.runId !== run.runId) return false;
    return run.status === 'running' || lease.token !== run.token;
  }

  async findLast(identity: string): Promise<LastRuns> {
    const item = await this.store.get(identityKey(identity));
    const pending: string[] = [];
    for (const runId of readIds(item)) {
      const found = await this.findRun(runId);
      if (found.run !== undefined) return { item, found, pending };
      pending.push(runId);
    }
    return { item, found: undefined, pending };
  }

  /** False: somebody else did meanwhile. */
  setLast(request: ClaimRequest, { item, found, pending }: LastRuns): Promise<boolean> {
    const { runId } = request;
    const identity = identityOf(request);
    const earlier = pending.filter((other) => other !== runId).slice(0, mostPending);
    const before = found?.run === undefined ? earlier : [...earlier, found.run.runId];
    const next: Item = {
      ...identityKey(identity),
      runIds: JSON.stringify([runId, ...before]),
      revision: Number(item?.revision ?? 0) + 1,
      ...this.expiry(),
    };
    return this.store.put(next, item === undefined ? 'absent' : { equal: { revision: item.revision } });
  }

  /** Writes an item that points to a run. False: it is not as it was seen. */
  point(key: ItemKey, runId: string, seen: Item | undefined): Promise<boolean> {
    const condition = seen === undefined ? 'absent' : { equal: { runId: seen.runId } };
    return this.store.put({ ...key, runId, ...this.expiry() }, condition);
  }

  /** Remembers which run a claim went on with. */
  async noteClaim(claimId: string, runId: string): Promise<void> {
    await this.store.put({ ...claimKey(claimId), runId, ...this.expiry() });
  }

  /** Puts a run on the lists. */
  list({ runId, job, startedAt }: { runId: string; job: string; startedAt: string }): Promise<void> {
    const entry: Attributes = { runId, ...this.expiry() };
    const sk = listPlace({ runId, startedAt });
    return this.store.putAll([listPartition(undefined), listPartition(job)].map((pk) => ({ pk, sk, ...entry })));
  }

  failureItems(runId: string, token: number, seq: number, failures: readonly FailedItem[]): readonly Item[] {
    return failures.map((failure, n) => ({
      pk: failuresPartition(runId),
      sk: [token, seq, n].map((part) => String(part).padStart(digits, '0')).join('#'),
      token,
      seq,
      failure: JSON.stringify(failure),
      ...this.expiry(),
    }));
  }

  #timeText(): string {
    return new Date(this.#clock.now()).toISOString();
  }

  #inSeconds(ms: number): number {
    return Math.ceil((this.#clock.now() + ms) / 1_000);
  }
}

export function scheduledKey(job: string, occasion: string): ItemKey {
  return { pk: `scheduled#${job}#${occasion}`, sk: 'run' };
}

export function claimKey(claimId: string): ItemKey {
  return { pk: `claim#${claimId}`, sk: 'claim' };
}

export function failuresPartition(runId: string): string {
  return `failures#${runId}`;
}

export function seriesPartition(runId: string): string {
  return `series#${runId}`;
}

/** Whether an item of that partition may have this `sk`. */
export function isFailurePlace(sk: string): boolean {
  return failurePlace.test(sk);
}

export function listPartition(job: string | undefined): string {
  return job === undefined ? 'runs' : `runs#${job}`;
}

export function listPlace({ startedAt, runId }: { readonly startedAt: string; readonly runId: string }): string {
  return `${startedAt}#${runId}`;
}

function identityKey(identity: string): ItemKey {
  return { pk: `identity#${identity}`, sk: 'last' };
}

function readIds(item: Item | undefined): readonly string[] {
  return item === undefined ? [] : (JSON.parse(String(item.runIds)) as string[]);
}
