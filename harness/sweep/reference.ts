/** The run that all others of a sweep are held against: the case as it is, with nothing in its way. */
import type { Job, SettledItem, Summary } from '@stint/sdk';
import { describeCall } from '../fakes/call.ts';
import { type AttemptOptions, runAttempt } from './attempt.ts';
import { fakeAt } from './faults.ts';
import type { SeenEffect } from './gate.ts';
import type { OutsideCall } from './outside.ts';
import { type Found, findRecord } from './record-place.ts';
import { SweepError } from './sweep-error.ts';
import type { World } from './world.ts';
import { noteBeginning, takeOutcome, type WorldOutcome } from './world-outcome.ts';

export interface Reference {
  readonly effects: readonly SeenEffect[];
  readonly settled: ReadonlyMap<string, SettledItem>;
  readonly summary: Summary;
  readonly outcome: WorldOutcome;
  /** Where the records of its items are, by their keys. */
  readonly records: ReadonlyMap<string, Found>;
  /** What it did around the door, each once. */
  readonly outside: readonly OutsideCall[];
  /** As the case has loaded it, before the run. */
  readonly before: WorldOutcome;
}

/** @throws SweepError `STINT_SWEEP_REFERENCE` when the case does not end as it should even when nothing is in its way */
export async function runReference(world: World, job: Job): Promise<Reference> {
  const beginning = await noteBeginning(world);
  const before = await takeOutcome(world, beginning);
  const records = new Map<string, Found>();
  const { attempt, end } = await runAttempt({
    world,
    job,
    trace: true,
    inner: noteRequest(world),
    watch: {
      onStart(keys, values, { source, reading }) {
        for (const [index, key] of keys.entries())
          if (!records.has(key)) records.set(key, findRecord(source, reading, values[index], before));
      },
    },
  });
  const { stores, testCase } = world;
  const name = `${testCase.job}/${testCase.name}`;
  if (end.kind === 'threw') throw end.error;
  if (end.kind !== 'ended' || !isEnd(end.summary)) {
    const status = end.kind === 'ended' ? end.summary.status : end.kind;
    const why = end.kind === 'ended' ? (end.summary.error?.message ?? '') : '';
    throw new SweepError(
      'STINT_SWEEP_REFERENCE',
      `expected a run of ${name} with nothing in its way to end, but it was ${status}: ${why}`,
    );
  }
  stores.fakes.assertNoUnhandled();
  const outcome = await takeOutcome(world, beginning);
  return {
    effects: attempt.gate.seen,
    settled: attempt.settled,
    summary: end.summary,
    outcome,
    records,
    outside: firstOfEach(attempt.gate.outside),
    before,
  };
}

/** A case may be one of failure. Accounts that do not add up are none of the case. */
function isEnd({ status, error }: Summary): boolean {
  return status === 'succeeded' || (status === 'failed' && error?.code !== 'STINT_ACCOUNTS');
}

/** Notes what each request is: the door knows its host alone. */
function noteRequest(world: World): NonNullable<AttemptOptions['inner']> {
  return async (seen, next) => {
    const calls = seen.effect.kind === 'http' ? fakeAt(world, seen.effect.target)?.calls : undefined;
    const before = calls?.all.length ?? 0;
    try {
      return await next();
    } finally {
      // Requests are let out one by one, so that the first to arrive is this one.
      const call = calls?.all[before];
      if (call !== undefined) seen.request = describeCall(call);
    }
  };
}

/** The first from each place in the code; where that is not known, the first by each way. */
function firstOfEach(calls: readonly OutsideCall[]): readonly OutsideCall[] {
  const isTold = calls.some(({ at }) => at !== undefined);
  const groups = Map.groupBy(
    calls.filter(({ at }) => !isTold || at !== undefined),
    ({ by, at }) => at ?? by,
  );
  return [...groups.values()].flatMap(([first]) => first ?? []);
}
