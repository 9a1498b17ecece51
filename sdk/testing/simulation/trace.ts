/** What happened, in order: the last events for people, a hash of all of them for the proof that a seed repeats. */
import { createHash } from 'node:crypto';

const kept = 30;

/** Something that must never be, came to be. */
export class Violation extends Error {}

export class Trace {
  readonly #hash = createHash('sha256');
  readonly #all: string[] = [];
  readonly #nowMs: () => number;
  // Ids of runs are random: they are told by the order in which they come up.
  readonly #names = new Map<string, string>();
  #first: Violation | undefined;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  note(who: string, what: string): void {
    const line = `${this.#nowMs().toFixed(0).padStart(8)} ms  ${who}: ${what}`;
    this.#hash.update(line);
    this.#all.push(line);
  }

  /** A name for a run that is the same each time. */
  nameOf(runId: string): string {
    const name = this.#names.get(runId) ?? `run ${this.#names.size + 1}`;
    this.#names.set(runId, name);
    return name;
  }

  /** Takes note of a violation: the simulation ends with the first one. */
  violate(what: string): void {
    this.note('VIOLATION', what);
    this.#first ??= new Violation(what);
  }

  check(holds: boolean, what: () => string): void {
    if (!holds) this.violate(what());
  }

  get violation(): Violation | undefined {
    return this.#first;
  }

  get events(): number {
    return this.#all.length;
  }

  /** All events, or the last ones; up to the first violation, if there is one. */
  lines(all = false): readonly string[] {
    const end = this.#all.findIndex((line) => line.includes('VIOLATION'));
    const until = end === -1 ? this.#all.length : end + 1;
    return this.#all.slice(all ? 0 : Math.max(0, until - kept), until);
  }

  digest(): string {
    return this.#hash.copy().digest('hex');
  }
}
