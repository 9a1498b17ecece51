/** What happens in a simulation, as far as it is settled beforehand: jobs, items, starts, and how much goes wrong. */
import type { Limits } from '../../limits.ts';
import type { Overlap } from '../../schedule.ts';
import { Draw } from './draw.ts';

/**
 * What the work on an item comes to.
 *
 *   ok          succeeds
 *   skip        is skipped
 *   late        succeeds after some transient errors
 *   fail        fails for good
 *   exhaust     fails each time, with an error that is worth another try
 *   hang        never ends, and does not obey its signal
 *   poison      kills its process
 */
export type Kind = 'ok' | 'skip' | 'late' | 'fail' | 'exhaust' | 'hang' | 'poison';

export interface LoopPlan {
  readonly name: string;
  readonly kinds: readonly Kind[];
  readonly segments: number;
  readonly pageSize: number;
  readonly pageMs: number;
  /** 0: `ctx.each`. */
  readonly groupSize: number;
  /** How long the work on an item takes, for each. */
  readonly workMs: readonly number[];
  /** A group's handler throws for a failing item, and does not tell it apart. */
  readonly throwsForGroup: boolean;
}

export interface JobPlan {
  readonly name: string;
  readonly exclusive: 'job' | 'scope';
  readonly limits: Limits;
  readonly loops: readonly LoopPlan[];
  readonly sideBySide: boolean;
}

/** A job and scope that is to be worked. */
export interface TargetPlan {
  readonly job: JobPlan;
  readonly part: number;
  readonly firstMs: number;
  readonly rounds: number;
  readonly overlap: Overlap;
  /** How often a round is begun by two processes at once. */
  readonly twins: number;
  readonly scheduled: boolean;
  readonly fresh: number;
}

/** A start that nobody waits for. */
export interface ExtraPlan {
  readonly atMs: number;
  readonly target: number;
  readonly overlap: Overlap;
}

