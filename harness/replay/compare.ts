/** Compares what came of a run with what its case expects. */
import type { Json } from '@stint/sdk';
import type { Case } from '../fixture/index.ts';
import { type Difference, diffJson } from './diff-json.ts';
import { canonicalJson } from './exact-json.ts';
import { type Digest, digestOf, type Expected, type ExpectedRows } from './expected-files.ts';
import { type Outcome, storeNames } from './outcome.ts';
import { diffTables, type Table, type TableDifference } from './table.ts';

export interface CaseDifference {
  readonly summary: readonly Difference[];
  /** By store and table: `postgres payments`. */
  readonly tables: Readonly<Record<string, TableDifference | DigestDifference>>;
  readonly calls: TableDifference | DigestDifference | undefined;
}

/** Too much to be kept, and not the same. */
export interface DigestDifference {
  readonly expected: Digest;
  readonly got: Digest;
}

/** Undefined: all is as expected. @param expected undefined: nothing was accepted yet */
export function compare(
  { expect }: Pick<Case, 'expect'>,
  expected: Expected | undefined,
  outcome: Outcome,
  summary: Json,
): CaseDifference | undefined {
  const named = expect === undefined ? [] : diffJson(expect, summary, { subset: true });
  const whole = expected === undefined ? [] : diffJson(expected.summary, outcome.summary);
  const difference: CaseDifference = {
    summary: withoutRepeats([...named, ...whole]),
    tables: expected === undefined ? {} : compareTables(expected, outcome),
    calls: expected === undefined ? undefined : compareRows(expected.calls, outcome.calls),
  };
  const isSame =
    difference.summary.length === 0 && Object.keys(difference.tables).length === 0 && difference.calls === undefined;
  return isSame ? undefined : difference;
}

function compareTables(expected: Expected, { before, after }: Outcome): CaseDifference['tables'] {
  const found: Record<string, TableDifference | DigestDifference> = {};
  for (const store of storeNames) {
    const none: Table = { key: [], rows: [] };
    for (const table of new Set([...Object.keys(after[store]), ...Object.keys(expected.tables[store])])) {
      const rows = expected.tables[store][table] ?? before[store][table]?.rows ?? [];
      const difference = compareRows(rows, after[store][table] ?? none);
      if (difference !== undefined) found[`${store} ${table}`] = difference;
    }
  }
  return found;
}

function compareRows(expected: ExpectedRows, got: Table): TableDifference | DigestDifference | undefined {
  if (!('sha256' in expected)) return diffTables({ key: got.key, rows: expected }, got);
  const digest = digestOf(got.rows);
  return digest.sha256 === expected.sha256 ? undefined : { expected, got: digest };
}

// What is named in `expect` is in the summary too.
function withoutRepeats(differences: readonly Difference[]): readonly Difference[] {
  return [...new Map(differences.map((difference) => [canonicalJson(difference), difference])).values()];
}
