/**
 * A run whose process is killed (SIGKILL) at random moments, again and again, until it has come to its end.
 *
 * What is looked at after each kill: the checkpoint that the ledger has, beside the items that the world saw worked.
 * `unsaved` is how many of these the checkpoint does not know of: the loss bound says that only they may be worked again.
 * What a process sent before it died lies in this one's sockets: it is looked at when all of it was read.
 */
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { type Checkpoint, type Random, type RunRecord, type Summary, seededRandom } from '@stint/sdk';
import type { Ended } from '../../testing/program.ts';
import { type Attempt, type AttemptOptions, logOf, startAttempt, summaryOf, tell } from './attempt.ts';
import type { Stand } from './stand.ts';
import type { StandLedger } from './stand-ledger.ts';

export interface CrashPlan {
  readonly seed: number;
  readonly kills: number;
  readonly concurrency: number;
  /** The most works that an attempt does before it is killed. */
  readonly worksPerKill: number;
  /** An item that is done does not match the job's query any more. */
  readonly leavesSource: boolean;
}

export interface Crash {
  /** Items that the attempt had begun, and that the saved checkpoint does not hold. */
  readonly unsaved: number;
  /** So many the checkpoint had foreseen. */
  readonly foreseen: number;
}

export interface CrashedRun {
  readonly summary: Summary;
  readonly record: RunRecord;
  readonly kills: number;
  /** Kills after which there was something to look at. */
  readonly crashes: readonly Crash[];
  /** Processes that were started. */
  readonly starts: number;
  /** Attempts that ended by themselves before their work was done: the lease could not be renewed in time. */
  readonly interrupted: number;
  /** Attempts that said that they started, in order. */
  readonly attempts: readonly number[];
  readonly runIds: ReadonlySet<string>;
}

/** Of limits that a run of these tests has: what fails or is quarantined is looked at in the end. */
export const limitsOf = (concurrency: number) => ({
  concurrency,
  perSecond: null,
  tolerate: { failures: 1_000, percent: 100 },
});

const mostStarts = 60;
const longestStartMs = 600;
const longestWorkMs = 400;
const longestPauseMs = 12;
/** What a first checkpoint foresees, beside what is in flight. */
const firstWindow = 64;
const temporary = 75;
const quietTurns = 100;

export class CrashRun {
  readonly #stand: Stand;
  readonly #ledger: StandLedger;
  readonly #plan: CrashPlan;
  readonly #random: Random;
  readonly #crashes: Crash[] = [];
  readonly #attempts: number[] = [];
  readonly #runIds = new Set<string>();
  #kills = 0;
  #starts = 0;
  #interrupted = 0;
  #seen = { works: 0, settled: 0 };

  constructor(stand: Stand, ledger: StandLedger, plan: CrashPlan) {
    this.#stand = stand;
    this.#ledger = ledger;
    this.#plan = plan;
    this.#random = seededRandom(plan.seed);
  }

