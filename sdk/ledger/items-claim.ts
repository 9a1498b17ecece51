/**
 * The claim: single-item conditional writes, in an order in which a process may die, or sleep, after each of them.
 *
 *   1 take      the lease: token + 1. Of several contenders one gets it. A free lease is declared for the run at once.
 *   2 fence     only when it was held: the run of who had it gets my token; it is interrupted, and crashed
 *   3 choose    again, now that nobody else with this lease can change what I read
 *   4 declare   the run that I am going to write, unless 1 did
 *   5 list, set last   the pointers to a new run: until it is there, they count as not there
 *   6 write     the run, with my token, if it still is what I saw in 3
 *   7 mark      the scheduled time
 *   8 beat      once: the lease is still mine
 *
 * Why a claimer that sleeps anywhere, and wakes up after another took the lease over, does no harm: 1, 2, 4 and 8 are
 * conditional on the token that it saw or has. It writes a run only after the lease named it (1 or 4), and whoever takes the
 * lease over fences that very run first (2): raises its token, or, where there is none yet, puts a void one there. So 6
 * fails. 5 is conditional on the revision that was seen, and what it names is void. 7 names a run that was fenced after it
 * was written: a later delivery of that time goes on with it.
 *
 * Why one that dies anywhere leaves nothing wrong: its lease stands still, and is taken over after its ttl.
 *   after 1, 2  the lease still names the run that has to be fenced: the next one does it
 *   after 4, 5  there is no such run, or it is as it was; who follows the pointers passes it by
 *   after 6     the run is running, and the last of its identity: the next start takes it over as a crashed one
 *   after 7     likewise; a second delivery of the time goes on with it
 *
 * Why a claim may be repeated: when 6 was done, 7 and 8 are done again and the answer is that of the first try. Before that
 * the lease is taken once more, with a new token: a first try that is still on its way is fenced like a stranger.
 *
 * Claims of one scheduled time with different leases meet at 7: who comes second takes back what it wrote.
 * A run whose job excludes something else than when it was started has two leases to do with: the one before is taken
 * over, fenced and given back first (`retire`).
 */
import { RunOverError, UnknownRunError } from '../errors.ts';
import { beginAttempt } from './attempts.ts';
import { type Chooser, type Plan, refuse } from './items-choose.ts';
import type { StoredLease } from './items-lease.ts';
import { type Records, scheduledKey } from './items-records.ts';
import { attemptsText, isFinal, newRunItem, readRun, runKey, type StoredRun, unchanged } from './items-run.ts';
import type { Claim, ClaimRequest, Granted } from './ledger.ts';
import { occasionOf } from './run-identity.ts';

/** Something else was there than was seen: the claim begins anew. */
const again = undefined;

export class Claimer {
  readonly #records: Records;
  readonly #chooser: Chooser;
  readonly #ttlMs: number;

  constructor(records: Records, chooser: Chooser, ttlMs: number) {
    this.#records = records;
    this.#chooser = chooser;
    this.#ttlMs = ttlMs;
  }

  /** Undefined: another claim came in between; ask again. @throws UnknownRunError, RunOverError */
  async claim(request: ClaimRequest): Promise<Claim | undefined> {
    const plan = await this.#chooser.choose(request);
    if (plan.kind === 'refused') return plan.claim;
    if (plan.before !== undefined) return this.#retire(request, plan.before);
    const seen = await this.#records.leases.find(plan.leaseKey);
    const isHeld = seen !== undefined && !seen.free;
    if (isHeld && seen.claimId === request.runId) {
      const { seen: item } = await this.#records.findRun(seen.runId);
      if (item?.status === 'running' && item.token === seen.token) return this.#answerAgain(request, seen, plan);
    }
    if (isHeld && !(await this.#chooser.isOver(request, seen))) return refuse('overlap', seen.runId, seen).claim;
    const token = Math.max(seen?.token ?? 0, Number(plan.seen?.token ?? 0)) + 1;
    const lease = await this.#records.leases.take(plan.leaseKey, seen, {
      request,
      token,
      runId: plan.runId,
      ttlMs: this.#ttlMs,
    });
    return lease === undefined ? again : this.#proceed(request, lease);
  }

