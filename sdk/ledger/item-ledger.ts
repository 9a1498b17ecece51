/**
 * A ledger over any store that can write single items under a condition.
 *
 * Guarantees the contract of `ledger.ts`, with no transaction and no clock of the store: each step of a protocol is one
 * conditional write, and each can be the last one that a process makes. `items-claim.ts` says so of the claim; of the rest:
 *
 *   checkpoint   failed items, then the run, if the checkpoint before is the one that it is thought to follow. What was
 *                written for a checkpoint that was not saved does not count: a run remembers which were.
 *   finish       failed items, then the run, then the lease is given back, then the series. Whoever dies before the lease
 *                is given back leaves a run that ended: the next contender sees that, and does not wait.
 *   heartbeat    the lease, then a look at the run: a run that went on under another lease is lost as well.
 *
 * Does not guarantee a series: one that could not be written is left out. Nor that items are removed: the store does that some time after their `expiresAt`. Until then reads pass
 * over runs that are too old, by the wall clock of whoever reads.
 */
import type { Clock } from '../clock.ts';
import { LeaseLostError, LedgerError, UnknownRunError } from '../errors.ts';
import type { RunSeries } from '../report/run-series.ts';
import { completeAttempt } from './attempts.ts';
import type { AuditEntry, AuditQuery } from './audit.ts';
import { AuditItems } from './items-audit.ts';
import { Chooser } from './items-choose.ts';
import { Claimer } from './items-claim.ts';
import { Reader } from './items-read.ts';
import { type Found, Records } from './items-records.ts';
import { attemptsText, isFinal, noteSaved, runKey, unchanged } from './items-run.ts';
import { SeriesItems } from './items-series.ts';
import { checkSizes } from './items-size.ts';
import type { Attributes, Item, ItemsStore } from './items-store.ts';
import type {
  Claim,
  ClaimRequest,
  End,
  FailuresPage,
  FailuresQuery,
  Lease,
  Ledger,
  LedgerOptions,
  RunRecord,
  RunsQuery,
  Save,
} from './ledger.ts';
import { resolveLedgerOptions } from './options.ts';

export interface ItemLedgerOptions extends LedgerOptions {
  readonly clock: Clock;
  /**
   * Whether a lease's holder is known to be gone for good: its lease counts as expired at once. Asked when a claim finds
   * the lease to be another's; an error, or no answer within 2 s, counts as no.
   * @default never known
   */
  readonly isHolderGone?: (holder: string) => Promise<boolean>;
}

// Each means that somebody else got a write in between.
const mostRounds = 12;
const goneTimeoutMs = 2_000;

export class ItemLedger implements Ledger {
  readonly #store: ItemsStore;
  readonly #records: Records;
  readonly #claimer: Claimer;
  readonly #reader: Reader;
  readonly #audit: AuditItems;
  readonly #series: SeriesItems;

  /** The store is closed with the ledger. @throws StintError for options that cannot be right */
  constructor(store: ItemsStore, { clock, isHolderGone, ...options }: ItemLedgerOptions) {
    const { leaseTtlMs, retentionMs } = resolveLedgerOptions(options);
    this.#store = store;
    this.#records = new Records(store, clock, { retentionMs });
    const isGone = async (holder: string) => isHolderGone !== undefined && surely(() => isHolderGone(holder), clock);
    this.#claimer = new Claimer(this.#records, new Chooser(this.#records, isGone), leaseTtlMs);
    this.#reader = new Reader(this.#records);
    this.#audit = new AuditItems(this.#records);
    this.#series = new SeriesItems(this.#records);
  }

  async claim(request: ClaimRequest): Promise<Claim> {
    checkSizes({ scope: JSON.stringify(request.scope), choice: request.redriveOf ?? '' });
    for (let round = 0; round < mostRounds; round++) {
      const claim = await this.#claimer.claim(request);
      if (claim !== undefined) return claim;
    }
    throw new LedgerError(
      `expected to claim a run of ${request.job}, but others came in between ${mostRounds} times; try again`,
    );
  }

