/**
 * Ends the process of a run at each of its effects, and starts it again until it comes to its end.
 *
 *   before   the process dies when it is about to do the effect
 *   after    it dies when the effect is done, and knows nothing of it
 *   signal   it is sent SIGTERM there: it may finish what is in flight, and is interrupted; where an item waits for the effect, its
 *            answer comes only when that time is over, so that the item is broken off
 *
 * After a death the lease is let expire; then the next start goes on. In pairs the process dies a second time, in the recovery; an item that
 * was in flight at both deaths may be quarantined, and is redriven then.
 */
import { InterruptedError, type Job, type Random, seededRandom } from '@stint/sdk';
import type { AttemptOptions, AttemptRecord } from './attempt.ts';
import { Course } from './course.ts';
import type { Finding } from './finding.ts';
import { describeEffect, kindOfEffect, type SeenEffect } from './gate.ts';
import { isHousekeeping } from './housekeeping.ts';
import { itemsOf } from './items-text.ts';
import type { Point, PointsOf, Trial, Trying } from './point.ts';
import type { AttemptProcesses } from './process-attempt.ts';
import type { Reference } from './reference.ts';
import type { World } from './world.ts';
import { noteBeginning, takeOutcome } from './world-outcome.ts';

export const crashMoments = ['before', 'after', 'signal'] as const;
export type CrashMoment = (typeof crashMoments)[number];

/** One end of a process. */
export interface Crash {
  readonly number: number;
  readonly moment: CrashMoment;
}

export interface CrashPoint extends Point {
  readonly crashes: readonly Crash[];
}

/** After the time to finish in, in ms. */
const leaveMs = 1_000;

/** How many pairs there are for each point. */
const pairsOfPoints = 0.1;

/** Every crash that there can be, in the order of the effects, and some pairs. A sleep changes nothing: one end at it is enough. */
export function crashPoints({ reference, seed }: PointsOf): readonly CrashPoint[] {
  const points = reference.effects.flatMap((seen) => {
    const moments: readonly CrashMoment[] = seen.effect.kind === 'sleep' ? ['before'] : crashMoments;
    return moments.map((moment) => crashPoint([{ number: seen.number, moment }], seen));
  });
  return [...points, ...crashPairs(reference, Math.ceil(points.length * pairsOfPoints), seededRandom(seed))];
}

/** A second death in the recovery from a first: the effect's number is that of the second attempt. */
function crashPairs({ effects }: Reference, count: number, random: Random): readonly CrashPoint[] {
  const some = effects.filter(({ effect }) => effect.kind !== 'sleep');
  const pick = () => some[Math.floor(random.next() * some.length)];
  const moment = () => (random.next() < 0.5 ? 'before' : 'after');
  return Array.from({ length: count }, () => {
    const [first, second] = [pick(), pick()];
    if (first === undefined || second === undefined) return [];
    const crashes = [
      { number: first.number, moment: moment() },
      { number: second.number, moment: moment() },
    ] as const;
    return [crashPoint(crashes, first)];
  }).flat();
}

function crashPoint(crashes: readonly Crash[], seen: SeenEffect): CrashPoint {
  const [first, second] = crashes;
  const then = second === undefined ? '' : `, and again ${second.moment} effect ${second.number} of its recovery`;
  const done = first?.moment === 'signal' ? 'interrupted at' : `killed ${first?.moment}`;
  return {
    id: `crash:${crashes.map(({ number, moment }) => `${number}:${moment}`).join('+')}`,
    kind: 'crash',
    title: `${done} ${describeEffect(seen)}${itemsOf(seen)}${then}`,
    at: seen.at,
    effect: seen.number,
    crashes,
  };
}

export async function tryCrash(
  { crashes, ...point }: CrashPoint,
  { job, reference, world, processes }: Trying,
): Promise<Trial> {
  const startedMs = performance.now();
  const beginning = await noteBeginning(world);
  const course = new Course({ world, job });
  for (const crash of crashes) {
    const attempt = await (processes === undefined
      ? course.start(stopAt(crash, job))
      : startIn(processes, course, world, crash));
    if (crash === crashes[0]) course.findings.push(...findOtherEffect(reference, crash, attempt));
    if (course.isOver) break;
    await world.cutConnections();
    if (await course.endedSomehow()) break;
    await course.passLease();
  }
  await course.goOn();
  const mayBeQuarantined = (key: string) => crashes.length > 1 && wasBegun(course.attempts, key);
  await course.heal(reference, mayBeQuarantined);
  return course.toTrial(point, reference, await takeOutcome(world, beginning), startedMs);
}

/** The same in a process of its own. */
async function startIn(processes: AttemptProcesses, course: Course, world: World, end: Crash): Promise<AttemptRecord> {
  const made = await processes.make({ world, end, afterMs: course.waitMs });
  course.note(made.attempt, made.end);
  return made.attempt;
}

/** Whether the last process that died may have died of the item: it had begun it, or was about to. */
function wasBegun(attempts: readonly AttemptRecord[], key: string): boolean {
  const last = attempts.findLast(({ gate }) => gate.stoppedAt !== undefined);
  return last !== undefined && (last.started.has(key) || last.ledger.marked.includes(key));
}

function stopAt(
  { number, moment }: Crash,
  { limits }: Job,
): Pick<AttemptOptions, 'stop' | 'run' | 'onEffect' | 'onEnd'> {
  if (moment !== 'signal') return { stop: { number, moment } };
  const terminate = new AbortController();
  return {
    run: { signal: terminate.signal },
    onEffect: (seen) => {
      if (seen.number === number)
        terminate.abort(new InterruptedError('the run was interrupted by SIGTERM', 'SIGTERM'));
    },
    onEnd: async (seen, clock, signal) => {
      // What is opened would be lost with an answer that is broken off.
      const isLate = seen.number === number && seen.items.length > 0 && !isHousekeeping(seen);
      if (isLate) await clock.sleep(limits.drainMs + leaveMs, signal);
    },
  };
}

/** The same effect has to have the same number, or the point says nothing. */
function findOtherEffect(reference: Reference, { number }: Crash, { gate }: AttemptRecord): readonly Finding[] {
  const [wanted, got] = [reference.effects[number - 1], gate.seen[number - 1]];
  if (wanted === undefined || (got !== undefined && kindOfEffect(wanted) === kindOfEffect(got))) return [];
  const instead = got === undefined ? 'there was none' : `it was ${describeEffect(got)}`;
  return [
    {
      kind: 'not-repeatable',
      text: `effect ${number} was ${describeEffect(wanted)} at first, and when the run was made again ${instead}`,
    },
  ];
}