  /** Takes a lease over that the run does not need any more, so that none but the right one stands for it. */
  async #retire(request: ClaimRequest, seen: StoredLease): Promise<undefined> {
    const { leases } = this.#records;
    const { runId, ttlMs } = seen;
    const lease = await leases.take(seen.key, seen, { request, token: seen.token + 1, runId, ttlMs });
    if (lease === undefined) return again;
    await this.#fence(lease);
    await leases.release(lease);
    return again;
  }

  /** The run was written by an earlier try of this claim, whose answer was lost. */
  async #answerAgain(request: ClaimRequest, lease: StoredLease, plan: Plan): Promise<Granted | undefined> {
    if (plan.runId !== lease.runId || !(await this.#mark(request, plan))) return again;
    return this.#grant(lease);
  }

  async #proceed(request: ClaimRequest, taken: StoredLease): Promise<Claim | undefined> {
    const { leases } = this.#records;
    if (!taken.declared) await this.#fence(taken);
    const plan = await this.#chooseOrRelease(request, taken);
    if (plan.kind === 'refused' || !fits(plan, taken) || (await this.#isCancelled(plan))) {
      await leases.release(taken);
      return plan.kind === 'refused' ? plan.claim : again;
    }
    const lease = taken.declared ? taken : await leases.declare(taken, plan.runId);
    if (lease === undefined) return again;
    if (!(await this.#write(request, lease, plan))) {
      await leases.release(lease);
      return again;
    }
    if (!(await this.#mark(request, plan))) {
      await this.#takeBack(lease, plan);
      await leases.release(lease);
      return again;
    }
    return this.#grant(lease);
  }

  async #chooseOrRelease(request: ClaimRequest, lease: StoredLease): ReturnType<Chooser['choose']> {
    try {
      return await this.#chooser.choose(request);
    } catch (error) {
      if (error instanceof UnknownRunError || error instanceof RunOverError) await this.#records.leases.release(lease);
      throw error;
    }
  }

  /** Makes sure that nobody with an older token writes the run that the lease names. */
  async #fence({ runId, key, token }: StoredLease): Promise<void> {
    for (;;) {
      const { seen } = await this.#records.findRun(runId);
      const run = readRun(seen);
      if (Number(seen?.token ?? 0) >= token || (run !== undefined && isFinal(run))) return;
      // Its job excluded something else meanwhile: another lease stands for it.
      if (run?.status === 'running' && run.leaseKey !== key) return;
      if (await this.#fenceSeen(runId, { seen, run }, { token, leaseKey: key })) return;
    }
  }

  #fenceSeen(
    runId: string,
    { seen, run }: Awaited<ReturnType<Records['findRun']>>,
    mine: { readonly token: number; readonly leaseKey: string },
  ): Promise<boolean> {
    const { store } = this.#records;
    if (seen === undefined || run === undefined) {
      const bar = { ...runKey(runId), status: 'void', ...mine, ...this.#records.expiry() };
      return store.put(bar, seen === undefined ? 'absent' : unchanged(seen));
    }
    const { updatedAt, expiresAt } = this.#records.stamp();
    const crashed = run.crashed || run.status === 'running';
    const end =
      run.cancelledBy === undefined ? { status: 'interrupted' } : { status: 'cancelled', finishedAt: updatedAt };
    return store.update(runKey(runId), { set: { ...mine, ...end, crashed, updatedAt, expiresAt } }, unchanged(seen));
  }

  /** Somebody asked for the end of the run, and nobody is there to hear of it. */
  async #isCancelled({ run, seen }: Plan): Promise<boolean> {
    if (run?.cancelledBy === undefined || seen === undefined) return false;
    const stamp = this.#records.stamp();
    const set = { status: 'cancelled', finishedAt: stamp.updatedAt, ...stamp };
    await this.#records.store.update(runKey(run.runId), { set }, unchanged(seen));
    return true;
  }

  async #write(request: ClaimRequest, { token, key }: StoredLease, plan: Plan): Promise<boolean> {
    const { store } = this.#records;
    const { run, seen } = plan;
    const stamp = this.#records.stamp();
    if (run !== undefined && seen !== undefined) {
      if (request.exclusive === 'nothing') await this.#records.noteClaim(request.runId, run.runId);
      await this.#records.list(run);
      const attempt = run.attempt + 1;
      const { holder } = request;
      const begun = { attempt, holder, startedAt: stamp.updatedAt, fromCheckpoint: run.seq };
      const set = {
        ...{ token, leaseKey: key, status: 'running', attempt, holder },
        ...{ attempts: attemptsText(beginAttempt(run.attempts, begun)) },
        ...{ recovered: run.crashed || run.status === 'running', crashed: false },
        ...stamp,
      };
      return store.update(runKey(run.runId), { set, remove: ['finishedAt'] }, unchanged(seen));
    }
    await this.#records.list({ runId: plan.runId, job: request.job, startedAt: stamp.updatedAt });
    if (plan.last !== undefined && !(await this.#records.setLast(request, plan.last))) return false;
    const item = newRunItem(request, { token, leaseKey: key, at: stamp.updatedAt });
    return store.put({ ...item, ...stamp }, seen === undefined ? 'absent' : unchanged(seen));
  }

  /** False: another run used the scheduled time up. */
  async #mark(request: ClaimRequest, { runId, scheduled }: Plan): Promise<boolean> {
    const occasion = occasionOf(request);
    if (occasion === undefined) return true;
    const key = scheduledKey(request.job, occasion);
    if (await this.#records.point(key, runId, scheduled)) return true;
    return (await this.#records.store.get(key))?.runId === runId;
  }

  /** The run as it was before, as far as others can tell. */
  async #takeBack({ token, key }: StoredLease, { runId, run }: Plan): Promise<void> {
    const mine = { equal: { token, status: 'running' } };
    if (run === undefined) {
      const bar = { ...runKey(runId), status: 'void', token, leaseKey: key, ...this.#records.expiry() };
      await this.#records.store.put(bar, mine);
      return;
    }
    const crashed = run.crashed || run.status === 'running';
    const { attempt } = run;
    const attempts = attemptsText(run.attempts);
    const set = { status: 'interrupted', attempt, attempts, crashed, ...this.#records.stamp() };
    await this.#records.store.update(runKey(runId), { set }, mine);
  }

  async #grant({ key, token, runId, ttlMs }: StoredLease): Promise<Granted | undefined> {
    const lease = { runId, key, fencingToken: token, ttlMs };
    // So a repeated claim gives a lease that is as fresh as that of a first one.
    if (!(await this.#records.leases.beat(lease))) return again;
    const { seen } = await this.#records.findRun(runId);
    const run = readRun(seen);
    if (run?.token !== token || run.status !== 'running') return again;
    return { granted: true, lease, ...progressOf(run) };
  }
}

/** Whether the lease that was taken is the one for this plan, and its token greater than any that wrote the run. */
function fits({ leaseKey, runId, run, seen, before }: Plan, lease: StoredLease): boolean {
  if (leaseKey !== lease.key || before !== undefined || (lease.declared && runId !== lease.runId)) return false;
  const token = Number(seen?.token ?? 0);
  // The same token: it was fenced by this very claim.
  return token < lease.token || (token === lease.token && seen?.leaseKey === lease.key && run?.status !== 'running');
}

function progressOf({ attempt, checkpoint, recovered, definition }: StoredRun): Omit<Granted, 'granted' | 'lease'> {
  return { attempt, checkpoint, recovered, definition };
}
