/**
 * Plays one seed to its end: starts processes as a scheduler would, until all that was to be worked is worked, and checks
 * what must hold then.
 */
import type { FailedItem } from '../../ledger/ledger.ts';
import type { Json } from '../../sources/source.ts';
import type { Actor } from './actor.ts';
import { Draw } from './draw.ts';
import { longestLateMs } from './network.ts';
import { drawPlan, type Plan, type TargetPlan } from './plan.ts';
import { isOpen, type RunTruth } from './run-truth.ts';
import { World } from './world.ts';

export interface Simulated {
  readonly seed: number;
  /** What must never be, and came to be; undefined: nothing. */
  readonly violation: string | undefined;
  /** The same for the same seed. */
  readonly digest: string;
  readonly events: number;
  /** The last events, up to the violation. */
  readonly lines: readonly string[];
}

const day = 24 * 3_600_000;
const firstScheduledMs = Date.UTC(2026, 0, 1);
// Each poison item costs two starts, each time slice one.
const mostCalmStarts = 60;
const callTimeoutMs = 11_000;

/** Plays the seed; `all`: keeps all events in `lines`. */
export async function simulate(seed: number, all = false): Promise<Simulated> {
  const plan = drawPlan(seed);
  const world = new World(plan);
  const unhandled = (reason: unknown) => world.trace.violate(`a rejection that nobody awaited: ${String(reason)}`);
  process.on('unhandledRejection', unhandled);
  try {
    await world.runUntil(drive(world), day);
    await checkEnd(world);
  } catch (error) {
    world.trace.violate(error instanceof Error ? error.message : String(error));
  } finally {
    process.off('unhandledRejection', unhandled);
  }
  const { trace } = world;
  return {
    seed,
    violation: trace.violation?.message,
    digest: trace.digest(),
    events: trace.events,
    lines: trace.lines(all),
  };
}

async function drive(world: World): Promise<void> {
  const { plan, clock } = world;
  const draw = new Draw(plan.seed ^ 0xd21e);
  const drivers = plan.targets.map((target) => driveTarget(world, target, draw.fork()));
  const extras = plan.extras.map(async ({ atMs, target, overlap }) => {
    await clock.sleep(atMs);
    const extra = plan.targets[target];
    if (extra !== undefined) await world.launch(extra, { trigger: { kind: 'manual' }, overlap, fresh: false }).over;
  });
  const cancels = plan.cancels.map(async ({ atMs, target }) => {
    await clock.sleep(atMs);
    await cancelLast(world, plan.targets[target]);
  });
  await Promise.all([...drivers, ...extras, ...cancels]);
  // Extras may have left a run behind, and so may a claim that lands late: the next start goes on with it.
  await clock.sleep(longestLateMs);
  for (const target of plan.targets) await finish(world, target, draw.fork());
  await Promise.all(world.actors.map(({ over }) => over));
  // A heartbeat may be on its way, and has its own time limit.
  await clock.sleep(callTimeoutMs);
}

/** Starts the target's rounds one after the other, each until its run is over. */
async function driveTarget(world: World, target: TargetPlan, draw: Draw): Promise<void> {
  await world.clock.sleep(target.firstMs);
  let before: RunTruth | undefined;
  for (let round = 0; round < target.rounds; round++) {
    await startUntil(world, target, draw, () => {
      const last = world.truth.lastOf(target.job, target.part);
      return last !== undefined && last !== before && !isOpen(last.status);
    });
    before = world.truth.lastOf(target.job, target.part);
  }
}

function finish(world: World, target: TargetPlan, draw: Draw): Promise<void> {
  return startUntil(world, target, draw, () => {
    const last = world.truth.lastOf(target.job, target.part);
    return last === undefined || !isOpen(last.status);
  });
}