  async heartbeat(lease: Lease): Promise<{ readonly cancelledBy: string | undefined }> {
    if (!(await this.#records.leases.beat(lease))) throw leaseLost(lease);
    const { run } = await this.#findMine(lease);
    if (this.#records.isDueForStamp(run)) {
      const mine = { equal: { token: lease.fencingToken } };
      await this.#store.update(runKey(lease.runId), { set: this.#records.stamp() }, mine);
    }
    return { cancelledBy: run.cancelledBy };
  }

  async checkpoint(lease: Lease, save: Save): Promise<void> {
    const { seq } = save.checkpoint;
    checkSave(save);
    if (save.failures.length > 0) {
      // What was saved under this number, or a later one, stays as it is.
      if ((await this.#findMine(lease)).run.seq >= seq) return;
      await this.#keepFailures(lease, save);
    }
    if (await this.#saveAfter(lease, save, { seq: seq - 1 })) return;
    for (;;) {
      const { seen, run } = await this.#findMine(lease);
      // An older one, or this one once more: a newer one holds all that it tells.
      if (run.seq >= seq) return;
      if (run.status !== 'running') throw leaseLost(lease);
      if (await this.#saveAfter(lease, save, run, seen)) return;
    }
  }

  async finish(lease: Lease, end: End): Promise<void> {
    checkSave(end);
    const summary = JSON.stringify(end.summary);
    checkSizes({ summary });
    for (;;) {
      const { seen, run } = await this.#findMine(lease);
      if (seen.ended === lease.fencingToken) break;
      if (run.status !== 'running') throw leaseLost(lease);
      const isNewer = end.checkpoint.seq > run.seq;
      if (isNewer) await this.#keepFailures(lease, end);
      const stamp = this.#records.stamp();
      const status = end.resumable ? 'interrupted' : end.summary.status;
      const toCheckpoint = Math.max(end.checkpoint.seq, run.seq);
      const ended = { summary: end.summary, at: stamp.updatedAt, toCheckpoint };
      const set = {
        ...{ ...stamp, summary, status, ended: lease.fencingToken },
        ...{ attempts: attemptsText(completeAttempt(run.attempts, run.attempt, ended)) },
        ...(isNewer ? progressSet(lease, end, run.seq, seen) : {}),
        ...(end.resumable ? {} : { finishedAt: stamp.updatedAt }),
      };
      const mine = { equal: { token: lease.fencingToken, status: 'running', seq: run.seq } };
      if (await this.#store.update(runKey(lease.runId), { set }, mine)) break;
    }
    await this.#records.leases.release({ key: lease.key, token: lease.fencingToken });
    await this.#series.keep(lease.runId, end.series);
  }

  runs(query?: RunsQuery): Promise<readonly RunRecord[]> {
    return this.#reader.runs(query);
  }

  run(runId: string): Promise<RunRecord | undefined> {
    return this.#reader.run(runId);
  }

  failures(runId: string, query?: FailuresQuery): Promise<FailuresPage> {
    return this.#reader.failures(runId, query);
  }

  series(runId: string): Promise<readonly RunSeries[]> {
    return this.#series.list(runId);
  }

  async cancel(runId: string, by: string): Promise<void> {
    for (let round = 0; round < mostRounds; round++) {
      const { seen, run } = await this.#records.findRun(runId);
      if (run === undefined || seen === undefined) throw new UnknownRunError(runId);
      if (isFinal(run)) return;
      const goesOn = run.status === 'running' && (await this.#records.mayBeHeld(run));
      if (goesOn && run.cancelledBy !== undefined) return;
      const stamp = this.#records.stamp();
      const end = goesOn ? {} : { status: 'cancelled', finishedAt: stamp.updatedAt };
      const set = { cancelledBy: run.cancelledBy ?? by, ...end, ...stamp };
      if (await this.#store.update(runKey(runId), { set }, unchanged(seen))) return;
    }
    throw new LedgerError(
      `expected to cancel run ${runId}, but it was changed meanwhile, ${mostRounds} times; try again`,
    );
  }

  async audit(entry: AuditEntry): Promise<void> {
    await this.#audit.add(entry);
  }

  audits(query?: AuditQuery): Promise<readonly AuditEntry[]> {
    return this.#audit.list(query);
  }

  /** Does nothing: reads pass over what is too old, and the store removes it. */
  async prune(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store[Symbol.asyncDispose]();
  }

  async #findMine(lease: Lease): Promise<{ [TName in keyof Found]-?: NonNullable<Found[TName]> }> {
    const { seen, run } = await this.#records.findRun(lease.runId);
    if (seen === undefined || run?.token !== lease.fencingToken) throw leaseLost(lease);
    return { seen, run };
  }

  /** Saves a checkpoint if the one saved before it has the number `seq`. */
  #saveAfter(lease: Lease, save: Save, { seq }: { readonly seq: number }, seen?: Item): Promise<boolean> {
    const set = { ...progressSet(lease, save, seq, seen), ...this.#records.stamp() };
    const condition = { equal: { token: lease.fencingToken, status: 'running', seq } };
    return this.#store.update(runKey(lease.runId), { set }, condition);
  }

  async #keepFailures({ runId, fencingToken }: Lease, { checkpoint: { seq }, failures }: Save): Promise<void> {
    const items = this.#records.failureItems(runId, fencingToken, seq, failures);
    if (items.length > 0) await this.#store.putAll(items);
  }
}

/** @throws StintError naming what is too large */
function checkSave({ checkpoint, failures }: Save): void {
  checkSizes({ checkpoint: JSON.stringify(checkpoint) });
  for (const failure of failures) checkSizes({ 'failed item': JSON.stringify(failure) });
}

function progressSet({ fencingToken }: Lease, { checkpoint }: Save, before: number, seen?: Item): Attributes {
  const { seq } = checkpoint;
  return { checkpoint: JSON.stringify(checkpoint), seq, ...noteSaved(fencingToken, { seq, before }, seen) };
}

function leaseLost({ runId }: Lease): LeaseLostError {
  return new LeaseLostError(
    `expected to hold the lease of run ${runId}, but another attempt has it; nothing was written`,
  );
}

/** False unless the answer is a yes, in time. */
function surely(ask: () => Promise<boolean>, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(goneTimeoutMs, () => resolve(false));
    const asked = (async () => ask())();
    asked.then(resolve, () => resolve(false)).finally(() => timer.cancel());
  });
}
