/**
 * Two processes at one run.
 *
 *   alone    the run lasts longer than a lease, and nobody else is there: it has to keep its lease
 *   twin     a second start comes at a claim or a heartbeat of the first: one of them works, the other is refused
 *   zombie   the process is frozen, its lease expires, another takes over and ends, or is halfway, and the first one wakes: it must
 *            not act any more. Frozen after each effect, and before each write to the ledger, which has passed all checks by then
 *
 * For that, runs are made to last: the first page is handed out only when a lease would have expired.
 * A transaction that a frozen process has open is ended by the server, as its timeout for idle ones does.
 * What a frozen process had sent already arrives, and what it was about to send when it was frozen, after its last look at the
 * lease, is sent when it wakes: no client can take that back. It carries the same idempotency key.
 */
import type { Summary } from '@stint/sdk';
import { type Attempt, type AttemptEnd, type AttemptOptions, startAttempt } from './attempt.ts';
import { betweenPages } from './between-pages.ts';
import { Course } from './course.ts';
import type { Finding } from './finding.ts';
import { describeEffect, type Moment, type SeenEffect } from './gate.ts';
import { isHousekeeping } from './housekeeping.ts';
import { itemsOf, listOf } from './items-text.ts';
import type { Point, PointsOf, Trial, Trying } from './point.ts';
import { leaseMs } from './site.ts';
import type { LedgerNotes } from './tapped-ledger.ts';
import type { World } from './world.ts';
import { noteBeginning, takeOutcome } from './world-outcome.ts';

type RaceVariant = 'alone' | 'twin' | 'zombie' | 'zombie-early' | 'zombie-midway';

export interface RacePoint extends Point {
  readonly variant: RaceVariant;
  readonly moment: Moment;
}

const notReached = 'the run did not come to this effect';
/** Longer than a lease lasts. */
const holdMs = leaseMs + 5_000;
const contended: ReadonlySet<string> = new Set(['claim', 'heartbeat']);

/** Lets the run last. */
const lasting: Pick<AttemptOptions, 'watch'> = {
  watch: {
    replace: (source, clock) =>
      betweenPages(source, async (_page, number) => {
        if (number === 1) await clock.sleep(holdMs);
      }),
  },
};

export async function racePoints({ job, withWorld }: PointsOf): Promise<readonly RacePoint[]> {
  const effects = await withWorld(async (world) => {
    const { gate } = await new Course({ world, job }).start({ ...lasting, trace: true });
    return [...gate.seen];
  });
  const ledger = effects.filter(({ effect }) => effect.kind === 'ledger');
  const end = ledger.find(({ effect }) => effect.operation === 'finish')?.number ?? effects.length;
  const twins = ledger
    .filter(({ effect }) => contended.has(effect.operation))
    .flatMap((seen) => (['before', 'after'] as const).map((moment) => racePoint('twin', moment, seen)));
  const frozen = effects
    .filter(({ number, effect }) => number < end && effect.kind !== 'sleep')
    // Every other one wakes while its successor is halfway.
    .map((seen, index) =>
      index % 2 === 0 ? racePoint('zombie', 'after', seen) : midway(racePoint('zombie', 'after', seen)),
    );
  const writing = ledger
    .filter(({ number, effect }) => number <= end && effect.write && effect.operation !== 'claim')
    .flatMap((seen) => [racePoint('zombie', 'before', seen), early(racePoint('zombie', 'before', seen))]);
  const alone = {
    id: 'race:alone',
    kind: 'race',
    title: 'alone, for longer than a lease lasts',
    at: undefined,
    effect: 0,
  } as const;
  return [{ ...alone, variant: 'alone', moment: 'before' }, ...twins, ...writing, ...frozen];
}

function racePoint(variant: RaceVariant, moment: Moment, seen: SeenEffect): RacePoint {
  const what = variant === 'twin' ? `started a second time ${moment}` : `frozen ${moment}`;
  return {
    id: `race:${seen.number}:${variant}-${moment}`,
    kind: 'race',
    title: `${what} ${describeEffect(seen)}${itemsOf(seen)}`,
    at: seen.at,
    effect: seen.number,
    variant,
    moment,
  };
}

function early(point: RacePoint): RacePoint {
  const title = `${point.title}, and woken as soon as another has taken over`;
  return { ...point, id: `${point.id}-early`, variant: 'zombie-early', title };
}

function midway(point: RacePoint): RacePoint {
  const title = `${point.title}, and woken while another is halfway`;
  return { ...point, id: `${point.id}-midway`, variant: 'zombie-midway', title };
}

export async function tryRace({ variant, moment, ...point }: RacePoint, trying: Trying): Promise<Trial> {
  const { job, reference, world } = trying;
  const startedMs = performance.now();
  const beginning = await noteBeginning(world);
  const course = new Course({ world, job });
  if (variant === 'alone') await course.start(lasting);
  else if (variant === 'twin') await raceTwins(course, trying, point.effect, moment);
  else await raceZombie(course, trying, { number: point.effect, moment }, wakesAt(variant, trying));
  if (variant === 'alone' && course.summary?.status === 'interrupted')
    course.findings.push({
      kind: 'status',
      text: `the run lost its lease, with nobody to take it: ${course.summary.error?.message}`,
    });
  await course.goOn();
  return course.toTrial(point, reference, await takeOutcome(world, beginning), startedMs);
}

