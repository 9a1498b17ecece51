/** All loops of a run: makes them by name, resumes them, and adds up their accounts. */

import type { Context, LoopNaming } from '../context.ts';
import { each } from '../each.ts';
import { eachBatch } from '../each-batch.ts';
import { DefinitionError, SourceError } from '../errors.ts';
import type { Checkpoint, LoopState } from '../ledger/ledger.ts';
import { memorySource } from '../sources/memory.ts';
import type { Source } from '../sources/source.ts';
import { Accounts } from './accounts.ts';
import { CallRunner } from './call-runner.ts';
import type { LoopContext } from './loop-context.ts';
import { Tally } from './tally.ts';

// What does not depend on the type of a loop's items.
type AnyAccounts = Pick<
  Accounts<unknown>,
  'read' | 'remaining' | 'settled' | 'failed' | 'done' | 'total' | 'prefix' | 'state'
>;

export class Loops implements Pick<Context, 'each' | 'eachBatch'> {
  readonly #context: LoopContext;
  readonly #resume: Checkpoint | undefined;
  /** What attempts before this one settled. */
  readonly #earlier: Tally;
  readonly #accounts = new Map<string, AnyAccounts>();
  readonly #running = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;
  readonly #onSource: (source: Source<unknown>) => void;

  constructor(context: LoopContext, resume: Checkpoint | undefined, onSource: (source: Source<unknown>) => void) {
    this.#context = context;
    this.#resume = resume;
    this.#earlier = resume === undefined ? new Tally() : Tally.fromJSON(resume.tally);
    this.#onSource = onSource;
  }

  each: Context['each'] = (from, handler, options = {}) =>
    this.#track(async () => {
      const source = toSource(from);
      await each(this.#context, { ...this.#open(source, options), source, handler });
    });

  eachBatch: Context['eachBatch'] = (from, handler, options) =>
    this.#track(async () => {
      const { size } = options;
      if (!Number.isInteger(size) || size < 1) {
        throw new DefinitionError(`expected the size of eachBatch to be a whole number of 1 or more, got ${size}`);
      }
      const source = toSource(from);
      await eachBatch(this.#context, { ...this.#open(source, options), source, handler, size });
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

  checkpoint(): Checkpoint {
    const loops: Record<string, LoopState> = { ...this.#resume?.loops };
    for (const [name, accounts] of this.#accounts) loops[name] = accounts.state();
    return { loops, tally: this.#tally((accounts) => accounts.prefix()).toJSON() };
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

  #open<TItem>(source: Source<TItem>, { name = `loop-${this.#accounts.size + 1}` }: LoopNaming) {
    const { clock, limits } = this.#context;
    if (this.#accounts.has(name))
      throw new DefinitionError(`expected each loop to have a name of its own, got "${name}" twice`);
    const resume = this.#resume?.loops[name];
    if (resume !== undefined) checkFits(name, source, resume);
    const accounts = new Accounts(source, resume);
    this.#accounts.set(name, accounts);
    if (!accounts.done) this.#onSource(source as Source<unknown>);
    return {
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
  throw new SourceError(
    'STINT_RESUME_MISMATCH',
    `expected the source of ${name} to be the one that the checkpoint was made with, but its query, key or segments have changed; start anew with --fresh`,
  );
}
