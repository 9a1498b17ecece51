/** For tests only: starts of runs in the situations that matter, and what has to hold after them. */
import { expect } from 'chai';
import { systemClock } from '../../clock.ts';
import { ItemLedger } from '../item-ledger.ts';
import type { ItemsStore } from '../items-store.ts';
import type { Claim, ClaimRequest, End, FailedItem, Granted, Save, Sighting } from '../ledger.ts';
import { MemoryItems } from './memory-items.ts';
import type { SteppingItems } from './stepping-items.ts';

export const open = (store: ItemsStore) => new ItemLedger(store, { clock: systemClock });

export function requestOf(runId: string, overrides: Partial<ClaimRequest> = {}): ClaimRequest {
  return {
    ...{ job: 'job', scope: {}, trigger: { kind: 'manual' }, runId, exclusive: 'scope', resume: 'last', dryRun: false },
    ...{ redriveOf: undefined, definition: 'd', holder: `task of ${runId}` },
    ...overrides,
  };
}

export const failureOf = (key: string): FailedItem => ({
  ...{ loop: 'items', key, cursor: [key], outcome: 'failed', attempts: 1, failedAt: '2026-01-01T00:00:00.000Z' },
  ...{ error: { name: 'Error', code: '', message: '' }, exchanges: [] },
});

export function saveOf(seq: number, keys: readonly string[] = []): Save {
  const checkpoint = { seq, loops: {}, tally: {}, beyond: 0, replayed: { known: 0, atMost: 0 }, mark: null };
  return { checkpoint: checkpoint as unknown as Save['checkpoint'], failures: keys.map(failureOf) };
}

export function endOf(seq: number, resumable: boolean, keys: readonly string[] = []): End {
  const summary = { status: resumable ? 'interrupted' : 'succeeded' } as End['summary'];
  return { ...saveOf(seq, keys), summary, resumable };
}

export const scheduled = (time: string) => ({ kind: 'schedule' as const, scheduledTime: time });
export const noon = '2026-01-01T12:00:00.000Z';

export interface Scenario {
  readonly name: string;
  /** What there is before, if anything. */
  readonly before?: (store: MemoryItems) => Promise<void>;
  readonly claim: ClaimRequest;
  /** Another start, which comes after. */
  readonly other: ClaimRequest;
}

/** A run that was stopped, or whose process died. */
export async function earlier(store: MemoryItems, end: 'interrupted' | 'dead', overrides: Partial<ClaimRequest> = {}) {
  const ledger = open(store);
  const { lease } = await grantedOf(ledger, requestOf('0', overrides));
  await ledger.checkpoint(lease, saveOf(1, ['a']));
  if (end === 'interrupted') await ledger.finish(lease, endOf(2, true));
  return lease;
}

export const onTime = { trigger: scheduled(noon) };
export const beside = { exclusive: 'nothing' } as const;
export const byJob = { exclusive: 'job' } as const;

export const scenarios: readonly Scenario[] = [
  { name: 'a new run', claim: requestOf('1'), other: requestOf('2') },
  { name: 'a new run after another', before: ended, claim: requestOf('1'), other: requestOf('2') },
  {
    name: 'a new run, though one was interrupted',
    before: stopped,
    claim: requestOf('1', { resume: 'none' }),
    other: requestOf('2'),
  },
  { name: 'a dry run', claim: requestOf('1', { dryRun: true }), other: requestOf('2') },
  { name: 'an interrupted run', before: stopped, claim: requestOf('1'), other: requestOf('2') },
  { name: 'a crashed run', before: died, claim: requestOf('1'), other: requestOf('2') },
  { name: 'a run by its id', before: died, claim: requestOf('1', { resume: { runId: '0' } }), other: requestOf('2') },
  {
    name: 'a new run in place of a crashed one of another scope',
    before: async (store) => void (await earlier(store, 'dead', { ...byJob, scope: 'other' })),
    claim: requestOf('1', byJob),
    other: requestOf('2', byJob),
  },
  {
    name: 'a run, the other being of another scope',
    before: async (store) => void (await earlier(store, 'dead', { ...byJob })),
    claim: requestOf('1', byJob),
    other: requestOf('2', { ...byJob, scope: 'other' }),
  },
  { name: 'a scheduled run', claim: requestOf('1', onTime), other: requestOf('2', onTime) },
  { name: 'a crashed scheduled run', before: diedOnTime, claim: requestOf('1', onTime), other: requestOf('2', onTime) },
  {
    name: 'a run that excludes nothing',
    before: stoppedBeside,
    claim: requestOf('1', beside),
    other: requestOf('2', beside),
  },
  { name: 'a new run that excludes nothing', claim: requestOf('1', beside), other: requestOf('2', beside) },
  {
    name: 'a scheduled run that excludes nothing',
    claim: requestOf('1', { ...beside, ...onTime, resume: 'none' }),
    other: requestOf('2', { ...beside, ...onTime, resume: 'none' }),
  },
  { name: 'a run that was cancelled', before: cancelled, claim: requestOf('1'), other: requestOf('2') },
  { name: 'a run whose job excluded something else', before: diedByJob, claim: requestOf('1'), other: requestOf('2') },
];

