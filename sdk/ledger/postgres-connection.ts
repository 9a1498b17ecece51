/**
 * The connection of a ledger to PostgreSQL: a few of them, opened when they are needed.
 *
 * Guarantees: every call settles in bounded time (5 s to connect, 8 s a statement), closing too, also when the server is
 * gone without a word. Keeps no state in a session, since behind RDS Proxy or pgbouncer in transaction mode two calls
 * meet two sessions: no settings but of one transaction, no named statements, no locks beyond a transaction.
 * Does not guarantee that a statement that got no answer in time does not happen later: writes have to bear that.
 */
import { Socket } from 'node:net';
import pg from 'pg';
import type { Clock } from '../clock.ts';
import { StintError } from '../errors.ts';
import { toPostgresError } from '../ports/postgres-errors.ts';
import { type PostgresPlace, placeOf } from '../ports/postgres-place.ts';

export interface Queries {
  query<TRow>(sql: string, values?: readonly unknown[]): Promise<readonly TRow[]>;
}

export interface PostgresConnectionOptions {
  /** What `openAccess` made. */
  readonly access: pg.ClientConfig;
  readonly applicationName: string;
  readonly schema: string;
  readonly clock: Clock;
  /** How long a statement may take, in ms. @default 8_000 */
  readonly statementTimeoutMs?: number;
}

const connectTimeoutMs = 5_000;
const closeTimeoutMs = 2_000;
// A beat, a checkpoint and one more: none of them waits for another.
const maxConnections = 3;

export class PostgresConnection implements AsyncDisposable {
  readonly #options: PostgresConnectionOptions;
  readonly #pool: pg.Pool;
  readonly #sockets = new Set<Socket>();
  readonly #place: PostgresPlace;
  readonly #begin: string;

  constructor(options: PostgresConnectionOptions) {
    const { access, applicationName, statementTimeoutMs = 8_000 } = options;
    this.#options = options;
    const config = { application_name: applicationName, ...access };
    this.#place = readPlace(config);
    this.#pool = new pg.Pool({
      ...config,
      max: maxConnections,
      connectionTimeoutMillis: connectTimeoutMs,
      query_timeout: statementTimeoutMs,
      keepAlive: true,
      stream: () => this.#openSocket(),
    });
    // A connection that breaks is replaced by the pool, and a query on it rejects. Without listeners, for idle ones and
    // for those that are lent out, it would end the process.
    this.#pool.on('error', () => {});
    this.#pool.on('connect', (client) => client.on('error', () => {}));
    // Each statement has to see what was committed while the one before waited for its lock, whatever the server's
    // default is. The server's own limits end what nobody waits for any more, and give its locks back.
    this.#begin =
      'begin isolation level read committed; ' +
      `set local statement_timeout = ${Math.ceil(statementTimeoutMs * 0.9)}; ` +
      `set local idle_in_transaction_session_timeout = ${Math.ceil(statementTimeoutMs)}`;
  }

  /** Runs one statement, in one round trip. `operation` is for the error. */
  async query<TRow>(operation: string, sql: string, values: readonly unknown[] = []): Promise<readonly TRow[]> {
    try {
      const { rows } = await this.#pool.query(sql, [...values]);
      return rows as TRow[];
    } catch (error) {
      throw this.#toError(error, operation);
    }
  }

  /** Does `fn` in a transaction: commits when it resolves, rolls back when it rejects. */
  async transaction<TResult>(operation: string, fn: (queries: Queries) => Promise<TResult>): Promise<TResult> {
    let client: pg.PoolClient | undefined;
    // Closing a connection rolls back, whatever state it is in.
    let drop = true;
    try {
      client = await this.#pool.connect();
      await client.query(this.#begin);
      const result = await fn(queriesOf(client));
      await client.query('commit');
      drop = false;
      return result;
    } catch (error) {
      throw this.#toError(error, operation);
    } finally {
      client?.release(drop);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#pool.ending) return;
    const closing = [...this.#sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    // A server that is gone never says goodbye: its sockets would keep the process alive.
    const timer = this.#options.clock.setTimer(closeTimeoutMs, () => {
      for (const socket of this.#sockets) socket.destroy();
    });
    try {
      await Promise.all([this.#pool.end(), ...closing]);
    } finally {
      timer.cancel();
    }
  }

  #openSocket(): Socket {
    const socket = new Socket();
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }

  #toError(error: unknown, operation: string): unknown {
    const { where } = this.#place;
    const fromServer = error instanceof pg.DatabaseError ? error.code : undefined;
    if (error instanceof Error && error.message === 'Query read timeout') {
      return new StintError('STINT_STORE_LOST', `PostgreSQL at ${where} did not answer ${operation} in time`, {
        cause: error,
      });
    }
    // After a failover the old primary is a replica, until its name leads to the new one.
    if (fromServer === '25006') {
      return new StintError('STINT_STORE_LOST', `PostgreSQL at ${where} takes no writes: it may be a replica now`, {
        cause: error,
      });
    }
    if (fromServer === '42501') return this.#denied(error);
    return toPostgresError(error, this.#place, operation);
  }

  #denied(cause: unknown): StintError {
    const schema = pg.escapeIdentifier(this.#options.schema);
    return new StintError(
      'STINT_LEDGER_DENIED',
      `expected to be allowed to keep the ledger in the schema ${schema} of PostgreSQL at ${this.#place.where}, but its role ` +
        'is not; to have the schema made, grant it create on the database; if the schema is there, grant it usage on ' +
        'the schema and select, insert, update, delete on all its tables; or set STINT_LEDGER to another ledger',
      { cause },
    );
  }
}

function queriesOf(client: pg.PoolClient): Queries {
  return {
    async query<TRow>(sql: string, values?: readonly unknown[]): Promise<readonly TRow[]> {
      // Several statements in one text go only without values.
      const { rows } = await (values === undefined ? client.query(sql) : client.query(sql, [...values]));
      return rows as TRow[];
    },
  };
}

function readPlace(config: pg.ClientConfig): PostgresPlace {
  try {
    return placeOf(config);
  } catch {
    // The reason would hold the whole string, with its password.
    throw new StintError(
      'STINT_LEDGER_OPTION',
      'expected connectionString of the ledger to be like postgres://user:password@host:port/database, got something else',
    );
  }
}
