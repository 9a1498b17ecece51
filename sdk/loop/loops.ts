/** All loops of a run: makes them by name, resumes them, and adds up their accounts. */

import type { Context, LoopNaming } from '../context.ts';
import { each } from '../each.ts';
import { eachBatch } from '../each-batch.ts';
import { DefinitionError, ResumeMismatchError } from '../errors.ts';
import type { Taken } from '../ledger/checkpointer.ts';
import type { Checkpoint, FailedItem, LoopState, Mark } from '../ledger/ledger.ts';
import { memorySource } from '../sources/memory.ts';
import type { Source } from '../sources/source.ts';
import { Accounts, type LoopTaken } from './accounts.ts';
import { CallRunner } from './call-runner.ts';
import type { LoopContext } from './loop-context.ts';
import { Tally } from './tally.ts';

// What does not depend on the type of a loop's items.
type AnyAccounts = Pick<
  Accounts<unknown>,
  'read' | 'remaining' | 'settled' | 'failed' | 'done' | 'suspects' | 'total' | 'prefix' | 'take' | 'drainFailures'
>;

export interface LoopsOptions {
  /** Where the attempt before left off; undefined: there was none, or it saved nothing. */
  readonly resume: Checkpoint | undefined;
  /** An attempt before crashed, and what it may have had in flight was not all worked since. */
  readonly suspicious: boolean;
  /** What a loop reads in place of its source. */
  readonly replaceSource: (<TItem>(source: Source<TItem>, loop: string) => Source<TItem>) | undefined;
  /** Told of each source that is going to be read. */
  readonly onSource: (source: Source<unknown>) => void;
  /** Told of items that need no done-marker any more. */
  readonly onUnmark: (loop: string, keys: readonly string[]) => void;
}

export class Loops implements Pick<Context, 'each' | 'eachBatch'> {
  readonly #context: LoopContext;
  readonly #options: LoopsOptions;
  /** What attempts before this one settled. */
  readonly #earlier: Tally;
  readonly #accounts = new Map<string, AnyAccounts>();
  readonly #running = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;
  // Items that this attempt may work again, besides those that were settled beyond the cursors.
  #suspects = 0;

  constructor(context: LoopContext, options: LoopsOptions) {
    const { resume } = options;
    this.#context = context;
    this.#options = options;
    this.#earlier = resume === undefined ? new Tally() : Tally.fromJSON(resume.tally);
  }