export async function stopped(store: MemoryItems) {
  await earlier(store, 'interrupted');
}
export async function ended(store: MemoryItems) {
  const ledger = open(store);
  await ledger.finish((await grantedOf(ledger, requestOf('0'))).lease, endOf(1, false));
}
export async function died(store: MemoryItems) {
  await earlier(store, 'dead');
}
export async function diedByJob(store: MemoryItems) {
  await earlier(store, 'dead', byJob);
}
export async function diedOnTime(store: MemoryItems) {
  await earlier(store, 'dead', onTime);
}
export async function stoppedBeside(store: MemoryItems) {
  await earlier(store, 'interrupted', beside);
}
export async function cancelled(store: MemoryItems) {
  await earlier(store, 'dead');
  await open(store).cancel('0', 'somebody');
}

/** Claims as a process does that waits until what it sees has expired: it has, as long as `isDead` says so. */
export async function claimPatiently(
  ledger: ItemLedger,
  request: ClaimRequest,
  isDead = (_: Sighting) => true,
): Promise<Claim> {
  let claim = await ledger.claim(request);
  for (let looks = 0; !claim.granted && claim.sighting !== undefined && isDead(claim.sighting); looks++) {
    if (looks > 5) throw new Error('expected the lease to be taken over; it is stuck');
    claim = await ledger.claim({ ...request, expired: claim.sighting });
  }
  return claim;
}

export async function grantedOf(ledger: ItemLedger, request: ClaimRequest): Promise<Granted> {
  const claim = await claimPatiently(ledger, request);
  if (!claim.granted) throw new Error(`expected the claim to be granted, it was refused: ${claim.reason}`);
  return claim;
}

export async function prepare({ before }: Scenario): Promise<MemoryItems> {
  const store = new MemoryItems();
  await before?.(store);
  return store;
}

export const rejectionOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

/** That everything can go on: the next starts get through, and each run is there once. */
export async function expectSound(store: MemoryItems, claim: Claim, request: ClaimRequest): Promise<void> {
  const ledger = open(store);
  if (claim.granted) {
    await ledger.heartbeat(claim.lease);
    await ledger.checkpoint(claim.lease, saveOf((claim.checkpoint?.seq ?? 0) + 1));
    await ledger.finish(claim.lease, endOf((claim.checkpoint?.seq ?? 0) + 2, false));
  }
  for (let start = 0; start < 3; start++) {
    const next = await grantedOf(ledger, requestOf(`9${start}`, { exclusive: request.exclusive }));
    await ledger.finish(next.lease, endOf((next.checkpoint?.seq ?? 0) + 1, false));
    if (start === 2) expect(next.lease.runId, 'a new run').to.equal('92');
  }
  const runs = await ledger.runs({ limit: 100 });
  expect(new Set(runs.map(({ runId }) => runId)).size, 'each run is listed once').to.equal(runs.length);
  for (const { attempt, attempts } of runs) {
    expect(
      attempts.map((each) => each.attempt),
      'attempts',
    ).to.deep.equal(Array.from({ length: attempt }, (_, n) => n + 1));
  }
  // Nobody ever comes by a lease of one run alone, once a newer run has begun.
  const passed = runs.filter(
    ({ status, dryRun }) => status === 'running' && !dryRun && request.exclusive !== 'nothing',
  );
  expect(passed, 'runs that nobody ends').to.deep.equal([]);
}

/** Does something for each step of an operation. */
export async function atEachStep(fn: (at: number) => Promise<SteppingItems>): Promise<number> {
  for (let at = 1; ; at++) {
    const steps = await fn(at);
    if (!steps.harmed) return at - 1;
    if (at > 200) throw new Error(`expected the operation to end, it goes on after 200 steps`);
  }
}

export async function isAlive(ledger: ItemLedger, claim: Claim): Promise<boolean> {
  return claim.granted && (await rejectionOf(ledger.heartbeat(claim.lease))) === undefined;
}

export function outcomeOf(claim: Claim): object {
  if (!claim.granted) return { reason: claim.reason };
  const { attempt, recovered, lease, checkpoint } = claim;
  return { attempt, recovered, runId: lease.runId, seq: checkpoint?.seq };
}

/** The runs that are said to go on. */
export async function runningIn(ledger: ItemLedger): Promise<readonly string[]> {
  return (await ledger.runs({ status: 'running', limit: 100 })).map(({ runId }) => runId);
}
