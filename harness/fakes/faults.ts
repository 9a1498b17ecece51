/**
 * The faults that a fake has now. Each counts the calls that it is meant for, whatever becomes of them; of several that are
 * meant for a call, the one that was added first has its way.
 */
import { matchRequestUrl } from 'msw';
import { FakeError } from './fake-error.ts';
import { type CheckedFault, type CheckedRule, type FaultRule, faultRuleSchema } from './fault.ts';

/** A fault that was added to a fake. Disposing it takes it back too. */
export interface FaultHandle extends Disposable {
  /** How many calls got it. */
  readonly hits: number;
  /** Takes it back; what has begun goes on. */
  remove(): void;
}

interface Placed {
  readonly rule: CheckedRule;
  seen: number;
  hits: number;
}

export class Faults {
  readonly #placed = new Set<Placed>();

  /** @throws FakeError `STINT_FAKE_BAD_FAULT` */
  add(input: FaultRule): FaultHandle {
    const placed: Placed = { rule: parseRule(input), seen: 0, hits: 0 };
    this.#placed.add(placed);
    const remove = () => void this.#placed.delete(placed);
    return {
      get hits() {
        return placed.hits;
      },
      remove,
      [Symbol.dispose]: remove,
    };
  }

  clear(): void {
    this.#placed.clear();
  }

  /** Counts a call, and tells what is to go wrong with it; undefined: nothing. */
  take(method: string, url: string, origin: string): CheckedFault | undefined {
    let taken: Placed | undefined;
    for (const placed of this.#placed) {
      const { rule } = placed;
      if (rule.method !== undefined && rule.method !== method) continue;
      if (!matchRequestUrl(new URL(url), rule.path, origin).matches) continue;
      placed.seen += 1;
      if (taken === undefined && isDue(placed)) taken = placed;
    }
    if (taken === undefined) return undefined;
    taken.hits += 1;
    return taken.rule.fault;
  }
}

function isDue({ rule: { fault, after = 0, times = Number.POSITIVE_INFINITY }, seen, hits }: Placed): boolean {
  const place = seen - after;
  if (place < 1 || hits >= times) return false;
  return fault.kind !== 'flapping' || (place - 1) % (fault.fail + fault.work) < fault.fail;
}

function parseRule(input: FaultRule): CheckedRule {
  const parsed = faultRuleSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `  ${path.join('.') || 'the fault'}: ${message}`);
  throw new FakeError(
    'STINT_FAKE_BAD_FAULT',
    `expected a fault, got one that does not fit; correct it:\n${problems.join('\n')}`,
  );
}
