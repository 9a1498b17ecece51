/**
 * Holds what came of a run that something was put in the way of against the reference.
 *
 * What has to be the same: all rows and items, the books of the fakes, each item's outcome. What need not: how often something was read
 * or tried, times, and of an item that was worked twice which of its attempts did the work: the second may find it done, and skip it, or not find
 * it at all.
 */
import type { Json, SettledItem, Summary } from '@stint/sdk';
import { describeDifference, diffJson } from '../replay/diff-json.ts';
import { storeNames } from '../replay/outcome.ts';
import { diffTables, type Table, type TableDifference } from '../replay/table.ts';
import type { AttemptRecord } from './attempt.ts';
import type { Finding } from './finding.ts';
import { listOf } from './items-text.ts';
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
  /** Items that are not looked at one by one. @default none */
  readonly except?: ReadonlySet<string> | undefined;
}

const shown = 3;
/** How the SDK calls what was marked as done in a transaction. */
const doneEarlier = 'done by an earlier attempt';

export function judge({
  reference: { settled, ...reference },
  outcome,
  attempts,
  summary,
  mayFail = new Set(),
  except = new Set(),
}: Judged): readonly Finding[] {
  const differences = differencesOf(reference.outcome, outcome);
  const looked = { ...reference, settled: new Map([...settled].filter(([key]) => !except.has(key))) };
  return [
    ...findLost(looked, attempts, differences.length > 0),
    ...differences,
    ...findOutcomes(looked, attempts, mayFail, except),
    ...findStatus(looked, summary, mayFail.size > 0),
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
  except: ReadonlySet<string>,
): readonly Finding[] {
  const found: Finding[] = [];
  for (const [key, item] of lastOutcomes(attempts)) {
    const wanted = reference.settled.get(key);
    const isHealed = mayFail.has(key) && isWell(item);
    if (except.has(key) || isHealed || isAsWanted(item, wanted, attempts)) continue;
    const got = item.reason === undefined ? item.outcome : `${item.outcome} (${item.reason})`;
    const why = item.error instanceof Error ? `: ${item.error.name}` : '';
    found.push({ kind: 'outcome', text: `item ${key} was ${got}, and ${wanted?.outcome ?? 'not read'} without${why}` });
  }
  return found.length <= shown
    ? found
    : [
        ...found.slice(0, shown),
        { kind: 'outcome', text: `and ${found.length - shown} more items came out otherwise` },
      ];
}

/** What was worked twice may be found done the second time, or be known as done from a transaction of its own. */
function isAsWanted(item: SettledItem, wanted: SettledItem | undefined, attempts: readonly AttemptRecord[]): boolean {
  if (wanted?.outcome === item.outcome) return true;
  const begun = attempts.reduce((times, { started }) => times + (started.get(item.key) ?? 0), 0);
  const isAgain = begun > 1 || (begun === 1 && item.reason === doneEarlier);
  return isWell(item) && wanted !== undefined && isWell(wanted) && isAgain;
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
    const failures = Object.keys(summary.failuresByError).join(', ');
    const why = summary.error === null ? '' : `: ${summary.error.message}${failures && ` (${failures})`}`;
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

function toJson(value: unknown): Json {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as Json);
}