  each: Context['each'] = (from, handler, options = {}) =>
    this.#track(async () => {
      await each(this.#context, { ...this.#open(from, options, 1), handler });
    });

  eachBatch: Context['eachBatch'] = (from, handler, options) =>
    this.#track(async () => {
      const { size } = options;
      if (!Number.isInteger(size) || size < 1) {
        throw new DefinitionError(`expected the size of eachBatch to be a whole number of 1 or more, got ${size}`);
      }
      await eachBatch(this.#context, { ...this.#open(from, options, size), handler, size });
    });

  /** Resolves when no loop runs any more, with the first error of any: also of one that the job did not await. */
  async idle(): Promise<{ readonly error: unknown } | undefined> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
    return this.#failure;
  }

  /** Items read, by all attempts. */
  get read(): number {
    return this.#sum(({ read }) => read) + this.#earlier.settled;
  }

  get remaining(): number {
    return this.#sum(({ remaining }) => remaining);
  }

  /** Items settled by this attempt. */
  get settled(): number {
    return this.#sum(({ settled }) => settled);
  }

  /** Failed items, of all attempts. */
  get failed(): number {
    return this.#sum(({ failed }) => failed) + this.#earlier.failed;
  }

  /** Items that are to be worked one by one yet, at most, of loops that were begun. */
  get suspects(): number {
    return this.#sum(({ suspects }) => suspects);
  }

  /** Whether every loop that was begun came to its end. */
  get allDone(): boolean {
    return [...this.#accounts.values()].every(({ done }) => done);
  }

  /** What came of all settled items, of all attempts. */
  total(): Tally {
    return this.#tally((accounts) => accounts.total());
  }

  /** How many items the next checkpoint would count. */
  get settledPrefix(): number {
    return this.#tally((accounts) => accounts.prefix()).settled;
  }

  /** Items worked twice so far: those that are known, and at most. */
  get replayed(): Checkpoint['replayed'] {
    const { resume, suspicious } = this.#options;
    if (resume === undefined && !suspicious) return { known: 0, atMost: 0 };
    const { known, atMost } = resume?.replayed ?? { known: 0, atMost: 0 };
    const beyond = resume?.beyond ?? 0;
    const { settled } = this;
    return {
      known: known + Math.min(beyond, settled),
      // What was settled beyond the cursors is among the suspects.
      atMost: atMost + Math.min(Math.max(beyond, this.#suspects), settled),
    };
  }

  /** Takes how far the run is. */
  take(seq: number, mark: Mark | null): Taken {
    const { suspects } = this.#context;
    const taken = this.#takeAll();
    const tally = new Tally();
    tally.merge(this.#earlier);
    for (const [, loop] of taken) tally.merge(loop.tally);
    return {
      save: {
        checkpoint: {
          seq,
          loops: {
            ...this.#options.resume?.loops,
            ...Object.fromEntries(taken.map(([name, { state }]) => [name, state])),
          },
          tally: tally.toJSON(),
          beyond: this.settled + this.#earlier.settled - tally.settled,
          replayed: this.replayed,
          mark: mark ?? suspects.culprit ?? null,
          suspicious: this.#options.suspicious && this.#hasSuspects,
        },
        failures: taken.flatMap(([, { failures }]) => failures),
      },
      unsavedSinceMs: Math.min(...taken.map(([, { unsavedSinceMs }]) => unsavedSinceMs)),
      onSaved: () => {
        for (const [name, { onSaved, unmark }] of taken) {
          onSaved();
          if (unmark.length > 0) this.#options.onUnmark(name, unmark);
        }
      },
    };
  }

  /** All failures that no checkpoint has, those beyond the cursors too: for the end of a run that is over. */
  drainFailures(): readonly FailedItem[] {
    return [...this.#accounts.values()].flatMap((accounts) => accounts.drainFailures());
  }

  /** Whether there are suspects left, in a loop that has not begun yet too. */
  get #hasSuspects(): boolean {
    const before = Object.entries(this.#options.resume?.loops ?? {});
    const isUnopened = before.some(([name, { done }]) => !done && !this.#accounts.has(name));
    // Without a checkpoint nothing tells which loop it was.
    const isUnknown = before.length === 0 && this.#accounts.size === 0;
    return isUnopened || isUnknown || [...this.#accounts.values()].some(({ suspects }) => suspects > 0);
  }

  #takeAll(): readonly (readonly [string, LoopTaken])[] {
    return [...this.#accounts].map(([name, accounts]) => [name, accounts.take()] as const);
  }

  // The error of a loop that the job does not await is kept for `idle`, and is no unhandled rejection.
  #track(run: () => Promise<void>): Promise<void> {
    const loop = run();
    this.#running.add(loop);
    const forget = () => this.#running.delete(loop);
    loop.then(forget, (error: unknown) => {
      this.#failure ??= { error };
      forget();
    });
    return loop;
  }

  #open<TItem>(
    from: Source<TItem> | readonly TItem[],
    { name = `loop-${this.#accounts.size + 1}` }: LoopNaming,
    groupSize: number,
  ) {
    const { clock, limits, suspects, keepFailure, nameOf, onOutcome } = this.#context;
    const { suspicious, replaceSource, onSource } = this.#options;
    if (this.#accounts.has(name))
      throw new DefinitionError(`expected each loop to have a name of its own, got "${name}" twice`);
    const source = replaceSource?.(toSource(from), name) ?? toSource(from);
    const resume = this.#options.resume?.loops[name];
    if (resume !== undefined) checkFits(name, source, resume);
    const accounts = new Accounts<TItem>({
      name,
      source,
      resume,
      recovered: suspicious,
      inFlight: limits.concurrency * groupSize,
      clock,
      onOutcome,
      nameOf,
      keepFailure: (item, outcome, error) =>
        keepFailure(
          {
            loop: name,
            key: item.key,
            attempts: item.attempt,
            position: () => source.positionOf(item.value),
            exchanges: item.exchanges,
          },
          outcome,
          error,
        ),
    });
    this.#accounts.set(name, accounts);
    this.#suspects += accounts.suspects;
    suspects.open(accounts.segments.map((segment) => segment.suspects));
    if (!accounts.done) onSource(source as Source<unknown>);
    return {
      source,
      accounts,
      calls: new CallRunner({ clock, timeoutMs: limits.itemTimeoutMs, graceMs: limits.abortGraceMs }),
    };
  }

  #sum(pick: (accounts: AnyAccounts) => number): number {
    let sum = 0;
    for (const accounts of this.#accounts.values()) sum += pick(accounts);
    return sum;
  }

  #tally(pick: (accounts: AnyAccounts) => Tally): Tally {
    const tally = new Tally();
    tally.merge(this.#earlier);
    for (const accounts of this.#accounts.values()) tally.merge(pick(accounts));
    return tally;
  }
}

function toSource<TItem>(from: Source<TItem> | readonly TItem[]): Source<TItem> {
  return 'segments' in from ? from : memorySource(from);
}

function checkFits(
  name: string,
  source: { readonly fingerprint: string; readonly segments: readonly unknown[] },
  { fingerprint, cursors }: LoopState,
): void {
  if (fingerprint === source.fingerprint && cursors.length === source.segments.length) return;
  throw new ResumeMismatchError(
    `expected the source of ${name} to be the one that the checkpoint was made with, but its query, key or segments have changed; resume it with the code that began it, or start anew with --fresh`,
  );
}
