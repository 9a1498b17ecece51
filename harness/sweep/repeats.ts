/** Counts what was done more than once: items that were begun by several attempts, and writes to external services. */
import type { AttemptRecord } from './attempt.ts';
import type { Finding } from './finding.ts';
import { listOf } from './items-text.ts';
import type { WorldOutcome } from './world-outcome.ts';

export interface Repeats {
  readonly workedTwice: number;
  readonly mayWorkTwice: number;
  readonly repeatedWithKey: number;
  readonly repeatedWithoutKey: number;
  readonly findings: readonly Finding[];
}

export function countRepeats(attempts: readonly AttemptRecord[], expected: WorldOutcome, got: WorldOutcome): Repeats {
  const twice = countTwice(attempts);
  const writes = countWrites(expected, got);
  return { ...twice, ...writes, findings: [...twice.findings, ...writes.findings] };
}

/**
 * The bound that the SDK states: after each attempt that ended early, those it had begun and no saved checkpoint held.
 */
function countTwice(attempts: readonly AttemptRecord[]): Pick<Repeats, 'workedTwice' | 'mayWorkTwice' | 'findings'> {
  let mayWorkTwice = 0;
  let saved = 0;
  const again: string[] = [];
  const begun = new Set<string>();
  for (const [index, { started, settled, ledger }] of attempts.entries()) {
    for (const key of started.keys()) {
      if (begun.has(key)) again.push(key);
      begun.add(key);
    }
    if (index === attempts.length - 1) break;
    const own = new Set([...started.keys(), ...settled.keys()]).size;
    const savedByNow = ledger.savedItems ?? saved;
    mayWorkTwice += Math.max(own - (savedByNow - saved), 0);
    saved = savedByNow;
  }
  const isOver = again.length > mayWorkTwice;
  return {
    workedTwice: again.length,
    mayWorkTwice,
    findings: isOver
      ? [
          {
            kind: 'worked-twice',
            text: `${listOf(again)} ${again.length === 1 ? 'was' : 'were'} worked twice, ${again.length} in all, where ${mayWorkTwice} at most may be: the others were in a checkpoint`,
          },
        ]
      : [],
  };
}

function countWrites(
  expected: WorldOutcome,
  got: WorldOutcome,
): Pick<Repeats, 'repeatedWithKey' | 'repeatedWithoutKey' | 'findings'> {
  let [repeatedWithKey, repeatedWithoutKey] = [0, 0];
  const findings: Finding[] = [];
  for (const [name, { count, keys, withoutKey }] of Object.entries(got.writes)) {
    const wanted = expected.writes[name] ?? { count: 0, keys: 0, withoutKey: 0 };
    const more = Math.max(count - wanted.count, 0);
    const unsafe = Math.min(more, Math.max(keys - wanted.keys, 0) + Math.max(withoutKey - wanted.withoutKey, 0));
    repeatedWithoutKey += unsafe;
    repeatedWithKey += more - unsafe;
    if (unsafe === 0) continue;
    const how = withoutKey > wanted.withoutKey ? 'with no Idempotency-Key' : 'with another Idempotency-Key';
    const request = name.slice(name.indexOf(' ') + 1);
    findings.push({
      kind: 'repeated',
      text: `${request} was sent ${unsafe === 1 ? 'once' : `${unsafe} times`} more than without, ${how}`,
    });
  }
  return { repeatedWithKey, repeatedWithoutKey, findings };
}
