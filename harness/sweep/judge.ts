/**
 * Holds what came of a run that something was put in the way of against the reference.
 *
 * What has to be the same: all rows and items, the books of the fakes, each item's outcome. What need not: how often something was read
 * or tried, times, and of an item that was worked twice which of its attempts did the work: the second may find it done, and skip it, or not find
 * it at all.
 */
import type { Json, SettledItem, Summary } from '@stint/sdk';
import { describeDifference, diffJson } from '../replay/diff-json.ts';
import { canonicalJson } from '../replay/exact-json.ts';
import { storeNames } from '../replay/outcome.ts';
import { diffTables, type Table, type TableDifference } from '../replay/table.ts';
import type { AttemptRecord } from './attempt.ts';
import type { Finding } from './finding.ts';
import type { Reference } from './reference.ts';
import type { WorldOutcome } from './world-outcome.ts';

export interface Judged {
  readonly reference: Reference;
  readonly outcome: WorldOutcome;
  /** In the order in which they began. */
  readonly attempts: readonly AttemptRecord[];
  /** Of the last attempt; undefined: it did not end. */
  readonly summary: Summary | undefined;
  /** Items that were right to fail, and have been made whole since. @default none */
  readonly mayFail?: ReadonlySet<string>;
  /** What the outcome may be instead of the reference's. @default nothing else */
  readonly orOutcome?: WorldOutcome | undefined;
}

const shown = 3;

export function judge({
  reference,
  outcome,
  attempts,
  summary,
  mayFail = new Set(),
  orOutcome,
}: Judged): readonly Finding[] {
  const differences = differencesOf(reference.outcome, outcome);
  const isOther = orOutcome !== undefined && differencesOf(orOutcome, outcome).length === 0;
  const differing = isOther ? [] : differences;
  return [
    ...findLost(reference, attempts, differing.length > 0),
    ...differing,
    ...findOutcomes(reference, attempts, mayFail),
    ...findStatus(reference, summary, mayFail.size > 0),
  ];
}

/** What two outcomes differ in. */
export function differencesOf(expected: WorldOutcome, got: WorldOutcome): readonly Finding[] {
  const found: Finding[] = [];
  const none: Table = { key: [], rows: [] };
  for (const store of storeNames) {
    for (const table of new Set([...Object.keys(expected.tables[store]), ...Object.keys(got.tables[store])])) {
      const wanted = expected.tables[store][table] ?? none;
      const difference = diffTables(wanted, got.tables[store][table] ?? none);
      if (difference !== undefined)
        found.push({ kind: 'differs', text: describeTable(`${store} ${table}`, difference) });
    }
  }
  for (const [variable, books] of Object.entries(got.books)) {
    const differences = diffJson(toJson(expected.books[variable]), toJson(books));
    if (differences.length > 0) {
      const [first] = differences;
      const more = differences.length > 1 ? ` and ${differences.length - 1} more` : '';
      found.push({
        kind: 'differs',
        text: `the books of ${variable} differ: ${first && describeDifference(first)}${more}`,
      });
    }
  }
  return found;
}

/** Items that no attempt has begun, or that nobody has finished. */
function findLost({ settled }: Reference, attempts: readonly AttemptRecord[], differs: boolean): readonly Finding[] {
  const begun = new Set(attempts.flatMap(({ started, settled: ended }) => [...started.keys(), ...ended.keys()]));
  const ended = new Set(attempts.flatMap(({ settled: of }) => [...of.keys()]));
  const lost = [...settled.keys()].filter((key) => !begun.has(key) || (differs && !ended.has(key)));
  return lost.length === 0
    ? []
    : [{ kind: 'lost', text: `${listOf(lost)} ${lost.length === 1 ? 'was' : 'were'} never worked` }];
}

function findOutcomes(
  reference: Reference,
  attempts: readonly AttemptRecord[],
  mayFail: ReadonlySet<string>,
): readonly Finding[] {
  const last = lastOutcomes(attempts);
  const begunBy = (key: string) => attempts.filter(({ started }) => started.has(key)).length;
  const found: Finding[] = [];
  for (const [key, item] of last) {
    const wanted = reference.settled.get(key);
    if (wanted?.outcome === item.outcome || (mayFail.has(key) && isWell(item))) continue;
    // Worked twice: the second attempt may find it done.
    if (isWell(item) && wanted !== undefined && isWell(wanted) && begunBy(key) > 1) continue;
    const got = item.reason === undefined ? item.outcome : `${item.outcome} (${item.reason})`;
    found.push({ kind: 'outcome', text: `item ${key} was ${got}, and ${wanted?.outcome ?? 'not read'} without` });
  }
  return found.length <= shown
    ? found
    : [
        ...found.slice(0, shown),
        { kind: 'outcome', text: `and ${found.length - shown} more items came out otherwise` },
      ];
}

function isWell({ outcome }: SettledItem): boolean {
  return outcome === 'succeeded' || outcome === 'skipped';
}

/** What each item came to, by the last attempt that settled it. */
export function lastOutcomes(attempts: readonly AttemptRecord[]): ReadonlyMap<string, SettledItem> {
  return new Map(attempts.flatMap(({ settled }) => [...settled]));
}

function findStatus(
  { summary: wanted }: Reference,
  summary: Summary | undefined,
  mayFail: boolean,
): readonly Finding[] {
  if (summary === undefined) return [{ kind: 'status', text: 'the run did not come to an end' }];
  const found: Finding[] = [];
  const gaveUp = mayFail && summary.error?.code === 'STINT_TOLERANCE_EXCEEDED';
  if (summary.status !== wanted.status && !gaveUp) {
    const why = summary.error === null ? '' : `: ${summary.error.message}`;
    found.push({ kind: 'status', text: `the run was ${summary.status}, and ${wanted.status} without${why}` });
  }
  const { read, succeeded, skipped, failed, quarantined, remaining } = summary.items;
  const accounted = succeeded + skipped + failed + quarantined + remaining;
  if (read !== accounted)
    found.push({ kind: 'accounts', text: `${read} items were read, and ${accounted} accounted for` });
  if (read > wanted.items.read)
    found.push({ kind: 'accounts', text: `the summary counts ${read} items, and there are ${wanted.items.read}` });
  return found;
}

function describeTable(name: string, { missing, extra, changed }: TableDifference): string {
  const parts: string[] = [];
  if (missing.length > 0) parts.push(`${rowsOf(missing.length)} missing`);
  if (extra.length > 0) parts.push(`${rowsOf(extra.length)} too many`);
  const [first] = changed;
  if (first !== undefined) {
    const columns = first.differences.map(({ path }) => path).join(', ');
    parts.push(
      `${rowsOf(changed.length)} otherwise, first ${Object.values(first.key).map(String).join(' ')} in ${columns}`,
    );
  }
  return `${name}: ${parts.join(', ')}`;
}

function rowsOf(count: number): string {
  return count === 1 ? '1 row' : `${count} rows`;
}

export function listOf(keys: readonly string[]): string {
  const some = keys.slice(0, shown).join(', ');
  return `${keys.length === 1 ? 'item' : 'items'} ${some}${keys.length > shown ? ` and ${keys.length - shown} more` : ''}`;
}

function toJson(value: unknown): Json {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as Json);
}

/** Whether two outcomes are the same. */
export function isSameOutcome(one: WorldOutcome, other: WorldOutcome): boolean {
  return canonicalJson(toJson(one)) === canonicalJson(toJson(other));
}
