/**
 * What really happened, as an all-seeing observer knows it, and what must hold of it at each step.
 *
 * It learns of handlers from the job itself, of saved checkpoints and leases from the store, of claims and ends at the
 * ledger's door. A check that fails is a violation of the trace.
 */
import type { Checkpoint, FailedItem, Granted, Lease, Save } from '../../ledger/ledger.ts';
import { type JobPlan, type LoopPlan, outcomeOf, rangeOf } from './plan.ts';
import { type Attempt, idOf, isInPrefix, isOpen, type RunTruth } from './run-truth.ts';
import type { Trace } from './trace.ts';

// Of an item that would have succeeded: its process slept for too long, or it shared its group with one that hung.
const timeouts = new Set(['STINT_ITEM_TIMEOUT', 'STINT_ITEM_ABANDONED']);

const idOfMark = (mark: Checkpoint['mark'] | undefined) => (mark ? `${mark.loop}/${mark.key}` : undefined);

export class Truth {
  readonly runs = new Map<string, RunTruth>();
  readonly #trace: Trace;
  readonly #tokens = new Map<string, number>();
  readonly #saves = new Map<string, Save>();
  readonly #occasions = new Map<string, string>();

  constructor(trace: Trace) {
    this.#trace = trace;
  }

  lastOf(job: JobPlan, part: number): RunTruth | undefined {
    return [...this.runs.values()].filter((run) => run.job === job && run.part === part).at(-1);
  }

