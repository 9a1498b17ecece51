/** All that a simulation consists of: one clock, one store, processes that come and go, and who looks on. */
import type { EffectMiddleware } from '../../effects.ts';
import type { Claim, Ledger, Trigger } from '../../ledger/ledger.ts';
import { describeError } from '../../report/describe-error.ts';
import { runJob } from '../../run.ts';
import type { Overlap } from '../../schedule.ts';
import type { Summary } from '../../summary.ts';
import { expectBalance } from '../run-world.ts';
import { turn, VirtualClock } from '../virtual-clock.ts';
import { Actor } from './actor.ts';
import { Draw } from './draw.ts';
import { Network } from './network.ts';
import type { Plan, TargetPlan } from './plan.ts';
import { idOf, isOpen, type RunTruth } from './run-truth.ts';
import { openStore, partOf, type SeenRun, type SharedStore } from './stores.ts';
import { Trace } from './trace.ts';
import { Truth } from './truth.ts';
import { makeJob } from './work.ts';

export interface Start {
  readonly trigger: Trigger;
  readonly overlap: Overlap;
  readonly fresh: boolean;
}

const maySay = new Set([
  'STINT_TOLERANCE_EXCEEDED',
  'STINT_INTERRUPTED',
  'STINT_CANCELLED',
  'STINT_LEASE_LOST',
  'STINT_LEDGER',
  'STINT_STORE_LOST',
  'STINT_STORE_UNREACHABLE',
  'STINT_REFUSED_OVERLAP',
  'STINT_REFUSED_DUPLICATE',
  'STINT_RUN_ENDED',
]);

export class World {
  readonly plan: Plan;
  readonly clock = new VirtualClock();
  readonly trace = new Trace(() => this.clock.monotonicMs());
  readonly truth = new Truth(this.trace);
  readonly actors: Actor[] = [];
  readonly draw: Draw;
  readonly #store: SharedStore;

