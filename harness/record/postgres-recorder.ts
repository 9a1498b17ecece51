/**
 * Keeps which rows a run reads, and gives them as they were when the recording began.
 *
 * Guarantees: every table that a statement of the job names is in the schema; a row whose key stood in a result is there,
 * whole, as of one snapshot taken before the run; rows that others refer to are there too, so that foreign keys hold.
 * Rows that an update or delete of one table is about are there as well, if its condition says which (see `write-target.ts`).
 * Rows of tables that were only joined or inserted into are found over foreign keys to rows that are known; what cannot be
 * found that way is told. Holds a snapshot, and with it vacuum back, for as long as the run takes: narrow it by its scope.
 */
import type { EffectMiddleware } from '@stint/sdk';
import pg from 'pg';
import { fileName } from '../fixture/table-name.ts';
import { closeOverReferences } from './postgres-references.ts';
import { type RowsByKey, takeRows, takeTarget } from './postgres-rows.ts';
import { describeSchema } from './postgres-schema.ts';
import { lookAtStatement, type Origin, type StatementFacts } from './postgres-statement.ts';
import { readReferences, readTableFacts, type TableFacts } from './postgres-tables.ts';
import { type WriteTarget, writeTargetOf } from './write-target.ts';

export interface PostgresRecording {
  /** Undefined: no statement named a table. */
  readonly schema: string | undefined;
  /** Lines of JSON by table, with its schema unless that is `public`. */
  readonly rows: Readonly<Record<string, readonly string[]>>;
  /** What may be missing, and what to do about it. */
  readonly warnings: readonly string[];
}

type Values = Readonly<Record<string, unknown>>;

interface Statement {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** Of a page, and of a query. */
interface Result {
  readonly rows?: readonly Values[];
  readonly rowCount?: number;
}

export class PostgresRecorder implements AsyncDisposable {
  readonly #snapshot: pg.Client;
  readonly #planner: pg.Client;
  // One statement at a time is looked at: it is a transaction on one connection.
  #looking: Promise<unknown> = Promise.resolve();
  readonly #statements = new Map<string, Promise<StatementFacts | undefined>>();
  readonly #touched = new Set<number>();
  readonly #changed = new Set<number>();
  readonly #targets: { readonly oid: number; readonly target: WriteTarget; readonly values: readonly unknown[] }[] = [];
  /** Tables of which nothing tells which rows were written. */
  readonly #untold = new Set<number>();
  readonly #origins: { readonly origins: readonly Origin[]; readonly rows: readonly Values[] }[] = [];
  readonly #warnings = new Set<string>();

  private constructor(snapshot: pg.Client, planner: pg.Client) {
    this.#snapshot = snapshot;
    this.#planner = planner;
  }

  /** Takes the snapshot. Errors of the connection come as they are. */
  static async open(connectionString: string): Promise<PostgresRecorder> {
    const snapshot = await connect(connectionString);
    await snapshot.query('begin isolation level repeatable read read only');
    // It is taken by the first statement, not by `begin`.
    await snapshot.query('select 1');
    return new PostgresRecorder(snapshot, await connect(connectionString));
  }

  readonly middleware: EffectMiddleware = async (effect, next, detail) => {
    const made = effect.kind === 'postgres' ? detail?.() : undefined;
    if (made?.store !== 'postgres') return next();
    // Before it is done: what it locks would hold us up.
    const facts = await this.#lookAt(made.sql, made.values);
    const result = (await next()) as Result;
    if (facts !== undefined) this.#keep(facts, made, result);
    return result;
  };