  /** A run came to be in the store. */
  begin(runId: string, job: JobPlan, part: number): RunTruth {
    const known = this.runs.get(runId);
    if (known !== undefined) return known;
    const run: RunTruth = {
      ...{ runId, name: this.#trace.nameOf(runId), job, part, attempts: [], done: new Set(), performed: new Map() },
      ...{ failures: new Map(), token: 0, saved: undefined, status: 'running', passedBy: false },
      counted: { succeeded: 0, skipped: 0, failed: 0, quarantined: 0 },
    };
    this.runs.set(runId, run);
    return run;
  }

  /** The store has a new token for a lease or a run. */
  noteToken(what: string, token: number): void {
    const before = this.#tokens.get(what) ?? 0;
    this.#trace.check(token >= before, () => `the fencing token of ${what} fell from ${before} to ${token}`);
    this.#tokens.set(what, Math.max(before, token));
  }

  /** A process was told that it has the run. */
  grant(run: RunTruth, { lease, attempt, checkpoint, recovered }: Granted): Attempt {
    const known = run.attempts.find(({ token }) => token === lease.fencingToken);
    if (known !== undefined) return known;
    const last = run.attempts.at(-1);
    const granted: Attempt = {
      ...{ run, token: lease.fencingToken, number: attempt, leaseKey: lease.key, resume: checkpoint, recovered },
      ...{ started: new Set(), open: new Set(), ended: false },
    };
    // Its answer came late, and another has taken the lease since: it is to find that out before it does anything.
    if (lease.fencingToken < (last?.token ?? 0)) return granted;
    const { check } = this.#checks;
    check(attempt > (last?.number ?? 0), () => `${run.name}: attempt ${attempt} came after ${last?.number}`);
    check((checkpoint?.seq ?? 0) === (run.saved?.seq ?? 0), () => `${run.name}: resumed from another checkpoint`);
    check(isOpen(run.status), () => `${run.name}: gone on with, though it is ${run.status}`);
    // Between the two may be one of whose grant nobody heard.
    if (last !== undefined && attempt === last.number + 1) {
      check(recovered === !last.ended, () => `${run.name}: recovered is ${recovered} after ended ${last.ended}`);
    }
    if (recovered) this.#checkSuspects(run, checkpoint);
    run.attempts.push(granted);
    return granted;
  }

  /** A scheduled time was given to a run. */
  noteOccasion(occasion: string, { runId, name }: RunTruth): void {
    const before = this.#occasions.get(occasion) ?? runId;
    this.#trace.check(before === runId, () => `${occasion} started ${name}, and ${this.#trace.nameOf(before)} before`);
    this.#occasions.set(occasion, runId);
  }

  /** The end of an attempt is in the ledger. */
  ended(runId: string, token: number): void {
    const attempt = this.runs.get(runId)?.attempts.find((granted) => granted.token === token);
    if (attempt !== undefined) attempt.ended = true;
  }

  /** A handler is invoked. */
  start(attempt: Attempt, loop: LoopPlan, item: number, isFirst: boolean): void {
    const { run, resume, started, open } = attempt;
    const id = idOf(loop.name, item);
    this.#checkHeld(attempt, `works ${id}`);
    this.#trace.check(!(isFirst && started.has(id)), () => `${run.name}: ${id} was started twice by one attempt`);
    const state = resume?.loops[loop.name];
    if (state !== undefined) {
      const isBefore = loop.kinds.length > 0 && isInPrefix(loop, state.cursors, item);
      this.#trace.check(!isBefore && !state.done, () => `${run.name}: ${id} was worked again behind its checkpoint`);
    }
    started.add(id);
    open.add(id);
  }

  /** A handler returned, or threw something final. */
  end({ run, open }: Attempt, id: string): void {
    open.delete(id);
    run.done.add(id);
  }

  /** An effect on the outside world is about to be performed. */
  perform(attempt: Attempt, id: string): void {
    const { run } = attempt;
    this.#checkHeld(attempt, `performs ${id}`);
    run.performed.set(id, (run.performed.get(id) ?? 0) + 1);
  }

  /** A process is about to ask for a checkpoint. */
  asked({ runId, fencingToken }: Lease, save: Save): void {
    this.#saves.set(`${runId} ${fencingToken} ${save.checkpoint.seq}`, save);
    const run = this.runs.get(runId);
    if (run !== undefined) for (const loop of run.job.loops) this.#checkWorked(run, loop, save);
  }

  /** The store has a new checkpoint of a run. */
  saved(run: RunTruth, token: number, checkpoint: Checkpoint, isOver: boolean): void {
    const { check } = this.#checks;
    const { name, saved } = run;
    const about = () => `${name}: checkpoint ${checkpoint.seq}`;
    const save = this.#saves.get(`${run.runId} ${token} ${checkpoint.seq}`);
    if (save === undefined) {
      this.#trace.violate(`${about()} was asked for by nobody`);
      return;
    }
    check(checkpoint.seq > (saved?.seq ?? 0), () => `${about()} replaced ${saved?.seq}`);
    check(
      token === run.attempts.at(-1)?.token,
      () => `${about()} was written with token ${token}, which is not the last`,
    );
    check(isOpen(run.status), () => `${about()} was saved when it was ${run.status}`);
    const failures = new Map(save.failures.map((failure) => [`${failure.loop}/${failure.key}`, failure]));
    check(failures.size === save.failures.length, () => `${about()} holds a failed item twice`);
    for (const loop of run.job.loops) this.#settle(run, loop, checkpoint, failures);
    if (!isOver) check(failures.size === 0, () => `${about()} has failures ${[...failures.keys()]} beyond its cursors`);
    this.#keep(run, failures);
    const { succeeded, skipped, failed, quarantined } = checkpoint.tally;
    const told = JSON.stringify({ succeeded, skipped, failed, quarantined });
    const really = JSON.stringify(run.counted);
    check(told === really, () => `${about()} tells ${told}, but it was ${really}`);
    check((checkpoint.tally.counts.done ?? 0) === succeeded, () => `${about()} counts ${checkpoint.tally.counts.done}`);
    run.saved = checkpoint;
  }

  get #checks() {
    return { check: (holds: boolean, what: () => string) => this.#trace.check(holds, what) };
  }

  /** Nobody acts on a run, nor takes what it is exclusive about, when another has taken its lease. */
  #checkHeld({ run, token, leaseKey, ended }: Attempt, what: string): void {
    const { check } = this.#checks;
    const newest = Math.max(this.#tokens.get(leaseKey) ?? 0, this.#tokens.get(run.runId) ?? 0);
    check(newest <= token, () => `${run.name}: token ${token} ${what}, though ${newest} has the lease`);
    check(!ended, () => `${run.name}: token ${token} ${what} after its end`);
  }

  /** Whatever lies before the cursors of a checkpoint is worked when it is asked for. */
  #checkWorked(run: RunTruth, loop: LoopPlan, { checkpoint, failures }: Save): void {
    const state = checkpoint.loops[loop.name];
    if (state === undefined) return;
    const failed = new Set(failures.map((failure) => `${failure.loop}/${failure.key}`));
    loop.kinds.forEach((_kind, item) => {
      const id = idOf(loop.name, item);
      if (!isInPrefix(loop, state.cursors, item) || run.done.has(id) || run.failures.has(id) || failed.has(id)) return;
      this.#trace.violate(`${run.name}: checkpoint ${checkpoint.seq} is ahead of ${id}, which is not worked yet`);
    });
  }

