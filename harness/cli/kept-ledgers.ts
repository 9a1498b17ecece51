/**
 * The ledgers of a kept stack: one database, in which each case has a ledger of its own.
 *
 * One for each case, because a run's identity is its job and its scope: in a common ledger a run on one case would go on
 * with an unfinished run of the same job on another, from a cursor into other data. A table beside them tells which case
 * a ledger is of.
 */
import { type EnvironmentValues, type Ledger, openLedger } from '@stint/sdk';
import pg from 'pg';
import { caseKey } from '../case-stores.ts';
import { keepDatabase } from '../stack/kept-database.ts';
import type { Stack } from '../stack/stack.ts';

/** A ledger, and the folder of the case whose runs it records. */
export interface KeptLedger {
  readonly ledger: Ledger;
  readonly caseDirectory: string;
}

export interface KeptLedgers extends AsyncDisposable {
  /** Of this case: made when there is none. */
  of(caseDirectory: string): Promise<Ledger>;
  /** All there are. */
  list(): Promise<readonly KeptLedger[]>;
}

const database = 'stint_ledger';
const createCases = `create table cases (schema text primary key, directory text not null)`;
// Who resumes by hand after a crash should not have to wait for a minute.
const defaultTtlMs = '10000';

/** @param environment how long leases and runs are kept */
export async function openKeptLedgers(
  stack: Stack,
  { STINT_LEASE_TTL_MS, STINT_RETENTION_DAYS }: EnvironmentValues,
): Promise<KeptLedgers> {
  const url = await keepDatabase(stack, database, (draft) => query(draft, createCases).then(() => undefined));
  const opened = new AsyncDisposableStack();
  const ledgers = new Map<string, Ledger>();
  const environment = {
    STINT_LEDGER: 'postgres',
    DATABASE_URL: url,
    STINT_LEASE_TTL_MS: STINT_LEASE_TTL_MS || defaultTtlMs,
    STINT_RETENTION_DAYS,
  };
  const open = async (schema: string) => {
    const ledger = ledgers.get(schema) ?? opened.use(await openLedger(environment, { schema }));
    ledgers.set(schema, ledger);
    return ledger;
  };
  return {
    async of(caseDirectory) {
      const schema = `case_${caseKey(caseDirectory)}`;
      await query(url, 'insert into cases values ($1, $2) on conflict do nothing', [schema, caseDirectory]);
      return open(schema);
    },
    async list() {
      const cases = await query<{ schema: string; directory: string }>(url, 'select * from cases order by directory');
      const listed: KeptLedger[] = [];
      for (const { schema, directory } of cases) {
        listed.push({ ledger: await open(schema), caseDirectory: directory });
      }
      return listed;
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function query<TRow extends pg.QueryResultRow>(
  url: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<readonly TRow[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'stint' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<TRow>(sql, [...values])).rows;
  } finally {
    await client.end();
  }
}
