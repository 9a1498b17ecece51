/**
 * A tally: what came of a set of items. Two tallies of disjoint sets add up to the tally of their union, which is
 * what lets a checkpoint hold exactly the counts of the items before its cursor.
 */
import type { DescribedError } from '../report/describe-error.ts';

/** How many failed items a summary names. */
export const namedFailures = 20;

/** A failed item, as it stands in the summary. */
export interface Failure extends DescribedError {
  readonly key: string;
  readonly attempts: number;
}

/** A tally as JSON. */
export interface TallyJson {
  readonly succeeded: number;
  readonly skipped: number;
  readonly failed: number;
  readonly quarantined: number;
  readonly retried: number;
  readonly refreshed: number;
  readonly skippedBy: Readonly<Record<string, number>>;
  readonly counts: Readonly<Record<string, number>>;
  readonly wouldWrite: Readonly<Record<string, number>>;
  readonly failuresBy: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
}

type Counts = Map<string, number>;

export class Tally {
  succeeded = 0;
  skipped = 0;
  failed = 0;
  quarantined = 0;
  /** Attempts beyond the first, of all items. */
  retried = 0;
  /** Items that were read again because they had waited too long. */
  refreshed = 0;
  /** Monotonic ms at which the first of them was settled that no checkpoint has; infinite: none is. No part of its JSON. */
  unsavedSinceMs = Number.POSITIVE_INFINITY;
  // Made on first use: a tally is made for each gap between items in flight.
  #skippedBy: Counts | undefined;
  #counts: Counts | undefined;
  #wouldWrite: Counts | undefined;
  #failuresBy: Counts | undefined;
  #failures: Failure[] | undefined;

  get settled(): number {
    return this.succeeded + this.skipped + this.failed + this.quarantined;
  }

  skip(reason: string): void {
    this.skipped += 1;
    this.#skippedBy = add(this.#skippedBy, reason, 1);
  }

  fail(key: string, attempts: number, error: DescribedError): void {
    this.failed += 1;
    this.#failuresBy = add(this.#failuresBy, `${error.name} ${error.code}`.trimEnd(), 1);
    this.#name({ key, attempts, ...error });
  }

  /** A quarantined item is named among the failures, and counted by itself. */
  quarantine(key: string, attempts: number, error: DescribedError): void {
    this.quarantined += 1;
    this.#name({ key, attempts, ...error });
  }

  count(name: string, by: number): void {
    this.#counts = add(this.#counts, name, by);
  }

  wouldWrite(target: string): void {
    this.#wouldWrite = add(this.#wouldWrite, target, 1);
  }

  /** Adds what `other` holds; `other` stays as it is. */
  merge(other: Tally): void {
    this.succeeded += other.succeeded;
    this.skipped += other.skipped;
    this.failed += other.failed;
    this.quarantined += other.quarantined;
    this.retried += other.retried;
    this.refreshed += other.refreshed;
    if (other.unsavedSinceMs < this.unsavedSinceMs) this.unsavedSinceMs = other.unsavedSinceMs;
    this.#skippedBy = addAll(this.#skippedBy, other.#skippedBy);
    this.#counts = addAll(this.#counts, other.#counts);
    this.#wouldWrite = addAll(this.#wouldWrite, other.#wouldWrite);
    this.#failuresBy = addAll(this.#failuresBy, other.#failuresBy);
    if (other.#failures !== undefined) {
      this.#failures = [...(this.#failures ?? []), ...other.#failures].slice(0, namedFailures);
    }
  }

  #name(failure: Failure): void {
    this.#failures ??= [];
    if (this.#failures.length < namedFailures) this.#failures.push(failure);
  }

  toJSON(): TallyJson {
    return {
      succeeded: this.succeeded,
      skipped: this.skipped,
      failed: this.failed,
      quarantined: this.quarantined,
      retried: this.retried,
      refreshed: this.refreshed,
      skippedBy: Object.fromEntries(this.#skippedBy ?? []),
      counts: Object.fromEntries(this.#counts ?? []),
      wouldWrite: Object.fromEntries(this.#wouldWrite ?? []),
      failuresBy: Object.fromEntries(this.#failuresBy ?? []),
      failures: this.#failures ?? [],
    };
  }

  static fromJSON(json: TallyJson): Tally {
    const tally = new Tally();
    tally.succeeded = json.succeeded;
    tally.skipped = json.skipped;
    tally.failed = json.failed;
    tally.quarantined = json.quarantined;
    tally.retried = json.retried;
    tally.refreshed = json.refreshed;
    tally.#skippedBy = new Map(Object.entries(json.skippedBy));
    tally.#counts = new Map(Object.entries(json.counts));
    tally.#wouldWrite = new Map(Object.entries(json.wouldWrite));
    tally.#failuresBy = new Map(Object.entries(json.failuresBy));
    tally.#failures = [...json.failures];
    return tally;
  }
}

function add(counts: Counts | undefined, name: string, by: number): Counts {
  const into = counts ?? new Map<string, number>();
  into.set(name, (into.get(name) ?? 0) + by);
  return into;
}

function addAll(counts: Counts | undefined, others: Counts | undefined): Counts | undefined {
  if (others === undefined) return counts;
  let into = counts;
  for (const [name, by] of others) into = add(into, name, by);
  return into;
}