  /** Counts what came to lie before the cursors, and takes its failures. */
  #settle(run: RunTruth, loop: LoopPlan, checkpoint: Checkpoint, failures: Map<string, FailedItem>): void {
    const { check } = this.#checks;
    const state = checkpoint.loops[loop.name];
    const before = run.saved?.loops[loop.name];
    if (state === undefined) {
      check(before === undefined, () => `${run.name}: checkpoint ${checkpoint.seq} has lost ${loop.name}`);
      return;
    }
    const mine = new Map<string, FailedItem>();
    for (let segment = 0; segment < loop.segments; segment++) {
      const { start } = rangeOf(loop, segment);
      const from = Number(before?.cursors[segment] ?? start - 1);
      const to = Number(state.cursors[segment] ?? start - 1);
      check(to >= from, () => `${run.name}: the cursor of ${loop.name} fell from ${from} to ${to}`);
      for (let item = from + 1; item <= to; item++) this.#settleItem(run, loop, item, failures, mine);
    }
    this.#keep(run, mine);
  }

  #settleItem(
    run: RunTruth,
    loop: LoopPlan,
    item: number,
    failures: Map<string, FailedItem>,
    mine: Map<string, FailedItem>,
  ): void {
    const { check } = this.#checks;
    const id = idOf(loop.name, item);
    const kind = outcomeOf(loop.kinds[item] ?? 'ok');
    const failure = failures.get(id);
    if (failure === undefined) {
      check(
        kind === 'succeeded' || kind === 'skipped',
        () => `${run.name}: ${id} has ${kind}, but is not among the failed`,
      );
      check(run.done.has(id), () => `${run.name}: ${id} is lost: settled, but never worked`);
      check(kind !== 'succeeded' || run.performed.has(id), () => `${run.name}: ${id} is lost: it had no effect`);
      run.counted[kind] += 1;
      return;
    }
    failures.delete(id);
    mine.set(id, failure);
    run.counted[failure.outcome] += 1;
    const isExpected = kind === 'failed' || failure.outcome === 'quarantined' || timeouts.has(failure.error.code);
    check(isExpected, () => `${run.name}: ${id} failed with ${failure.error.name} ${failure.error.message}`);
  }

  #keep(run: RunTruth, failures: ReadonlyMap<string, FailedItem>): void {
    for (const [id, failure] of failures) {
      this.#trace.check(!run.failures.has(id), () => `${run.name}: ${id} is among the failed twice`);
      run.failures.set(id, failure);
      if (failure.outcome === 'quarantined') this.#checkQuarantined(run, id);
    }
  }

  /**
   * It was marked at one crash, and may have been in flight at the one before. An attempt that was granted and never
   * heard of it counts as one that crashed: nobody but itself could tell the two apart.
   */
  #checkQuarantined(run: RunTruth, id: string): void {
    const { check } = this.#checks;
    const ended = run.attempts.filter((attempt) => attempt.ended).length;
    const crashes = (run.attempts.at(-1)?.number ?? 0) - 1 - ended;
    check(crashes >= 2, () => `${run.name}: ${id} was quarantined after ${crashes} crashes`);
    const wasMarked = run.attempts.some(({ resume }) => idOfMark(resume?.mark) === id);
    check(wasMarked, () => `${run.name}: ${id} was quarantined, but was marked at no crash`);
  }

  /** Whatever was started beyond the cursors of a crashed run is among the suspects. */
  #checkSuspects(run: RunTruth, checkpoint: Checkpoint | undefined): void {
    const crashed = run.attempts.slice(run.attempts.findLastIndex(({ ended }) => ended) + 1);
    for (const loop of run.job.loops) {
      const state = checkpoint?.loops[loop.name];
      const first = 64 + (run.job.limits.concurrency ?? 8) * Math.max(1, loop.groupSize);
      for (let segment = 0; segment < loop.segments; segment++) {
        const { start, end } = rangeOf(loop, segment);
        const from = Number(state?.cursors[segment] ?? start - 1) + 1;
        const suspects = state === undefined ? first : (state.suspects[segment] ?? 0);
        for (let item = from + suspects; item < end; item++) {
          const id = idOf(loop.name, item);
          const wasStarted = crashed.some(({ started }) => started.has(id));
          this.#trace.check(!wasStarted, () => `${run.name}: ${id} was started beyond ${suspects} suspects`);
        }
      }
    }
  }
}
