/** What came of a run on a case, as far as it is the same each time: summary, changed tables, calls. */
import type { Json, Summary } from '@stint/sdk';
import { stableSummary } from '../expect/stable-summary.ts';
import type { CallLog, RunningFake } from '../fakes/index.ts';
import { canonicalQuery } from '../http/request-identity.ts';
import type { Fork } from '../stack/stack.ts';
import { canonicalJson } from './exact-json.ts';
import type { Row, Table } from './table.ts';

export type Tables = Readonly<Record<string, Table>>;

export const storeNames = ['postgres', 'dynamodb'] as const;
export type StoreName = (typeof storeNames)[number];

export interface Outcome {
  readonly summary: Readonly<Record<string, Json>>;
  /** All tables, as they were loaded and as the run has left them. */
  readonly before: Readonly<Record<StoreName, Tables>>;
  readonly after: Readonly<Record<StoreName, Tables>>;
  /** One row for each request that was made, its query in one order, with the statuses of its answers in their order; null: none came. */
  readonly calls: Table;
}

/** Tells requests apart. */
const callKey = ['to', 'method', 'path'] as const;

/** @param ignore parts of requests that are others each time: see `request-identity.ts` */
export function callsOf(calls: Readonly<Record<string, CallLog>>, ignore: readonly string[]): Table {
  const statuses = new Map<string, (number | null)[]>();
  for (const [to, log] of Object.entries(calls)) {
    for (const call of log.all) {
      const { method, status } = call;
      const id = canonicalJson([to, method, `${call.path}${canonicalQuery(log.queryOf(call), ignore)}`]);
      statuses.set(id, [...(statuses.get(id) ?? []), status ?? null]);
    }
  }
  const ids = [...statuses.keys()].sort();
  const rows: Row[] = ids.map((id) => {
    const [to = '', method = '', path = ''] = JSON.parse(id) as readonly string[];
    return { to, method, path, statuses: statuses.get(id) ?? [] };
  });
  return { key: callKey, rows };
}

/** The summary with the names of fakes and stores in place of their addresses. */
export function summaryOf(
  summary: Summary,
  fakes: Readonly<Record<string, RunningFake<object>>>,
  { postgresUrl, database, tablePrefix, dynamodb }: Fork,
): Outcome['summary'] {
  const ofFakes = Object.entries(fakes).map(([variable, { url }]) => [new URL(url).host, `<${variable}>`]);
  const names = {
    ...Object.fromEntries(ofFakes),
    [new URL(dynamodb.endpoint).host]: '<dynamodb>',
    [new URL(postgresUrl).host]: '<postgres>',
    [database]: '<database>',
    [tablePrefix]: '',
  };
  return stableSummary(summary, { names });
}

/** Whether the run has changed the table. */
export function isChanged({ before, after }: Outcome, store: StoreName, table: string): boolean {
  return canonicalJson(before[store][table]?.rows ?? null) !== canonicalJson(after[store][table]?.rows ?? null);
}
