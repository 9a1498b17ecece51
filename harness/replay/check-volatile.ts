/** Refuses what `volatile` of a case names and is not there: a name that is mistyped would be compared after all. */
import { join } from 'node:path';
import { type Case, FixtureError } from '../fixture/index.ts';
import type { Outcome } from './outcome.ts';
import type { Table } from './table.ts';

type Named = Pick<Case, 'volatile' | 'directory'>;

/** Before the run: whoever has mistyped a table need not wait for it. @throws FixtureError */
export function checkVolatileTables({ volatile, directory }: Named, tables: Outcome['before']): void {
  const names = new Set(Object.values(tables).flatMap((each) => Object.keys(each)));
  const unknown = Object.keys(volatile).find((table) => !names.has(table));
  if (unknown !== undefined) refuse(directory, `the name of a table (${listOf(names)}), got "${unknown}"`);
}

/** After the run: attributes of DynamoDB's items may come with it. A table without items could have any. @throws FixtureError */
export function checkVolatileColumns(
  { volatile, directory }: Named,
  { before, after }: Pick<Outcome, 'before' | 'after'>,
): void {
  for (const [table, columns] of Object.entries(volatile)) {
    const all = [...Object.values(before), ...Object.values(after)].flatMap((tables) => tables[table] ?? []);
    const known = new Set(all.flatMap(columnsOf));
    const unknown = columns.find((column) => !known.has(column));
    if (unknown === undefined || all.every(mayHaveAny)) continue;
    refuse(directory, `a column of ${table} (${listOf(known)}), got "${unknown}"`);
  }
}

function columnsOf({ columns, rows }: Table): readonly string[] {
  return columns ?? rows.flatMap((row) => Object.keys(row));
}

function mayHaveAny({ columns, rows }: Table): boolean {
  return columns === undefined && rows.length === 0;
}

function listOf(names: ReadonlySet<string>): string {
  return [...names].sort().join(', ');
}

function refuse(directory: string, expected: string): never {
  const reason = `volatile: expected ${expected}; correct it`;
  throw new FixtureError('STINT_FIXTURE_INVALID', join(directory, 'case.json'), undefined, reason);
}