  /** What was read, once the run is over. */
  async finish(): Promise<PostgresRecording> {
    const oids = [...this.#touched];
    if (oids.length === 0) return { schema: undefined, rows: {}, warnings: [...this.#warnings] };
    const tables = await readTableFacts(this.#snapshot, oids);
    const references = await readReferences(this.#snapshot, oids);
    const rows = new Map<number, RowsByKey>(tables.map(({ oid }) => [oid, new Map()]));
    const known = await this.#takeRead(tables, rows);
    await this.#takeTargets(tables, rows);
    const reached = await closeOverReferences(this.#snapshot, { tables, references, rows, known });
    for (const table of tables) this.#tellMissing(table, { known, reached });
    const schema = await describeSchema(this.#snapshot, tables);
    return {
      schema: schema.sql,
      rows: Object.fromEntries(
        tables.flatMap(({ oid, schema: of, name }) => {
          const texts = [...(rows.get(oid)?.values() ?? [])].map(({ text }) => text);
          return texts.length === 0 ? [] : [[fileName(of, name), texts]];
        }),
      ),
      warnings: [...this.#warnings, ...schema.warnings],
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#snapshot.end(), this.#planner.end()]);
  }

  #lookAt(sql: string, values: readonly unknown[]): Promise<StatementFacts | undefined> {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const looking = this.#looking
      .then(() => lookAtStatement(this.#planner, sql, values))
      .catch((error: unknown) => {
        const code = error instanceof pg.DatabaseError ? `PostgreSQL ${error.code}` : 'lost connection';
        this.#warnings.add(
          `a statement could not be looked at (${code}): what it reads may be missing; add its tables to postgres/schema.sql`,
        );
        return undefined;
      });
    this.#looking = looking;
    this.#statements.set(sql, looking);
    return looking;
  }

  #keep({ tables, origins }: StatementFacts, { sql, values }: Statement, { rows = [], rowCount = 0 }: Result): void {
    const target = writeTargetOf(sql);
    const hasOneTarget = target !== undefined && tables.filter(({ written }) => written).length === 1;
    for (const { oid, written } of tables) {
      this.#touched.add(oid);
      if (!written) continue;
      this.#changed.add(oid);
      if (hasOneTarget) this.#targets.push({ oid, target, values: target.values.map((at) => values[at]) });
      else if (rowCount > 0) this.#untold.add(oid);
    }
    if (origins.length === 0 || rows.length === 0) return;
    const names = origins.map(({ name }) => name);
    const kept = rows.map((row) => Object.fromEntries(names.map((name) => [name, row[name]])));
    this.#origins.push({ origins, rows: kept });
  }

  /** Takes the rows whose keys were in results. @returns the tables that were read with their keys */
  async #takeRead(tables: readonly TableFacts[], into: ReadonlyMap<number, RowsByKey>): Promise<ReadonlySet<number>> {
    const known = new Set<number>();
    for (const table of tables) {
      const wanted = this.#keysOf(table);
      if (wanted === undefined) continue;
      known.add(table.oid);
      const store = into.get(table.oid) ?? new Map();
      await takeRows(this.#snapshot, table, [...table.key.values()], [...wanted.values()], store);
      const missing = wanted.size - store.size;
      if (missing > 0 && !this.#changed.has(table.oid))
        this.#warnings.add(
          `${missing} rows of ${table.name} came after the recording had begun, and are not in the case; record it again`,
        );
    }
    return known;
  }

  async #takeTargets(tables: readonly TableFacts[], into: ReadonlyMap<number, RowsByKey>): Promise<void> {
    const byOid = new Map(tables.map((table) => [table.oid, table]));
    for (const { oid, target, values } of this.#targets) {
      const table = byOid.get(oid);
      const store = into.get(oid);
      if (table === undefined || store === undefined) continue;
      if (!(await takeTarget(this.#snapshot, table, target, values, store))) this.#untold.add(oid);
    }
  }

  /** Keys of the table's rows in results. Undefined: no result had its key. */
  #keysOf(table: TableFacts): ReadonlyMap<string, Values> | undefined {
    let keys: Map<string, Values> | undefined;
    for (const { origins, rows } of this.#origins) {
      const names = [...table.key].map(([number, column]) => [column, nameOf(origins, table.oid, number)] as const);
      if (names.length === 0 || names.some(([, name]) => name === undefined)) continue;
      keys ??= new Map();
      for (const row of rows) {
        const key = Object.fromEntries(names.map(([column, name]) => [column, row[name ?? '']]));
        // An outer join that found nothing has none.
        if (Object.values(key).every((value) => value !== null)) keys.set(JSON.stringify(key), key);
      }
    }
    return keys;
  }

  #tellMissing(
    { oid, name: ownName, kind, schema }: TableFacts,
    { known, reached }: { readonly known: ReadonlySet<number>; readonly reached: ReadonlySet<number> },
  ): void {
    const name = fileName(schema, ownName);
    const file = `postgres/${name}.jsonl`;
    if (kind === 'v' || kind === 'm' || known.has(oid) || reached.has(oid)) return;
    if (!this.#changed.has(oid))
      this.#warnings.add(
        `nothing tells which rows of ${name} were read: its key is not in any result, and no foreign key leads to it; select the key, or add the rows to ${file}`,
      );
    else if (this.#untold.has(oid))
      this.#warnings.add(
        `${name} was written without having been read: if rows were there before, add them to ${file}`,
      );
  }
}

function nameOf(origins: readonly Origin[], table: number, column: number): string | undefined {
  return origins.find((origin) => origin.table === table && origin.column === column)?.name;
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, application_name: 'stint record' });
  // A connection that breaks fails the query that waits on it; without a listener it would end the process as well.
  client.on('error', () => undefined);
  await client.connect();
  await client.query(`set time zone 'UTC'`);
  await client.query(`set lock_timeout = '5s'`);
  return client;
}
