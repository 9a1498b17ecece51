/**
 * Holds a job to the tables that it declares: its task's role has no others either.
 *
 * Refuses a call before it is sent, so that a test tells what would else be told by AWS at the first run in earnest.
 */
import { type EffectMiddleware, type Job, StintError } from '@stint/sdk';

export function declaredTables({ name, tables }: Pick<Job, 'name' | 'tables'>): EffectMiddleware {
  return async ({ kind, operation, target, write }, next) => {
    if (kind === 'dynamodb' && operation !== 'open')
      for (const table of target.split(',')) check(name, tables[table], { table, operation, write });
    return next();
  };
}

function check(
  job: string,
  declared: Job['tables'][string] | undefined,
  { table, operation, write }: { readonly table: string; readonly operation: string; readonly write: boolean },
): void {
  if (declared === 'write' || (declared === 'read' && !write)) return;
  const wanted = write ? 'write' : 'read';
  throw new StintError(
    'STINT_TABLE_NOT_DECLARED',
    `expected ${job} to declare what it does with the table ${table}, got ${operation}; ` +
      `add to the job: tables: { '${table}': '${wanted}' }`,
  );
}
