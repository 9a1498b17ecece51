/**
 * Lets each effect of a run go wrong once, in each way that it can, and go well from then on.
 *
 * The run has to end with every item accounted for, and settle as it does without, wherever a retry may help: an item may fail only when
 * the fault is final, or its attempts are used up. What was right to fail is redriven then, and must end as it does without. A request that
 * was refused must not be sent again.
 */
import { Course } from './course.ts';
import { describeFault, type FaultName, faultsOf, goWrong } from './faults.ts';
import type { Finding } from './finding.ts';
import { describeEffect, type SeenEffect } from './gate.ts';
import { itemsOf, listOf } from './items-text.ts';
import { lastOutcomes } from './judge.ts';
import type { Point, PointsOf, Trial, Trying } from './point.ts';
import { noteBeginning, takeOutcome } from './world-outcome.ts';

export interface FaultPoint extends Point {
  readonly fault: FaultName;
}

/** Faults with which trying again cannot help. On purpose not the SDK's own word: a sweep has to see when that is wrong. */
const final: ReadonlySet<FaultName> = new Set(['refused', 'malformed']);

export function faultPoints({ reference: { effects } }: PointsOf): readonly FaultPoint[] {
  return effects.flatMap((seen) => faultsOf(seen).map((fault) => faultPoint(seen, fault)));
}

function faultPoint(seen: SeenEffect, fault: FaultName): FaultPoint {
  return {
    id: `fault:${seen.number}:${fault}`,
    kind: 'fault',
    title: `${describeEffect(seen)}${itemsOf(seen)} ${describeFault(fault)}`,
    at: seen.at,
    effect: seen.number,
    fault,
  };
}

export async function tryFault({ fault, ...point }: FaultPoint, { job, reference, world }: Trying): Promise<Trial> {
  const startedMs = performance.now();
  const beginning = await noteBeginning(world);
  const course = new Course({ world, job });
  let hit: SeenEffect | undefined;
  const attempt = await course.start({
    inner: async (seen, next) => {
      if (seen.number !== point.effect) return next();
      hit = seen;
      return goWrong(fault, world, seen, next, (why) => {
        course.notTried = why;
      });
    },
  });
  if (hit === undefined) course.notTried = 'the run did not come to this effect';
  if (course.summary?.status === 'interrupted')
    course.findings.push({ kind: 'status', text: `the run was interrupted by it: ${course.summary.error?.message}` });
  await course.goOn();
  const mayFail = (key: string) => {
    const item = lastOutcomes(course.attempts).get(key);
    const isRight = final.has(fault) && hit?.items.includes(key) === true;
    return item?.outcome === 'failed' && (isRight || item.attempts >= job.limits.retry.attempts);
  };
  await course.heal(reference, mayFail);
  if (hit?.items.length === 0 && hit.at !== undefined) await course.healRun();
  if (hit !== undefined && final.has(fault)) {
    const [key = ''] = hit.items;
    // In a group each item is tried once more by itself, as it should.
    if (hit.items.length === 1 && requestsOf(attempt.gate.seen, key) > requestsOf(reference.effects, key))
      course.findings.push(retried(key, fault));
  }
  return course.toTrial(point, reference, await takeOutcome(world, beginning), startedMs);
}

function requestsOf(effects: readonly SeenEffect[], key: string): number {
  return effects.filter(({ effect, items }) => effect.kind === 'http' && items.includes(key)).length;
}

function retried(key: string, fault: FaultName): Finding {
  return {
    kind: 'retried',
    text: `${listOf([key])} was tried again, though trying again cannot help when a request ${describeFault(fault)}`,
  };
}
