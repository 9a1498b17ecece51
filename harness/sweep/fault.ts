/**
 * Lets each effect of a run go wrong once, in each way that it can, and go well from then on.
 *
 * The run has to end with every item accounted for, and settle as it does without, wherever a retry may help: an item may fail only when
 * its error is final, or its attempts are used up. What was right to fail is redriven then, and must end as it does without. A request that
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
import { isWorthRetry } from './worth-retry.ts';

export interface FaultPoint extends Point {
  readonly fault: FaultName;
}

/** Faults with which trying again cannot help. */
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
  let notTried: string | undefined;
  const startedBefore = new Map<string, number>();
  const attempt = await course.start({
    inner: async (seen, next) => {
      if (seen.number !== point.effect) return next();
      hit = seen;
      for (const key of seen.items) startedBefore.set(key, seen.tries);
      return goWrong(fault, world, seen, next, (why) => {
        notTried = why;
      });
    },
  });
  await course.goOn();
  const mayFail = (key: string) => {
    const item = lastOutcomes(course.attempts).get(key);
    if (item?.outcome !== 'failed') return false;
    return !isWorthRetry(item.error) || item.attempts >= job.limits.retry.attempts;
  };
  await course.heal(reference, mayFail);
  if (hit?.items.length === 0 && hit.at !== undefined) await course.healRun();
  if (hit !== undefined && notTried === undefined && final.has(fault)) {
    const again =
      hit.items.length === 1
        ? hit.items.filter((key) => (attempt.started.get(key) ?? 0) > (startedBefore.get(key) ?? 0))
        : [];
    course.findings.push(...again.map((key) => retried(key, fault)));
  }
  const trial = course.toTrial(point, reference, await takeOutcome(world, beginning), startedMs);
  return notTried === undefined ? trial : { ...trial, findings: [], notTried };
}

function retried(key: string, fault: FaultName): Finding {
  return {
    kind: 'retried',
    text: `${listOf([key])} was tried again, though trying again cannot help when a request ${describeFault(fault)}`,
  };
}
