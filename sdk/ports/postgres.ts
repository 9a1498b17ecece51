/**
 * `ctx.postgres`: queries, transactions and sources on one PostgreSQL database.
 *
 * Guarantees: a query ends with its item (its connection is dropped when the item's signal fires); in a dry run the
 * server itself refuses writes, since every statement is in a read-only transaction; errors name host and database, never the password;
 * `transaction` resolves only when the server has committed, and what it did for items that it marked as done is not done
 * again by this or a later attempt at the run (`postgres-done-items.ts`).
 * Does not guarantee that a write whose connection was lost did not happen: it may have.
 */
import pg from 'pg';
import type { Clock } from '../clock.ts';
import type { Effects } from '../effects.ts';
import { StintError } from '../errors.ts';
import { currentCall } from '../loop/call.ts';
import { type RetryContext, retrying } from '../pace/retry.ts';
import type { Random } from '../random.ts';
import { PostgresSource, type Reads, type RowsOptions } from '../sources/postgres.ts';
import type { Source } from '../sources/source.ts';
import { Connections } from './postgres-connections.ts';
import { DoneItems, type Markable, Marking } from './postgres-done-items.ts';
import { toPostgresError } from './postgres-errors.ts';
import { type PostgresPlace, placeOf } from './postgres-place.ts';

export interface QueryResult<TRow> {
  readonly rows: readonly TRow[];
  /** Rows that were read or changed. */
  readonly rowCount: number;
}

/** Runs queries; the types of rows are the author's word, not checked. */
export interface Queries {
  query<TRow = Record<string, unknown>>(sql: string, values?: readonly unknown[]): Promise<QueryResult<TRow>>;
}

export interface Transaction extends Queries {
  /**
   * Records that the items are done, with what the transaction does for them: both are committed, or neither. Once a
   * transaction, with the last of an item's work: from its commit on the item counts as done, whatever its handler does
   * after it. A dry run records nothing.
   * @throws DoneAlreadyError when an earlier attempt has done one of them: let it pass, so that the item is skipped
   * @throws StintError `STINT_NOT_AN_ITEM`, `STINT_DONE_ITEMS_DENIED`
   */
  markDone(...items: readonly Markable[]): Promise<void>;
}

export interface Postgres extends Queries {
  /** A source of the rows of a query, read by keyset; see `sources/postgres.ts`. */
  rows<TRow extends object>(options: RowsOptions<TRow>): Source<TRow>;
  /**
   * Does `fn` in a transaction: commits when it resolves, rolls back when it rejects.
   * @throws StintError `STINT_POSTGRES_ROLLED_BACK` when `fn` resolved though a statement had failed
   */
  transaction<TResult>(fn: (transaction: Transaction) => Promise<TResult>): Promise<TResult>;
}

export interface PostgresPortOptions {
  /** What `openAccess` made. */
  readonly access: pg.ClientConfig;
  /** Connections for queries; a source has one of its own. @default `concurrency`, at most 20 */
  readonly maxConnections?: number | undefined;
  readonly effects: Effects;
  readonly clock: Clock;
  readonly random: Random;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly applicationName: string;
  /** Told when a source reads a page again after an error. @default nobody */
  readonly onRetry?: RetryContext['onRetry'];
  readonly concurrency: number;
}

const connectTimeoutMs = 10_000;
// For what is done beside the items: a minor thing must not hold up a run that is over.
const besideTimeoutMs = 10_000;
const besidePolicy = { attempts: 8, baseMs: 200, maxMs: 5_000, maxRetryAfterMs: 0 };
const readingWords: ReadonlySet<string> = new Set(['select', 'values', 'table', 'show', 'explain', 'with']);

export class PostgresPort implements Postgres, AsyncDisposable {
  /** What items' own transactions have marked as done. */
  readonly doneItems: DoneItems;
  readonly #options: PostgresPortOptions;
  readonly #clientConfig: pg.ClientConfig;
  readonly #pool: pg.Pool;
  readonly #connections: Connections;
  readonly #place: PostgresPlace;

