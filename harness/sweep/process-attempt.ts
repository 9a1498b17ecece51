/**
 * Attempts that are made in processes of their own, and end with them: SIGKILL before or after an effect, SIGTERM at one.
 *
 * What a process had sent when it died arrives; what was in memory alone is gone. A child loads its modules while another works.
 * Guarantees: none of them runs when this is disposed. Cannot be had with a ledger in memory: that ends with its process.
 */
import type { Job } from '@stint/sdk';
import { turn } from '../time/virtual-timers.ts';
import type { AttemptEnd, AttemptRecord } from './attempt.ts';
import type { ChildEnd, ChildNotes, JobPlace } from './child-messages.ts';
import { AttemptChild } from './child-process.ts';
import { checkJobPlace } from './job-place.ts';
import type { LedgerKind } from './site.ts';
import { SweepError } from './sweep-error.ts';
import type { World } from './world.ts';

export interface ProcessAttemptOptions {
  readonly world: World;
  readonly end: ChildEnd;
  /** Waits so long before it starts, in ms of virtual time. */
  readonly afterMs: number;
}

/** Children that wait for work: one for each core that most machines have at least. */
const spare = 2;
/** The kernel has all that a dead process sent; so many turns until this process has read it. */
const readingTurns = 10;

export class AttemptProcesses implements AsyncDisposable {
  readonly #place: JobPlace;
  readonly #waiting: AttemptChild[] = [];
  readonly #all = new Set<AttemptChild>();
  #disposed = false;

  private constructor(place: JobPlace) {
    this.#place = place;
    this.#fill();
  }

  /** @throws SweepError when a child process could not do what is asked of it */
  static async open(job: Job, ledger: LedgerKind, module?: string): Promise<AttemptProcesses> {
    if (ledger === 'memory')
      throw new SweepError(
        'STINT_SWEEP_PROCESS_LEDGER',
        'expected a ledger that outlives a process, postgres or dynamodb, got memory: nothing could go on from what it holds when its process is killed; choose another ledger, or the mode fast',
      );
    const place: JobPlace = { name: job.name, module };
    await checkJobPlace(job, place);
    return new AttemptProcesses(place);
  }

  /** Of children that run. */
  get pids(): readonly number[] {
    return [...this.#all].flatMap(({ pid }) => pid ?? []);
  }

  /** Makes an attempt in a process of its own, until that is dead; the world's time goes on to then. */
  async make({ world, end, afterMs }: ProcessAttemptOptions): Promise<{ attempt: AttemptRecord; end: AttemptEnd }> {
    const { time, testCase, stores, ledgerAddress } = world;
    if (ledgerAddress === undefined) throw new Error('a ledger in memory was refused when this was opened');
    const child = this.#take();
    try {
      using _ = world.fakeClock.lendTo(child.fakeClock);
      const notes = await child.make({
        case: { name: testCase.name, scope: testCase.scope },
        environment: stores.environment,
        stores: world.jobStores,
        ledger: ledgerAddress,
        areHoldersGone: world.areHoldersGone(),
        startsAtMs: (testCase.now?.getTime() ?? Date.now()) + time.clock.elapsedMs,
        afterMs,
        end,
      });
      for (let turns = 0; turns < readingTurns; turns += 1) await turn();
      await time.runVirtual(() => time.clock.sleep(notes.elapsedMs));
      return { attempt: toRecord(notes), end: toEnd(notes) };
    } finally {
      await this.#end(child);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    await Promise.all([...this.#all].map((child) => this.#end(child)));
  }

  #take(): AttemptChild {
    if (this.#disposed) throw new Error('these processes were ended');
    const child = this.#waiting.shift() ?? this.#start();
    this.#fill();
    return child;
  }

  #fill(): void {
    while (this.#waiting.length < spare) this.#waiting.push(this.#start());
  }

  #start(): AttemptChild {
    const child = new AttemptChild(this.#place);
    this.#all.add(child);
    return child;
  }

  async #end(child: AttemptChild): Promise<void> {
    if (this.#all.delete(child)) await child[Symbol.asyncDispose]();
  }
}

function toRecord({ seen, started, settled, ledger, end }: ChildNotes): AttemptRecord {
  return {
    gate: { seen: [...seen], stoppedAt: end.kind === 'stopped' ? seen[end.at - 1] : undefined },
    ledger,
    started: new Map(started),
    settled: new Map(settled.map((item) => [item.key, item])),
    bury() {},
  };
}

function toEnd({ end }: ChildNotes): AttemptEnd {
  if (end.kind === 'threw') return { kind: 'threw', error: new Error(end.message) };
  return end.kind === 'stopped' ? { kind: 'stopped' } : end;
}