  constructor(plan: Plan) {
    this.plan = plan;
    this.draw = new Draw(plan.seed ^ 0x5eed);
    this.#store = openStore(plan, this.clock, {
      onToken: (what, token) => this.truth.noteToken(what, token),
      onRun: (run) => this.#onRun(run),
      onEnd: (runId, token) => this.truth.ended(runId, token),
    });
  }

  get ledger(): Ledger {
    return this.#store.clean;
  }

  /** Starts a process. */
  launch(target: TargetPlan, { trigger, overlap, fresh }: Start): Actor {
    const { clock, trace, truth } = this;
    const { faults, leaseTtlMs } = this.plan;
    const draw = this.draw.fork();
    const name = `process ${this.actors.length + 1}`;
    const actor = new Actor({ name, target, clock, draw, faults, leaseTtlMs, trace });
    this.actors.push(actor);
    const { scheduledTime = 'by hand' } = trigger;
    trace.note(
      name,
      `starts ${target.job.name} ${target.part} (${scheduledTime}, ${overlap}${fresh ? ', fresh' : ''})`,
    );
    const timeoutMs = this.plan.ledger === 'memory' ? undefined : 5_000;
    const network = new Network({ actor, clock, draw, faults, trace, timeoutMs });
    const ledger = this.#watch(
      actor,
      this.#store.open(actor, network, (holder) => this.#isGone(holder)),
    );
    const job = makeJob({ actor, truth, draw, faults, nowMs: () => clock.monotonicMs() });
    const returned = runJob(job, {
      ...{ ledger, trigger, overlap, fresh, holder: name, scope: { part: target.part } },
      ...{ random: draw.fork().random, clock: actor.process.clock, signal: actor.signal },
      middleware: [this.#noteEffects(actor), actor.middleware, this.#perform(actor, draw)],
    });
    returned.then(
      (summary) => this.#onSummary(actor, summary),
      (error: unknown) => this.#onError(actor, error),
    );
    return actor;
  }

  #isGone(holder: string): Promise<boolean> {
    return Promise.resolve(this.actors.some(({ name, isAlive }) => name === holder && !isAlive));
  }

  /** Looks at effects at the moment at which they were let through: what then is on its way cannot be called back. */
  #noteEffects(actor: Actor): EffectMiddleware {
    return (effect, next) => {
      const { attempt } = actor;
      if (effect.kind === 'http' && actor.isAlive && attempt !== undefined) {
        this.truth.perform(attempt, idOfTarget(effect.target));
      }
      return next();
    };
  }

  /** Answers requests in place of the world outside. */
  #perform(actor: Actor, draw: Draw): EffectMiddleware {
    return async (effect, next) => {
      if (effect.kind !== 'http') return next();
      const { latencyMs } = this.plan.faults;
      this.trace.note(actor.name, `performs ${idOfTarget(effect.target)}`);
      if (latencyMs > 0) await this.clock.sleep(draw.int(0, latencyMs));
      return { status: 200, headers: {}, text: () => '', json: () => undefined };
    };
  }

  /** Looks on at the ledger's door, as the process sees it. */
  #watch(actor: Actor, ledger: Ledger): Ledger {
    const { trace, truth } = this;
    return {
      claim: async (request) => {
        const claim = await ledger.claim(request);
        this.#onClaim(actor, claim, request.trigger.scheduledTime);
        if (claim.granted && request.resume === 'none') this.#passBy(actor.target, claim.lease.runId);
        return claim;
      },
      heartbeat: (lease) => ledger.heartbeat(lease),
      checkpoint: (lease, save) => {
        truth.asked(lease, save);
        return ledger.checkpoint(lease, save);
      },
      finish: (lease, end) => {
        const { status } = end.summary;
        trace.note(actor.name, `finishes as ${status}${end.resumable ? ', resumable' : ''}`);
        truth.asked(lease, end);
        return ledger.finish(lease, end);
      },
      runs: (query) => ledger.runs(query),
      run: (runId) => ledger.run(runId),
      failures: (runId, query) => ledger.failures(runId, query),
      series: (runId) => ledger.series(runId),
      cancel: (runId, by) => ledger.cancel(runId, by),
      audit: (entry) => ledger.audit(entry),
      audits: (query) => ledger.audits(query),
      prune: () => ledger.prune(),
      [Symbol.asyncDispose]: () => ledger[Symbol.asyncDispose](),
    };
  }

  #onClaim(actor: Actor, claim: Claim, scheduledTime: string | undefined): void {
    const { trace, truth } = this;
    const { job, part } = actor.target;
    if (!claim.granted) {
      trace.note(actor.name, `is refused: ${claim.reason} with ${trace.nameOf(claim.runId)}`);
      return;
    }
    const { lease, attempt, recovered, checkpoint } = claim;
    const run = truth.begin(lease.runId, job, part);
    const from = checkpoint === undefined ? '' : ` from checkpoint ${checkpoint.seq}`;
    const how = recovered ? ' after a crash' : '';
    trace.note(actor.name, `has attempt ${attempt} of ${run.name}, token ${lease.fencingToken}${from}${how}`);
    // An answer that nobody waits for any more is no grant.
    if (actor.attempt !== undefined && actor.attempt.token > lease.fencingToken) return;
    actor.attempt = truth.grant(run, claim);
    if (scheduledTime !== undefined) truth.noteOccasion(`${job.name} at ${scheduledTime}`, run);
  }

  /** Unfinished runs before this one are left behind on purpose. */
  #passBy({ job, part }: TargetPlan, runId: string): void {
    for (const run of this.truth.runs.values()) {
      if (run.job === job && run.part === part && run.runId !== runId) run.passedBy = true;
    }
  }

  #onRun({ runId, job, part, token, checkpoint, status }: SeenRun): void {
    const plan = this.plan.targets.find((target) => target.job.name === job)?.job;
    if (plan === undefined) return;
    const run: RunTruth = this.truth.begin(runId, plan, part);
    if (checkpoint !== undefined && checkpoint.seq !== run.saved?.seq) {
      const { mark } = checkpoint;
      const marked = mark === null ? '' : `, marks ${mark.loop}/${mark.key}`;
      this.trace.note('ledger', `${run.name} has checkpoint ${checkpoint.seq}${marked}`);
      this.truth.saved(run, token, checkpoint, !isOpen(status));
    }
    if (status !== run.status) {
      this.trace.note('ledger', `${run.name} is ${status}`);
      this.trace.check(isOpen(run.status), () => `${run.name} was ${run.status}, and became ${status}`);
    }
    run.status = status;
  }

  #onSummary(actor: Actor, summary: Summary): void {
    if (!actor.isAlive) return;
    const { status, items, error } = summary;
    this.trace.note(actor.name, `returns ${status} ${JSON.stringify(items)} ${error?.code ?? ''}`);
    try {
      expectBalance(summary);
    } catch (cause) {
      this.trace.violate(`the summary of ${actor.name} does not balance: ${describeError(cause).message}`);
    }
    const isKnown =
      error === null || maySay.has(error.code) || error.message === 'no page' || error.code === 'STINT_JOB_FAILED';
    this.trace.check(isKnown, () => `${actor.name} ended with ${error?.code} ${error?.message}`);
    const known = this.truth.runs.get(summary.runId);
    if (status === 'succeeded') {
      this.trace.check(known?.status === status, () => `${actor.name} says succeeded, the ledger ${known?.status}`);
    }
    actor.returned();
  }

  #onError(actor: Actor, error: unknown): void {
    if (!actor.isAlive) return;
    const { name, code, message } = describeError(error);
    this.trace.note(actor.name, `gives up: ${name} ${code} ${message}`);
    this.trace.check(maySay.has(code), () => `${actor.name} threw ${name} ${message}`);
    actor.returned();
  }

  /** Moves on until `work` has ended; with the first violation at once. */
  async runUntil(work: Promise<void>, withinMs: number): Promise<void> {
    const guarded = this.clock.run(work, { withinMs });
    await guarded;
    await turn();
  }
}

function idOfTarget(target: string): string {
  const [loop = '', item] = target.split('.');
  return idOf(loop, Number(item));
}

export { partOf };