  constructor(options: PostgresPortOptions) {
    const { access, applicationName, concurrency, maxConnections: max = Math.min(concurrency, 20) } = options;
    this.#options = options;
    this.#clientConfig = {
      application_name: applicationName,
      ...access,
      connectionTimeoutMillis: connectTimeoutMs,
    };
    this.#pool = new pg.Pool({ ...this.#clientConfig, max });
    this.#connections = new Connections(this.#pool, max, (error) => this.#toError(error, 'connect'));
    // A connection that breaks is replaced by the pool, and a query on it rejects. Without listeners, for idle ones and
    // for those that are lent out, it would end the process.
    this.#pool.on('error', () => {});
    this.#pool.on('connect', (client) => client.on('error', () => {}));
    this.#place = placeOf(this.#clientConfig);
    this.doneItems = new DoneItems({
      dryRun: options.dryRun,
      query: (sql, values) => this.#inTime((signal) => this.#query(signal, sql, values, 'facts')),
      apart: (fn) => this.#inTime((signal) => this.#apart(signal, fn)),
      retrying: (fn) => retrying({ ...options, policy: besidePolicy }, options.signal, fn),
    });
  }

  rows<TRow extends object>(options: RowsOptions<TRow>): Source<TRow> {
    const { effects, clock, random, onRetry } = this.#options;
    return new PostgresSource<TRow>(options, {
      effects,
      clock,
      random,
      onRetry,
      readOnly: this.#options.dryRun,
      config: { ...this.#clientConfig, database: this.#place.database },
      queriesUntil: (signal, reads) => ({
        query: (sql, values) => this.#query(signal, sql, values, reads),
        transaction: (fn) => this.#transaction(signal, fn, reads),
      }),
      toError: (error, operation) => this.#toError(error, operation),
    });
  }

  query<TRow = Record<string, unknown>>(sql: string, values: readonly unknown[] = []): Promise<QueryResult<TRow>> {
    return this.#query(this.#signal, sql, values);
  }

  transaction<TResult>(fn: (transaction: Transaction) => Promise<TResult>): Promise<TResult> {
    return this.#transaction(this.#signal, fn);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end();
  }

  /** The item's signal, or the run's outside of items. */
  get #signal(): AbortSignal {
    return currentCall.getStore()?.signal ?? this.#options.signal;
  }

  #query<TRow>(
    signal: AbortSignal,
    sql: string,
    values: readonly unknown[] = [],
    reads: Reads = 'records',
  ): Promise<QueryResult<TRow>> {
    if (this.#options.dryRun) return this.#transaction(signal, (transaction) => transaction.query(sql, values), reads);
    return this.#connections.inTurn(() =>
      this.#perform(
        sql,
        () => this.#connections.lend(signal, (client) => run<TRow>(client, sql, values)),
        reads === 'records' ? values : undefined,
      ),
    );
  }

  #transaction<TResult>(
    signal: AbortSignal,
    fn: (transaction: Transaction) => Promise<TResult>,
    reads: Reads = 'records',
  ): Promise<TResult> {
    const connect = (open: () => Promise<pg.PoolClient>) => this.#keepHouse('connect', open);
    return this.#connections.inTurn(() =>
      this.#connections.lend(signal, (client) => this.#inTransaction(client, fn, reads), connect),
    );
  }

  async #inTransaction<TResult>(
    client: pg.ClientBase,
    fn: (transaction: Transaction) => Promise<TResult>,
    reads: Reads = 'facts',
  ): Promise<TResult> {
    const query = <TRow>(sql: string, values: readonly unknown[] = []) =>
      this.#perform(sql, () => run<TRow>(client, sql, values), reads === 'records' ? values : undefined);
    const aside = <TRow>(sql: string, values: readonly unknown[] = []) =>
      this.#perform(sql, () => run<TRow>(client, sql, values));
    const marking = new Marking(this.doneItems, { query: aside });
    // The server refuses writes then, whatever the session's settings, and whatever a pooler made of them.
    await aside(this.#options.dryRun ? 'begin read only' : 'begin');
    try {
      const result = await fn({ query, markDone: (...items) => marking.mark(items) });
      await marking.settled();
      await this.#perform('commit', () => this.#commit(client));
      return result;
    } catch (error) {
      await marking.idle();
      // A lost connection has rolled back already.
      await this.#keepHouse('rollback', () => client.query('rollback')).catch(() => {});
      throw error;
    }
  }

  // The server answers the commit of a transaction in which a statement failed with a rollback, and no error.
  async #commit(client: pg.ClientBase): Promise<void> {
    const { command } = await client.query('commit');
    if (command === 'COMMIT' || this.#options.dryRun) return;
    throw new StintError(
      'STINT_POSTGRES_ROLLED_BACK',
      'expected the transaction to be committed, but a statement of it had failed, so PostgreSQL rolled it back; let the errors of statements pass, or put a savepoint before what may fail',
    );
  }

  /** Does `fn` in a transaction on a connection of its own. */
  async #apart<TResult>(signal: AbortSignal, fn: (queries: Queries) => Promise<TResult>): Promise<TResult> {
    const client = new pg.Client(this.#clientConfig);
    client.on('error', () => {});
    await this.#keepHouse('connect', () => client.connect()).catch((error: unknown) => {
      throw this.#toError(error, 'connect');
    });
    const onAbort = () => void client.end();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      signal.throwIfAborted();
      return await this.#inTransaction(client, fn);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
      await this.#keepHouse('close', () => client.end()).catch(() => {});
    }
  }

  /** Does `fn` with a signal that fires when it takes too long. */
  async #inTime<TResult>(fn: (signal: AbortSignal) => Promise<TResult>): Promise<TResult> {
    const late = new AbortController();
    const timer = this.#options.clock.setTimer(besideTimeoutMs, () =>
      late.abort(new StintError('STINT_STORE_LOST', `PostgreSQL at ${this.#place.where} did not answer in time`)),
    );
    try {
      return await fn(late.signal);
    } finally {
      timer.cancel();
    }
  }

  /** `values`: of a statement of the job's own, which a recorder may look at. */
  async #perform<TResult>(sql: string, fn: () => Promise<TResult>, values?: readonly unknown[]): Promise<TResult> {
    const operation = /^[\s(]*([a-z]+)/i.exec(sql)?.[1]?.toLowerCase() ?? 'query';
    const effect = {
      kind: 'postgres',
      operation,
      target: this.#place.database,
      write: !readingWords.has(operation),
    } as const;
    try {
      return await this.#options.effects.perform(effect, fn, values && (() => ({ store: 'postgres', sql, values })));
    } catch (error) {
      throw this.#toError(error, operation);
    }
  }

  #keepHouse<TResult>(operation: 'connect' | 'rollback' | 'close', fn: () => Promise<TResult>): Promise<TResult> {
    return this.#options.effects.keepHouse(
      { kind: 'postgres', operation, target: this.#place.database, write: false },
      fn,
    );
  }

  #toError(error: unknown, operation: string): unknown {
    return toPostgresError(error, this.#place, operation, this.#options.dryRun);
  }
}

async function run<TRow>(client: pg.ClientBase, sql: string, values: readonly unknown[]): Promise<QueryResult<TRow>> {
  const { rows, rowCount } = await client.query(sql, [...values]);
  return { rows: rows as TRow[], rowCount: rowCount ?? 0 };
}
