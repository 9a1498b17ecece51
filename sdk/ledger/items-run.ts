/**
 * A run as an item, and what its attributes mean to the protocol.
 *
 *   token      of the claim that may write it; only ever grows. Whoever takes a lease over raises it: the fence.
 *   leaseKey   of the lease that the attempt stands on: a job that changes what it excludes changes its runs' lease
 *   attempts   the last ones; the last of them is the one that `attempt` counts, unless an older Stint wrote the run
 *   crashed    fenced while it was running
 *   ended     token of the attempt that ended by itself last
 *   saved#<t>  the last checkpoint that was saved with token t: failed items of later ones do not count, nor do those
 *              between the numbers of a pair in gaps#<t>
 *
 * A run may be `void`: it was declared by a claim that died before it wrote it. The item bars that claim's late write;
 * to everybody else there is no such run.
 */
import { formatShard, parseShard } from '../shard.ts';
import type { Json } from '../sources/source.ts';
import type { Summary } from '../summary.ts';
import { type AttemptRecord, beginAttempt, fitAttempts, readAttempts, type StoredAttempt } from './attempts.ts';
import { mostAttemptsBytes } from './items-size.ts';
import type { Attribute, Attributes, Expected, Item, ItemKey } from './items-store.ts';
import type { Checkpoint, ClaimRequest, RunRecord, RunStatus } from './ledger.ts';

export interface StoredRun extends Omit<RunRecord, 'leaseHeld'> {
  readonly token: number;
  readonly leaseKey: string;
  readonly crashed: boolean;
  readonly recovered: boolean;
  readonly definition: string;
  readonly seq: number;
}

export function runKey(runId: string): ItemKey {
  return { pk: `run#${runId}`, sk: 'run' };
}

export function isFinal({ status }: { readonly status: RunStatus }): boolean {
  return status !== 'running' && status !== 'interrupted';
}

/** That nobody claimed, fenced, ended or cancelled the run since it was seen. */
export function unchanged(seen: Item): Expected {
  return { equal: { token: seen.token, status: seen.status, cancelledBy: seen.cancelledBy } };
}

export function newRunItem(
  { runId, job, scope, shard, trigger, dryRun, redriveOf, definition, holder }: ClaimRequest,
  { token, leaseKey, at }: { readonly token: number; readonly leaseKey: string; readonly at: string },
): Item {
  return {
    ...runKey(runId),
    runId,
    job,
    scope: JSON.stringify(scope),
    ...(shard === undefined ? {} : { shard: formatShard(shard) }),
    trigger: JSON.stringify(trigger),
    dryRun,
    ...(redriveOf === undefined ? {} : { redriveOf }),
    definition,
    status: 'running',
    attempt: 1,
    attempts: attemptsText(beginAttempt([], { attempt: 1, holder, startedAt: at, fromCheckpoint: 0 })),
    holder,
    startedAt: at,
    updatedAt: at,
    token,
    leaseKey,
    crashed: false,
    recovered: false,
    seq: 0,
  };
}

/** Undefined: there is no run. */
export function readRun(item: Item | undefined): StoredRun | undefined {
  if (item === undefined || item.status === 'void') return undefined;
  return {
    runId: String(item.runId),
    job: String(item.job),
    scope: JSON.parse(String(item.scope)) as Json,
    ...(item.shard === undefined ? {} : { shard: parseShard(String(item.shard), 'the shard of a run') }),
    trigger: JSON.parse(String(item.trigger)) as RunRecord['trigger'],
    dryRun: item.dryRun === true,
    redriveOf: readText(item.redriveOf),
    status: item.status as RunStatus,
    attempt: Number(item.attempt),
    attempts: readAttempts(readJson<readonly StoredAttempt[]>(item.attempts)),
    holder: String(item.holder),
    startedAt: String(item.startedAt),
    updatedAt: String(item.updatedAt),
    finishedAt: readText(item.finishedAt),
    cancelledBy: readText(item.cancelledBy),
    checkpoint: readJson<Checkpoint>(item.checkpoint),
    summary: readJson<Summary>(item.summary),
    token: Number(item.token),
    leaseKey: String(item.leaseKey),
    crashed: item.crashed === true,
    recovered: item.recovered === true,
    definition: String(item.definition),
    seq: Number(item.seq),
  };
}

/** As the attribute `attempts` has them. */
export function attemptsText(attempts: readonly AttemptRecord[]): string {
  return JSON.stringify(fitAttempts(attempts, mostAttemptsBytes));
}

/** Whether checkpoint `seq` of the attempt with this token was saved, and its failed items count. */
export function isSaved(run: Item, token: number, seq: number): boolean {
  return (
    seq <= Number(run[`saved#${token}`] ?? 0) && !readGaps(run, token).some(([from, to]) => from < seq && seq < to)
  );
}

/** What a run is to remember when checkpoint `seq` is saved after checkpoint `before`. `seen`: none is needed when no number is left out. */
export function noteSaved(
  token: number,
  { seq, before }: { readonly seq: number; readonly before: number },
  seen: Item | undefined,
): Attributes {
  const saved = { [`saved#${token}`]: seq };
  if (seq === before + 1) return saved;
  return { ...saved, [`gaps#${token}`]: JSON.stringify([...readGaps(seen, token), [before, seq]]) };
}

function readGaps(run: Item | undefined, token: number): readonly (readonly [number, number])[] {
  return readJson(run?.[`gaps#${token}`]) ?? [];
}

function readText(value: Attribute | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

function readJson<TValue>(value: Attribute | undefined): TValue | undefined {
  return value === undefined ? undefined : (JSON.parse(String(value)) as TValue);
}
