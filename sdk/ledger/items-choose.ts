/**
 * Which run a claim goes on with or begins, and whether the scheduled time allows it. Only reads.
 *
 * A claim asks twice: before it has a lease, to know which one it needs, and again when it has it. What is written then
 * is conditional on what the second answer saw, so that two claims of different leases cannot both act on it.
 */
import { RunOverError, UnknownRunError } from '../errors.ts';
import { type StoredLease, sightingOf } from './items-lease.ts';
import { claimKey, type Found, type LastRuns, type Records, scheduledKey } from './items-records.ts';
import { isFinal, type StoredRun } from './items-run.ts';
import type { Item } from './items-store.ts';
import type { ClaimRequest, Refused } from './ledger.ts';
import { identityOf, leaseKeyOf, occasionOf } from './run-identity.ts';

export interface Plan {
  readonly kind: 'plan';
  readonly runId: string;
  readonly leaseKey: string;
  /** Another lease that stands in the way of this plan, though it is over. */
  readonly before: StoredLease | undefined;
  /** To go on with; undefined: a new run. */
  readonly run: StoredRun | undefined;
  /** What is there under the run's key, as it was read. */
  readonly seen: Item | undefined;
  /** The last runs of the identity; undefined: the run does not become the last one, or is it already. */
  readonly last: LastRuns | undefined;
  /** What is there under the scheduled time. */
  readonly scheduled: Item | undefined;
}

export type Choice = Plan | { readonly kind: 'refused'; readonly claim: Refused };

type Target = Pick<Plan, 'runId' | 'run' | 'seen' | 'last'>;

export class Chooser {
  readonly #records: Records;
  readonly #isHolderGone: (holder: string) => Promise<boolean>;

  constructor(records: Records, isHolderGone: (holder: string) => Promise<boolean>) {
    this.#records = records;
    this.#isHolderGone = isHolderGone;
  }

  /** @throws UnknownRunError, RunOverError */
  async choose(request: ClaimRequest): Promise<Choice> {
    const target = await this.#findTarget(request);
    const { run } = target;
    if (run !== undefined && isFinal(run)) return refuse('duplicate', run.runId);
    const scheduled = await this.#checkScheduled(request, run);
    if (scheduled.refused !== undefined) return scheduled.refused;
    const leaseKey = leaseKeyOf({ ...request, runId: target.runId });
    const before = run === undefined ? await this.#findPending(request, target) : await this.#findMoved(run, leaseKey);
    if (before !== undefined && !(await this.isOver(request, before))) return refuse('overlap', before.runId, before);
    return { kind: 'plan', ...target, leaseKey, before, scheduled: scheduled.item };
  }

  /** Whether who has the lease is known not to need it any more. */
  async isOver(request: ClaimRequest, lease: StoredLease): Promise<boolean> {
    // An attempt of this very claim that did not come to its end.
    if (lease.claimId === request.runId) return true;
    const { expired } = request;
    if (expired?.leaseKey === lease.key && expired.fencingToken === lease.token && expired.beat === lease.beat)
      return true;
    const { seen } = await this.#records.findRun(lease.runId);
    // It ended its run and died before it gave the lease back.
    if (seen?.ended === lease.token) return true;
    return this.#isHolderGone(lease.holder);
  }

  async #findTarget(request: ClaimRequest): Promise<Target> {
    const { resume, runId, dryRun } = request;
    if (typeof resume === 'object' && !dryRun) return this.#findNamed(resume.runId);
    const own = await this.#records.findRun(runId);
    // Begun by an earlier try of this claim; who works on it, or did, is another question.
    if (own.run !== undefined) return { runId, ...own, last: undefined };
    if (dryRun) return { runId, ...own, last: undefined };
    const last = await this.#records.findLast(identityOf(request));
    const earlier = resume === 'last' ? ((await this.#findClaimed(request)) ?? last.found) : undefined;
    if (earlier?.run === undefined || isFinal(earlier.run)) return { runId, ...own, last };
    return { runId: earlier.run.runId, ...earlier, last: undefined };
  }

  async #findNamed(runId: string): Promise<Target> {
    const found = await this.#records.findRun(runId);
    if (found.run === undefined) throw new UnknownRunError(runId);
    if (found.run.dryRun) throw new RunOverError(runId, 'a dry run');
    if (isFinal(found.run)) throw new RunOverError(runId, found.run.status);
    return { runId, ...found, last: undefined };
  }

  /** The run that an earlier try of this claim went on with, and still has, though it need not be the last any more. */
  async #findClaimed(request: ClaimRequest): Promise<Found | undefined> {
    if (request.exclusive !== 'nothing') return undefined;
    const claimed = await this.#records.store.get(claimKey(request.runId));
    if (claimed === undefined) return undefined;
    const runId = String(claimed.runId);
    const lease = await this.#records.leases.find(leaseKeyOf({ ...request, runId }));
    const isMine = lease !== undefined && !lease.free && lease.claimId === request.runId;
    return isMine ? this.#records.findRun(runId) : undefined;
  }

  async #checkScheduled(
    request: ClaimRequest,
    target: StoredRun | undefined,
  ): Promise<{ readonly item?: Item | undefined; readonly refused?: Choice }> {
    const occasion = occasionOf(request);
    if (occasion === undefined) return {};
    const item = await this.#records.store.get(scheduledKey(request.job, occasion));
    if (item === undefined) return {};
    const { run } = await this.#records.findRun(String(item.runId));
    if (run === undefined) return { item };
    if (isFinal(run)) return { refused: refuse('duplicate', run.runId) };
    const lease = await this.#findLease(run);
    if (lease !== undefined && !(await this.isOver(request, lease))) {
      return { refused: refuse('duplicate', run.runId, lease) };
    }
    return run.runId === target?.runId ? { item } : { refused: refuse('duplicate', run.runId) };
  }

  /** The lease of a run that was started when its job excluded something else than it does today. */
  async #findMoved(run: StoredRun, leaseKey: string): Promise<StoredLease | undefined> {
    return run.leaseKey === leaseKey ? undefined : this.#findLease(run);
  }

  /** Where each run has a lease of its own: that of a claim which begins the run that this one would have to go on with. */
  async #findPending(request: ClaimRequest, { runId, last }: Target): Promise<StoredLease | undefined> {
    if (request.exclusive !== 'nothing' || request.resume !== 'last') return undefined;
    for (const pending of last?.pending ?? []) {
      if (pending === runId) continue;
      const lease = await this.#records.leases.find(leaseKeyOf({ ...request, runId: pending }));
      if (lease !== undefined && !lease.free && lease.runId === pending) return lease;
    }
    return undefined;
  }

  /** The lease of a run that somebody works on, or did until he died. */
  async #findLease(run: StoredRun): Promise<StoredLease | undefined> {
    const lease = await this.#records.leases.find(run.leaseKey);
    return lease === undefined || lease.free || lease.runId !== run.runId ? undefined : lease;
  }
}

export function refuse(
  reason: Refused['reason'],
  runId: string,
  lease?: StoredLease,
): { readonly kind: 'refused'; readonly claim: Refused } {
  const sighting = lease === undefined ? undefined : sightingOf(lease);
  return { kind: 'refused', claim: { granted: false, reason, runId, sighting } };
}
