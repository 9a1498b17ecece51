/** What the account has, against what the template makes: as facts, each a name and a value. */
import { isDenied, problemText } from './aws-problem.ts';
import { fits, shown } from './resolve-value.ts';

export interface Fact {
  readonly value: string;
  /** Not shown: a value of the environment, an ARN of a secret. */
  readonly hidden?: boolean;
}

export type Facts = ReadonlyMap<string, Fact>;

/** A line each: `schedule stint-dev-poll: state: expected ENABLED, got DISABLED`. */
export class Differences {
  readonly #lines = new Set<string>();

  get lines(): readonly string[] {
    return [...this.#lines];
  }

  add(what: string, expected: string, got: string): void {
    this.#lines.add(`${what}: expected ${expected}, got ${got}`);
  }

  /**
   * What `expected` has, `actual` has to have too. What `actual` has besides is a difference only where `only` says so: AWS fills in
   * much that a template leaves out.
   */
  compare(
    what: string,
    { expected, actual, only }: { expected: Facts; actual: Facts; only: (name: string) => boolean },
  ): void {
    for (const [name, fact] of expected) {
      const got = actual.get(name);
      if (got === undefined || !fits(fact.value, got.value)) this.add(`${what}: ${name}`, ...wordsOf(fact, got));
    }
    for (const [name, { value, hidden }] of actual) {
      if (!expected.has(name) && only(name)) this.add(`${what}: ${name}`, 'none', hidden ? 'one' : value);
    }
  }

  /** Runs a check of `what`; that these credentials may not look is told, and the other checks go on. */
  async try(what: string, check: () => Promise<void>): Promise<void> {
    try {
      await check();
    } catch (error) {
      if (!isDenied(error)) throw error;
      this.add(what, 'to look at it', problemText(error));
    }
  }
}

function wordsOf({ value, hidden }: Fact, got: Fact | undefined): [expected: string, got: string] {
  if (hidden) return ['that of the template', got === undefined ? 'none' : 'another'];
  return [shown(value), got?.value ?? 'none'];
}

/** Of what an object says of `paths`, by name. Nothing is told of what it leaves out. */
export function factsOf(entries: readonly (readonly [string, unknown])[]): Facts {
  return new Map(
    entries.flatMap(([name, value]) =>
      value === undefined || value === null || typeof value === 'object' ? [] : [[name, { value: String(value) }]],
    ),
  );
}
