/**
 * The course of one run through its attempts, until it is over, as a scheduler takes it: what was interrupted or has died is started
 * again when its lease has expired; then what was right to fail is made whole, as a person would.
 */
import type { Job, RunOptions, Summary } from '@stint/sdk';
import { type Attempt, type AttemptEnd, type AttemptOptions, type AttemptRecord, runAttempt } from './attempt.ts';
import type { Finding } from './finding.ts';
import { judge, lastOutcomes } from './judge.ts';
import type { Point, Trial } from './point.ts';
import type { Reference } from './reference.ts';
import { countRepeats } from './repeats.ts';
import { leaseMs } from './site.ts';
import type { PassLeaseOptions, World } from './world.ts';
import type { WorldOutcome } from './world-outcome.ts';

export interface CourseOptions {
  readonly world: World;
  readonly job: Job;
}

const mostStarts = 4;

export class Course {
  /** Of the run, in the order in which they began. */
  readonly attempts: AttemptRecord[] = [];
  readonly findings: Finding[] = [];
  /** Why what was to be put in its way was not: then it says nothing, for or against the job. */
  notTried: string | undefined;
  readonly #options: CourseOptions;
  /** Those that made it whole afterwards. */
  readonly #healing: AttemptRecord[] = [];
  #healed: ReadonlySet<string> = new Set();
  #end: AttemptEnd | undefined;
  #waitMs = 0;

  constructor(options: CourseOptions) {
    this.#options = options;
  }

  /** Of the run; undefined: it is not over. */
  get summary(): Summary | undefined {
    return this.#end?.kind === 'ended' ? this.#end.summary : undefined;
  }

  /** Whether nothing is left to be started again. */
  get isOver(): boolean {
    if (this.#end?.kind === 'threw') return true;
    const { summary } = this;
    return summary !== undefined && !['interrupted', 'refused', 'running'].includes(summary.status);
  }

  /** Makes an attempt; after the lease was let pass it begins when that has expired. */
  async start(options: Omit<AttemptOptions, keyof CourseOptions> = {}): Promise<Attempt> {
    const { attempt, end } = await runAttempt({ ...this.#options, afterMs: this.#waitMs, ...options });
    this.note(attempt, end);
    return attempt;
  }

  /** How long the next attempt has to wait before it starts, in ms of virtual time. */
  get waitMs(): number {
    return this.#waitMs;
  }

  /** Takes note of an attempt that was made elsewhere. */
  note(attempt: AttemptRecord, end: AttemptEnd): void {
    this.attempts.push(attempt);
    this.#waitMs = 0;
    this.#end = end;
    if (end.kind === 'threw') this.findings.push(threw(end.error));
  }

  /** Lets the lease of what went before expire. */
  async passLease(how?: PassLeaseOptions): Promise<void> {
    await this.#options.world.passLease(how);
    this.#waitMs = 2 * leaseMs;
  }

  /** Starts the run again until it is over. */
  async goOn(): Promise<void> {
    for (let starts = 0; starts < mostStarts && !(await this.endedSomehow()); starts += 1) {
      await this.passLease();
      await this.start();
    }
  }

  /** Whether the run is over, by the ledger's word too: its process may have died when the last was said. */
  async endedSomehow(): Promise<boolean> {
    const recorded = this.isOver ? undefined : await this.#recorded();
    if (recorded !== undefined) this.#end = { kind: 'ended', summary: recorded };
    return this.isOver;
  }

  /**
   * Makes whole what failed and did not in the reference: redrives those items, and starts the job anew if the run gave up before
   * its end. Does nothing when one of them was not right to fail: then that is what was found.
   * @param mayFail whether it is right that the item failed or was quarantined
   */
  async heal({ settled }: Reference, mayFail: (key: string) => boolean): Promise<void> {
    const { summary } = this;
    if (summary === undefined) return;
    const isBad = (outcome: string) => outcome === 'failed' || outcome === 'quarantined';
    const bad = [...lastOutcomes(this.attempts).values()]
      .filter(({ key, outcome }) => isBad(outcome) && settled.get(key)?.outcome !== outcome)
      .map(({ key }) => key);
    if (bad.length === 0 || !bad.every(mayFail)) return;
    this.#healed = new Set(bad);
    await this.#healBy({ redrive: { runId: summary.runId } });
    if (summary.items.remaining > 0) await this.#healBy({});
  }

  /** Starts the job anew when the run failed as a whole: at a call of the job's own, outside of items, that nobody tries again. */
  async healRun(): Promise<void> {
    const { summary } = this;
    if (summary?.status !== 'failed' || summary.items.failed > 0) return;
    const { attempt, end } = await runAttempt(this.#options);
    this.note(attempt, end);
  }

  /**
   * Ends what is left of all attempts, and judges.
   * @param startedMs when the point was begun, by `performance.now()`
   * @param except items that are not looked at one by one. @default none
   */
  toTrial(
    point: Point,
    reference: Reference,
    outcome: WorldOutcome,
    startedMs: number,
    except?: ReadonlySet<string>,
  ): Trial {
    const all = [...this.attempts, ...this.#healing];
    for (const attempt of all) attempt.bury();
    const repeats = countRepeats(this.attempts, reference.outcome, outcome);
    const judged = judge({
      reference,
      outcome,
      attempts: all,
      summary: this.summary,
      mayFail: this.#healed,
      except,
    });
    const { notTried } = this;
    return {
      point,
      ...repeats,
      findings: notTried === undefined ? [...this.findings, ...judged, ...repeats.findings] : [],
      durationMs: performance.now() - startedMs,
      ...(notTried !== undefined && { notTried }),
    };
  }

  async #healBy(run: RunOptions): Promise<void> {
    const { attempt, end } = await runAttempt({ ...this.#options, run });
    this.#healing.push(attempt);
    if (end.kind === 'threw') this.findings.push(threw(end.error));
  }

  /** The summary that the ledger has of the run, if it is over. */
  async #recorded(): Promise<Summary | undefined> {
    const runId = this.attempts.at(-1)?.ledger.runId;
    if (runId === undefined) return undefined;
    const record = await this.#options.world.record(runId);
    return record?.finishedAt === undefined ? undefined : record.summary;
  }
}

function threw(error: unknown): Finding {
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'hangs', text: `the run could not be ended: ${message}` };
}
