/** One attempt at a run in a world, as a process of its own would make it, with a gate in front of all that it does. */
import { createHash } from 'node:crypto';
import {
  InterruptedError,
  type Job,
  type RunOptions,
  runJob,
  type SettledItem,
  type Summary,
  seededRandom,
} from '@stint/sdk';
import { AttemptClock } from './attempt-clock.ts';
import { Gate, type GateOptions, insideEffect } from './gate.ts';
import { emptyNotes, type LedgerNotes, tapLedger } from './tapped-ledger.ts';
import { type JobWatch, watchJob } from './watch-job.ts';
import type { World } from './world.ts';

/** What of a world an attempt uses. */
export interface AttemptWorld extends Pick<World, 'time' | 'openLedger' | 'jobStores' | 'noteAttempt'> {
  readonly testCase: Pick<World['testCase'], 'name' | 'scope'>;
  readonly stores: Pick<World['stores'], 'environment' | 'stores'>;
}

export interface AttemptOptions extends Omit<GateOptions, 'clock'> {
  readonly world: AttemptWorld;
  readonly job: Job;
  /** Waits so long before it starts, in ms of virtual time. @default 0 */
  readonly afterMs?: number;
  /** What the run is started with besides what the case says. @default nothing */
  readonly run?: RunOptions;
  /** @default nothing is put in the way of the job */
  readonly watch?: Partial<JobWatch>;
}

/** What became of an attempt. */
export type AttemptEnd =
  | { readonly kind: 'ended'; readonly summary: Summary }
  | { readonly kind: 'stopped' }
  /** It rejected: nothing was begun, or the harness could not go on with it. */
  | { readonly kind: 'threw'; readonly error: unknown };

/** What an attempt has done, in this process or in one that has died. */
export interface AttemptRecord {
  readonly gate: Pick<Gate, 'seen' | 'stoppedAt'>;
  readonly ledger: LedgerNotes;
  /** How often the handler of each item was begun, by key. */
  readonly started: ReadonlyMap<string, number>;
  readonly settled: ReadonlyMap<string, SettledItem>;
  /** Ends what is left of it: nothing of it gets out any more, and it gives back what it holds. */
  bury(): void;
}

export interface Attempt extends AttemptRecord {
  readonly gate: Gate;
  readonly clock: AttemptClock;
  /** Resolves when it has ended or is stopped. */
  readonly end: Promise<AttemptEnd>;
  /** Resolves when it has ended, woken or buried as it may be. */
  readonly over: Promise<AttemptEnd>;
}

/** Starts an attempt; to be called within `world.time.runVirtual`, with what that gives. */
export function startAttempt(
  { world, job, afterMs = 0, run = {}, watch = {}, ...options }: AttemptOptions,
  { middleware = [] }: RunOptions,
  hung: AbortSignal,
): Attempt {
  const clock = new AttemptClock(world.time.clock);
  const gate = new Gate({ ...options, clock });
  const buried = new AbortController();
  const started = new Map<string, number>();
  const settled = new Map<string, SettledItem>();
  const { testCase, stores } = world;
  let notes = emptyNotes();
  const watched = watchJob(job, clock, {
    ...watch,
    async onStart(keys, values, from) {
      for (const key of keys) started.set(key, (started.get(key) ?? 0) + 1);
      await watch.onStart?.(keys, values, from);
    },
  });

  const work = async (): Promise<Summary> => {
    if (afterMs > 0) await clock.sleep(afterMs, hung);
    const opened = await world.openLedger(clock);
    const tapped = tapLedger(opened);
    notes = tapped.notes;
    try {
      return await runJob(watched, {
        scope: testCase.scope,
        trigger: { kind: 'test' },
        random: seededRandom(createHash('sha256').update(testCase.name).digest().readUInt32BE()),
        environment: stores.environment,
        stores: world.jobStores,
        ...run,
        observer: { onOutcome: (item) => settled.set(item.key, item) },
        clock,
        ledger: tapped.ledger,
        signal: AbortSignal.any([hung, buried.signal, ...(run.signal === undefined ? [] : [run.signal])]),
        middleware: [gate.outer, ...middleware, gate.inner],
      });
    } finally {
      await opened[Symbol.asyncDispose]();
    }
  };
  const over = insideEffect.run({ gate, seen: undefined }, work).then(
    (summary): AttemptEnd => ({ kind: 'ended', summary }),
    (error: unknown): AttemptEnd => ({ kind: 'threw', error }),
  );
  const attempt: Attempt = {
    gate,
    clock,
    get ledger() {
      return notes;
    },
    started,
    settled,
    end: Promise.race([over, gate.stopped.then((): AttemptEnd => ({ kind: 'stopped' }))]),
    over,
    bury() {
      gate.bury();
      buried.abort(new InterruptedError('this attempt was ended by a sweep'));
    },
  };
  world.noteAttempt(attempt);
  return attempt;
}

/** Runs one attempt in virtual time, until it has ended or is stopped. */
export async function runAttempt(
  options: AttemptOptions,
): Promise<{ readonly attempt: Attempt; readonly end: AttemptEnd }> {
  let attempt: Attempt | undefined;
  const end = await options.world.time
    .runVirtual((extra = {}, hung = new AbortController().signal) => {
      attempt = startAttempt(options, extra, hung);
      return attempt.end;
    })
    .catch((error: unknown): AttemptEnd => ({ kind: 'threw', error }));
  if (attempt === undefined) throw end.kind === 'threw' ? end.error : new Error('the attempt was not started');
  return { attempt, end };
}