/** After how many effects of the successor the zombie wakes; undefined: after its end. */
function wakesAt(variant: RaceVariant, { reference }: Trying): number | undefined {
  if (variant === 'zombie-early') return 1;
  return variant === 'zombie-midway' ? Math.ceil(reference.effects.length / 2) : undefined;
}

async function raceTwins(course: Course, { world, job }: Trying, number: number, moment: Moment): Promise<void> {
  const ends = await world.time.runVirtual(async (extra = {}, hung = new AbortController().signal) => {
    const started: Attempt[] = [];
    const second = (seen: SeenEffect) => {
      if (seen.number === number && started.length === 1) started.push(startAttempt({ world, job }, extra, hung));
    };
    const hook = moment === 'before' ? { onEffect: second } : { onEnd: second };
    started.push(startAttempt({ world, job, ...lasting, ...hook }, extra, hung));
    const first = await started[0]?.end;
    const other = await started[1]?.end;
    return started.map((attempt, index) => ({ attempt, end: index === 0 ? first : other }));
  });
  if (ends.length < 2) course.notTried = notReached;
  // Who worked is told last: it is the run.
  const sorted = ends.toSorted((a, b) => rankOf(a.end) - rankOf(b.end));
  for (const { attempt, end } of sorted) if (end !== undefined) course.note(attempt, end);
  const [worker, other] = course.attempts.filter(({ ledger }) => ledger.claimedMs !== undefined);
  if (worker !== undefined && other !== undefined) {
    if (isLater(worker.ledger, other.ledger) || isLater(other.ledger, worker.ledger))
      course.notTried = 'the second start waited until the first had ended';
    const both = [...worker.started.keys()].filter((key) => other.started.has(key));
    course.findings.push({
      kind: 'worked-twice',
      text: both.length === 0 ? 'both worked' : `both worked, on ${listOf(both)} twice`,
    });
  }
}

function isLater({ finishedMs }: LedgerNotes, { claimedMs }: LedgerNotes): boolean {
  return finishedMs !== undefined && claimedMs !== undefined && claimedMs >= finishedMs;
}

function rankOf(end: AttemptEnd | undefined): number {
  if (end?.kind !== 'ended') return 2;
  return end.summary.status === 'refused' ? 0 : 1;
}

async function raceZombie(
  course: Course,
  { world }: Trying,
  stop: { readonly number: number; readonly moment: Moment },
  wakesAfter: number | undefined,
): Promise<void> {
  const zombie = await course.start({ ...lasting, stop });
  if (zombie.gate.stoppedAt === undefined) {
    course.notTried = notReached;
    return;
  }
  await world.endIdleTransactions();
  await course.passLease({ holdersAreGone: false });
  let awake: { readonly effects: number; readonly taken: number } | undefined;
  const wake = () => {
    awake = { effects: zombie.gate.seen.length, taken: zombie.ledger.taken.length };
    zombie.gate.wake();
  };
  // From its claim on: before, it may watch the lease for a while.
  let done = 0;
  const onEffect = ({ effect: { kind, operation } }: SeenEffect) => {
    if (kind !== 'sleep' && operation !== 'claim') done += 1;
    if (done === wakesAfter && awake === undefined) wake();
  };
  const successor = await course.start({ onEffect });
  const end = await world.time.runVirtual(async () => {
    if (awake === undefined) wake();
    return await zombie.over;
  });
  if (awake !== undefined) course.findings.push(...findLateActs(zombie, awake), ...findEnd(end));
  course.findings.push(...(await findRecord(world, successor, course.summary)));
}

/** What the woken process did, though its lease was another's. */
function findLateActs(
  { gate, ledger }: Attempt,
  { effects, taken }: { readonly effects: number; readonly taken: number },
): readonly Finding[] {
  const late = gate.seen
    .slice(effects)
    .filter((seen) => !seen.wasHeld && seen.effect.kind !== 'sleep')
    // It may leave its stores in order, and ask the ledger, which refuses it.
    .filter((seen) => seen.effect.kind !== 'ledger' && !isHousekeeping(seen));
  const written = ledger.taken.slice(taken);
  return [
    ...late.slice(0, 1).map((seen): Finding => {
      const more = late.length > 1 ? `, and ${late.length - 1} more` : '';
      return {
        kind: 'acted-late',
        text: `when it woke, with its lease another's, it did ${describeEffect(seen)}${itemsOf(seen)}${more}`,
        at: seen.at,
      };
    }),
    ...written.slice(0, 1).map(
      (operation): Finding => ({
        kind: 'acted-late',
        text: `when it woke, with its lease another's, the ledger took its ${operation}`,
      }),
    ),
  ];
}

function findEnd(end: AttemptEnd): readonly Finding[] {
  if (end.kind !== 'ended' || end.summary.status === 'interrupted') return [];
  return [{ kind: 'acted-late', text: `when it woke, with its lease another's, it ended as ${end.summary.status}` }];
}

/** The ledger has to hold what the attempt with the lease wrote. */
async function findRecord(
  world: World,
  { ledger }: Attempt,
  summary: Summary | undefined,
): Promise<readonly Finding[]> {
  const { runId } = ledger;
  if (summary === undefined || runId === undefined) return [];
  const record = await world.record(runId);
  if (record?.status === summary.status && record.attempt === summary.attempt) return [];
  return [
    {
      kind: 'acted-late',
      text: `the ledger has the run as ${record?.status ?? 'unknown'} (attempt ${record?.attempt}), and attempt ${summary.attempt} ended it as ${summary.status}`,
    },
  ];
}
