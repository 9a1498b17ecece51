/**
 * Lets somebody else change or delete each record between its being read and its being worked.
 *
 *   fresh   right before its handler: what the handler is given was true a moment ago
 *   late    after its page was read, and then more time goes by than the SDK lets an item wait: it has to be read again
 *
 * The oracle is that of databases, serializability: the end has to be as if the change and the run had come one after the other.
 * Right before the handler either order will do; where the item was read again, only the change before the run.
 */
import type { Job, Summary } from '@stint/sdk';
import { runAttempt } from './attempt.ts';
import { betweenPages } from './between-pages.ts';
import { Course } from './course.ts';
import type { Finding } from './finding.ts';
import { applyChange, changesOf, type ForeignChange, makeChange } from './foreign-change.ts';
import type { SeenEffect } from './gate.ts';
import { differencesOf } from './judge.ts';
import type { Point, PointsOf, Trial, Trying } from './point.ts';
import type { Found, RecordPlace } from './record-place.ts';
import type { Reference } from './reference.ts';
import type { JobWatch } from './watch-job.ts';
import type { World } from './world.ts';
import { noteBeginning, takeOutcome, type WorldOutcome } from './world-outcome.ts';

type What = ForeignChange['what'];
type When = 'fresh' | 'late';

export interface StalePoint extends Point {
  readonly key: string;
  readonly place: Found;
  readonly when: When;
  /** What a run gives that begins after the change. Made once for both times. */
  readonly changedFirst: () => Promise<ChangedFirst>;
}

/** A change that the store took, and what the run made of it; or why there is none. */
type ChangedFirst =
  | { readonly change: ForeignChange; readonly outcome: WorldOutcome; readonly status: Summary['status'] }
  | { readonly notTried: string };

export function stalePoints({ reference, job, withWorld }: PointsOf): readonly StalePoint[] {
  return [...reference.records].flatMap(([key, place], index) => {
    const step = lastStep(reference, key);
    return (['changed', 'deleted'] as const).flatMap((what) => {
      const changedFirst = once(() => changeFirst({ reference, job, place, what, withWorld }));
      return (['fresh', 'late'] as const).map((when) => {
        const moment = when === 'fresh' ? 'right before its handler' : 'after it was read, and was worked late';
        return {
          id: `stale:${index + 1}:${when}-${what}`,
          kind: 'stale',
          title: `the record of item ${key} was ${what} by someone else ${moment}`,
          at: step?.at,
          effect: step?.number ?? 0,
          key,
          place,
          when,
          changedFirst,
        } as const;
      });
    });
  });
}

/** Where the item's record is written, else where it was last asked for something. */
function lastStep({ effects }: Reference, key: string): SeenEffect | undefined {
  const own = effects.filter(({ items }) => items.includes(key));
  return own.findLast(({ effect }) => effect.write) ?? own.at(-1);
}

export async function tryStale(
  { key, when, changedFirst, place: _place, ...point }: StalePoint,
  { job, reference, world }: Trying,
): Promise<Trial> {
  const startedMs = performance.now();
  const first = await changedFirst();
  if ('notTried' in first) return untried(point, first.notTried, startedMs);
  const beginning = await noteBeginning(world);
  const course = new Course({ world, job });
  const change = new OneChange(world, first.change, key);
  await course.start({
    watch: when === 'fresh' ? change.before() : change.andWait(job),
  });
  await course.goOn();
  const outcome = await takeOutcome(world, beginning);
  const allowed = when === 'late' ? [first.outcome] : [first.outcome, applyChange(reference.outcome, first.change)];
  const found = allowed.map((wanted) => differencesOf(wanted, outcome));
  const serial = allowed[found.findIndex((differences) => differences.length === 0)];
  if (serial === undefined) course.findings.push(...actedOnIt(found[0] ?? []));
  const summary = { ...reference.summary, ...(course.summary?.status === first.status && { status: first.status }) };
  const held = { ...reference, summary, outcome: serial ?? outcome };
  course.notTried = change.notMade;
  return course.toTrial(point, held, outcome, startedMs, new Set([key]));
}

function actedOnIt(differences: readonly Finding[]): readonly Finding[] {
  const [first] = differences;
  const text = `the job acted on what it had read: against a run that began after the change, ${first?.text}`;
  return [{ kind: 'stale', text }];
}

/** The change, made once at its time; or why it was not. */
class OneChange {
  readonly #world: World;
  readonly #change: ForeignChange;
  readonly #key: string;
  #state: 'waiting' | 'made' | 'refused' = 'waiting';

  constructor(world: World, change: ForeignChange, key: string) {
    this.#world = world;
    this.#change = change;
    this.#key = key;
  }

  get notMade(): string | undefined {
    if (this.#state === 'waiting') return 'an item was not worked when its record was to be changed';
    return this.#state === 'refused'
      ? 'a record could not be changed any more: the store took no such change'
      : undefined;
  }

  before(): Partial<JobWatch> {
    return {
      onStart: async (keys) => {
        if (this.#state === 'waiting' && keys.includes(this.#key)) await this.#make();
      },
    };
  }

  andWait({ limits }: Job): Partial<JobWatch> {
    return {
      replace: (worked, clock) =>
        betweenPages(worked, async ({ items }, _number, source) => {
          if (this.#state !== 'waiting' || !items.some((item) => source.keyOf(item) === this.#key)) return;
          await this.#make();
          await clock.sleep(limits.maxStalenessMs + 1_000);
        }),
    };
  }

  async #make(): Promise<void> {
    try {
      await makeChange(this.#world, this.#change);
      this.#state = 'made';
    } catch {
      this.#state = 'refused';
    }
  }
}

interface ChangingFirst extends Pick<PointsOf, 'reference' | 'job' | 'withWorld'> {
  readonly place: Found;
  readonly what: What;
}

async function changeFirst({ reference, job, place, what, withWorld }: ChangingFirst): Promise<ChangedFirst> {
  if ('notFound' in place) return { notTried: `a record is not found: ${place.notFound}` };
  return withWorld(async (world) => {
    const beginning = await noteBeginning(world);
    const change = await findChange(world, reference, place, what);
    if (change === undefined) return { notTried: `a record cannot be ${what}: the store takes no such change` };
    const { end } = await runAttempt({ world, job });
    if (end.kind !== 'ended') return { notTried: 'a run after the change does not end' };
    return { change, outcome: await takeOutcome(world, beginning), status: end.summary.status };
  });
}

/** The first change that the store takes. */
async function findChange(
  world: World,
  reference: Reference,
  place: RecordPlace,
  what: What,
): Promise<ForeignChange | undefined> {
  const choices = what === 'deleted' ? [{ place, what }] : changesOf(place, reference);
  for (const change of choices) {
    try {
      await makeChange(world, change);
      return change;
    } catch {
      // A constraint forbids it.
    }
  }
  return undefined;
}

function untried(point: Point, notTried: string, startedMs: number): Trial {
  const nothing = { findings: [], workedTwice: 0, mayWorkTwice: 0, repeatedWithKey: 0, repeatedWithoutKey: 0 };
  return { point, ...nothing, durationMs: performance.now() - startedMs, notTried };
}

function once<TResult>(make: () => Promise<TResult>): () => Promise<TResult> {
  let made: Promise<TResult> | undefined;
  return () => (made ??= make());
}