  /** @throws Error with the seed, when an attempt ends in a way that it must not */
  async work(): Promise<CrashedRun> {
    for (;;) {
      const ended = await this.#attempt();
      this.#note(ended);
      await this.#settle();
      const record = await this.#record();
      if (record !== undefined && record.finishedAt !== undefined) return this.#result(record, ended);
      if (ended.signal === 'SIGKILL') this.#look(record);
      else if (ended.code === temporary) this.#interrupted += 1;
      else throw this.#failure(`an attempt ended with ${tell(ended)}`);
      if (this.#starts > mostStarts) throw this.#failure(`no end after ${this.#starts} starts`);
    }
  }

  async #attempt(): Promise<Ended> {
    const options: AttemptOptions = {
      job: this.#stand.job,
      environment: this.#ledger.environment,
      limits: limitsOf(this.#plan.concurrency),
    };
    this.#starts += 1;
    await using attempt = startAttempt(options);
    if (this.#kills < this.#plan.kills) {
      await Promise.race([this.#moment(attempt), attempt.ended]);
      attempt.program.process.kill('SIGKILL');
    }
    return await attempt.ended;
  }

  /** Waits until the process is to be killed. */
  async #moment({ started }: Attempt): Promise<void> {
    const { works, items } = this.#stand;
    const kind = this.#random.next();
    const isLast = this.#kills === this.#plan.kills - 1;
    if (isLast) await works.reachDistinct(items);
    else if (kind < 0.1) return await this.#pause(longestStartMs);
    else if (kind < 0.3) return await started.then(() => this.#pause(longestWorkMs));
    else await works.reach(works.all.length + Math.floor(this.#random.next() * this.#plan.worksPerKill));
    await this.#pause(longestPauseMs);
  }

  async #pause(longestMs: number): Promise<void> {
    await delay(Math.floor(this.#random.next() * longestMs));
  }

  #note(ended: Ended): void {
    if (ended.signal === 'SIGKILL') this.#kills += 1;
    for (const { msg, run, attempt } of logOf(ended)) {
      if (msg !== 'started' || run === undefined || attempt === undefined) continue;
      this.#runIds.add(run);
      this.#attempts.push(attempt);
    }
  }

  /** Waits until nothing comes any more of what was sent. */
  async #settle(): Promise<void> {
    const { works } = this.#stand;
    for (let quiet = 0, seen = works.all.length; quiet < quietTurns; quiet += 1) {
      await turn();
      if (quiet % 10 === 0) await delay(1);
      if (works.all.length > seen) quiet = 0;
      seen = works.all.length;
    }
  }

  #look(record: RunRecord | undefined): void {
    if (record === undefined) return;
    const { checkpoint } = record;
    const { segments, groupSize } = this.#stand;
    const loops = Object.values(checkpoint?.loops ?? {});
    const first = segments * (firstWindow + this.#plan.concurrency * groupSize);
    const suspects = loops.flatMap((loop) => loop.suspects).reduce((sum, each) => sum + each, 0);
    // A quarantined item may have been begun without anybody having seen it.
    const quarantined = checkpoint?.tally.quarantined ?? 0;
    this.#crashes.push({
      unsaved: this.#unsaved(settledOf(checkpoint)) + quarantined,
      foreseen: (loops.length === 0 ? first : suspects) + quarantined,
    });
  }

  #unsaved(settled: number): number {
    const { works } = this.#stand;
    const { works: before, settled: settledBefore } = this.#seen;
    this.#seen = { works: works.all.length, settled };
    // What an earlier attempt did and no checkpoint holds may be read again, or not. Where it is, it leaves no trace in
    // one of the jobs; where it is not, only the works of this attempt can be compared with what it has settled.
    return this.#plan.leavesSource ? works.all.length - before - (settled - settledBefore) : works.distinct - settled;
  }

  async #record(): Promise<RunRecord | undefined> {
    const [record] = await this.#ledger.ledger.runs({ job: this.#stand.job, limit: 1 });
    return record;
  }

  #result(record: RunRecord, ended: Ended): CrashedRun {
    const { summary } = record;
    if (summary === undefined) throw this.#failure('the run is over, and has no summary');
    if (ended.signal === null && !isDeepStrictEqual(summaryOf(ended), summary)) {
      throw this.#failure(`the ledger has another summary than was told: ${JSON.stringify(summary)}, ${tell(ended)}`);
    }
    return {
      summary,
      record,
      kills: this.#kills,
      crashes: this.#crashes,
      starts: this.#starts,
      interrupted: this.#interrupted,
      attempts: this.#attempts,
      runIds: this.#runIds,
    };
  }

  #failure(what: string): Error {
    return new Error(`with seed ${this.#plan.seed}: ${what}`);
  }
}

/** How many items a checkpoint holds. */
export function settledOf(checkpoint: Checkpoint | undefined): number {
  if (checkpoint === undefined) return 0;
  const { succeeded, skipped, failed, quarantined } = checkpoint.tally;
  return succeeded + skipped + failed + quarantined;
}