async function startUntil(world: World, target: TargetPlan, draw: Draw, isDone: () => boolean): Promise<void> {
  const { clock, trace, plan } = world;
  let occasion = draw.int(0, 1_000_000);
  for (let calm = 0; !isDone(); ) {
    if (trace.violation !== undefined) return;
    const isCalm = clock.monotonicMs() >= plan.faults.untilMs;
    if (isCalm) calm += 1;
    if (calm > mostCalmStarts) {
      trace.violate(`${target.job.name} ${target.part} is not done after ${calm} starts without faults`);
      return;
    }
    // A scheduler delivers the same time again, or the next one.
    if (isCalm || draw.chance(0.6)) occasion += 1;
    // Whoever begins anew each time, or beside the others, never gets past what kills each process once or twice.
    const fresh = isCalm ? 0 : target.fresh;
    const overlap = isCalm ? 'wait' : target.overlap;
    const scheduledTime = new Date(firstScheduledMs + (target.part * 2_000_000 + occasion) * 60_000).toISOString();
    const start = () =>
      world.launch(target, {
        trigger: target.scheduled ? { kind: 'schedule', scheduledTime } : { kind: 'manual' },
        overlap,
        fresh: draw.chance(fresh),
      });
    const actors: Actor[] = [start()];
    if (draw.chance(target.twins)) actors.push(start());
    await Promise.all(actors.map(({ over }) => over));
    await clock.sleep(draw.small(0, 60_000));
  }
}

async function cancelLast(world: World, target: TargetPlan | undefined): Promise<void> {
  const run = target && world.truth.lastOf(target.job, target.part);
  if (run === undefined) return;
  world.trace.note('somebody', `cancels ${run.name}`);
  // It may not be written down yet.
  await world.ledger.cancel(run.runId, 'somebody').catch(() => {});
}

async function checkEnd(world: World): Promise<void> {
  const { trace, actors, truth } = world;
  for (const { name, isAlive, process, pendingTimers } of actors) {
    trace.check(!isAlive, () => `${name} has not ended`);
    trace.check(!process.isAlive || pendingTimers === 0, () => `${name} has left ${pendingTimers} timers`);
  }
  for (const run of truth.runs.values()) await checkRun(world, run);
}

async function checkRun({ ledger, trace, plan, truth }: World, run: RunTruth): Promise<void> {
  const record = await ledger.run(run.runId);
  if (record === undefined) {
    trace.check(run.attempts.length === 0, () => `${run.name} is not in the ledger any more`);
    return;
  }
  if (isOpen(record.status)) {
    const isLast = truth.lastOf(run.job, run.part) === run;
    trace.check(!isLast || mayBeLeft(plan, run), () => `${run.name} is left ${record.status}`);
    return;
  }
  const kept = await allFailures((after) => ledger.failures(run.runId, after === undefined ? {} : { after }));
  const inLedger = kept.map(({ loop, key }) => `${loop}/${key}`).toSorted();
  const really = [...run.failures.keys()].toSorted();
  trace.check(
    JSON.stringify(inLedger) === JSON.stringify(really),
    () => `${run.name}: the ledger has failures ${inLedger}, but they were ${really}`,
  );
  const { summary } = record;
  if (record.status !== 'succeeded' || summary === undefined) return;
  const { read, succeeded, skipped, failed, quarantined, remaining } = summary.items;
  const items = run.job.loops.reduce((sum, { kinds }) => sum + kinds.length, 0);
  trace.check(read === items && remaining === 0, () => `${run.name} succeeded with ${read} of ${items} items read`);
  const told = JSON.stringify({ succeeded, skipped, failed, quarantined });
  trace.check(
    told === JSON.stringify(run.counted),
    () => `${run.name} tells ${told}, it was ${JSON.stringify(run.counted)}`,
  );
  const { replayed, replayedAtMost } = summary.resume;
  trace.check(replayed <= replayedAtMost, () => `${run.name}: ${replayed} replayed, but at most ${replayedAtMost}`);
}

/** A dry run, or one that others were allowed beside, is gone on with by nobody. */
function mayBeLeft({ targets }: Plan, { job, part, passedBy }: RunTruth): boolean {
  return passedBy || !targets.some((target) => target.job === job && target.part === part);
}

async function allFailures(
  page: (
    after: Json | undefined,
  ) => Promise<{ readonly items: readonly FailedItem[]; readonly next: Json | undefined }>,
): Promise<readonly FailedItem[]> {
  const all: FailedItem[] = [];
  let after: Json | undefined;
  do {
    const { items, next } = await page(after);
    all.push(...items);
    after = next;
  } while (after !== undefined);
  return all;
}