export interface Window {
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface FaultsPlan {
  /** Nothing goes wrong from then on, except what is under way. */
  readonly untilMs: number;
  /** Probability that a call of the ledger goes wrong. */
  readonly callRate: number;
  readonly latencyMs: number;
  /** Nobody reaches the ledger. */
  readonly outages: readonly Window[];
  /** Probabilities, of each process. */
  readonly kill: number;
  readonly term: number;
  readonly stop: number;
  readonly partition: number;
  readonly sourceError: number;
  readonly skewMs: number;
}

export interface Plan {
  readonly seed: number;
  readonly ledger: 'memory' | 'items';
  readonly leaseTtlMs: number;
  readonly knowsWhoIsGone: boolean;
  readonly targets: readonly TargetPlan[];
  readonly extras: readonly ExtraPlan[];
  readonly cancels: readonly { readonly atMs: number; readonly target: number }[];
  readonly faults: FaultsPlan;
}

export function drawPlan(seed: number): Plan {
  const draw = new Draw(seed);
  const ledger = draw.chance(0.5) ? 'memory' : 'items';
  const leaseTtlMs = draw.pick([3_000, 6_000, 15_000, 60_000]);
  // A claim of several steps that took longer than the lease would never be of use.
  const faults = drawFaults(draw.fork(), ledger === 'items' ? leaseTtlMs / 40 : Number.POSITIVE_INFINITY);
  const jobs = Array.from({ length: draw.chance(0.85) ? 1 : 2 }, (_, index) => drawJob(draw.fork(), `job-${index}`));
  const targets = jobs.flatMap((job) =>
    Array.from({ length: draw.chance(0.75) ? 1 : 2 }, (_, part) => drawTarget(draw.fork(), job, part)),
  );
  const some = (probability: number) => (draw.chance(probability) ? draw.int(1, 3) : 0);
  const at = () => draw.int(0, faults.untilMs);
  const target = () => draw.int(0, targets.length - 1);
  return {
    ...{ seed, ledger, leaseTtlMs, knowsWhoIsGone: ledger === 'items' && draw.chance(0.3), targets, faults },
    extras: Array.from({ length: some(0.5) }, () => ({ atMs: at(), target: target(), overlap: drawOverlap(draw) })),
    cancels: Array.from({ length: some(0.1) }, () => ({ atMs: at(), target: target() })),
  };
}

function drawFaults(draw: Draw, mostLatencyMs: number): FaultsPlan {
  const untilMs = draw.small(5_000, 120_000);
  const rate = (often: number) => (draw.chance(0.5) ? 0 : draw.random.next() * often);
  const outage = (): Window => {
    const fromMs = draw.int(0, untilMs);
    return { fromMs, untilMs: Math.min(untilMs, fromMs + draw.small(500, 90_000)) };
  };
  return {
    untilMs,
    callRate: draw.pick([0, 0, 0.02, 0.1, 0.3]),
    latencyMs: Math.min(draw.pick([0, 0, 1, 5, 50, 300]), mostLatencyMs),
    outages: draw.chance(0.2) ? Array.from({ length: draw.int(1, 2) }, outage) : [],
    kill: rate(1),
    term: rate(0.6),
    stop: rate(0.6),
    partition: rate(0.6),
    sourceError: draw.chance(0.1) ? 0.3 : 0,
    skewMs: draw.pick([0, 1_000, 600_000]),
  };
}

function drawJob(draw: Draw, name: string): JobPlan {
  const attempts = draw.int(1, 4);
  const loops = Array.from({ length: draw.chance(0.8) ? 1 : 2 }, (_, index) => drawLoop(draw, `loop-${index}`));
  // A slice that is shorter than the work on one item, with all its tries, alone and in its group, never gets on.
  const isSmooth = loops.every(({ kinds }) => kinds.every((kind) => kind === 'ok' || kind === 'skip'));
  const sliceMs = isSmooth ? 20_000 : attempts * 70_000;
  const limits: Limits = {
    concurrency: draw.pick([1, 2, 4, 8, 16]),
    retry: { attempts, baseMs: draw.pick([0, 20, 200]), maxMs: 2_000 },
    tolerate: { failures: draw.chance(0.1) ? draw.int(0, 5) : 1_000 },
    itemTimeoutMs: draw.pick([20_000, 30_000]),
    abortGraceMs: draw.pick([100, 1_000]),
    drainMs: draw.pick([0, 500, 5_000, 30_000]),
    ...(draw.chance(0.1) ? { perSecond: draw.pick([5, 20, 100]) } : {}),
    ...(draw.chance(0.1) ? { maxRunMs: sliceMs + draw.int(0, 30_000) } : {}),
  };
  return { name, exclusive: draw.pick(['job', 'scope']), limits, loops, sideBySide: draw.chance(0.5) };
}

function drawLoop(draw: Draw, name: string): LoopPlan {
  const items = draw.chance(0.9) ? draw.small(0, 120) : draw.int(100, 300);
  const odd = draw.chance(0.4) ? 0 : draw.pick([0.02, 0.1, 0.4]);
  const kinds = Array.from(
    { length: items },
    (): Kind => (draw.chance(odd) ? draw.pick(['skip', 'late', 'fail', 'exhaust']) : 'ok'),
  );
  const put = (kind: Kind) => {
    if (items > 0) kinds[draw.int(0, items - 1)] = kind;
  };
  if (draw.chance(0.1)) put('hang');
  if (draw.chance(0.25)) for (let some = draw.int(1, 2); some > 0; some--) put('poison');
  // Long ones are few: virtual time is cheap, but not for nothing.
  const usualMs = draw.pick(items > 100 ? [0, 5, 20] : [0, 10, 100, 500]);
  const workMs = kinds.map(() => (draw.chance(0.03) ? draw.int(500, 15_000) : draw.int(0, usualMs)));
  return {
    ...{ name, kinds, workMs },
    segments: draw.chance(0.6) ? 1 : draw.int(2, 4),
    pageSize: draw.pick([1, 3, 10, 50]),
    pageMs: draw.pick([0, 0, 5, 100]),
    groupSize: draw.chance(0.75) ? 0 : draw.int(1, 10),
    throwsForGroup: draw.chance(0.5),
  };
}

function drawTarget(draw: Draw, job: JobPlan, part: number): TargetPlan {
  return {
    job,
    part,
    firstMs: draw.int(0, 2_000),
    rounds: draw.chance(0.8) ? 1 : 2,
    overlap: draw.chance(0.6) ? 'skip' : drawOverlap(draw),
    twins: draw.pick([0, 0, 0.3]),
    scheduled: draw.chance(0.5),
    fresh: draw.chance(0.9) ? 0 : 0.2,
  };
}

function drawOverlap(draw: Draw): Overlap {
  return draw.pick(['skip', 'wait', 'wait', 'allow', 'cancel-other']);
}

/** What an item's kind ends as, if its process lets it. */
export function outcomeOf(kind: Kind): 'succeeded' | 'skipped' | 'failed' | 'quarantined' {
  if (kind === 'ok' || kind === 'late') return 'succeeded';
  if (kind === 'poison') return 'quarantined';
  return kind === 'skip' ? 'skipped' : 'failed';
}

/** The places of a segment's items: from `start`, below `end`. */
export function rangeOf(
  { kinds, segments }: LoopPlan,
  segment: number,
): { readonly start: number; readonly end: number } {
  const size = Math.ceil(kinds.length / segments);
  const start = Math.min(kinds.length, segment * size);
  return { start, end: Math.min(kinds.length, start + size) };
}
