/**
 * The forks of one stack, in one process: private databases and table prefixes on servers that all forks share.
 *
 * Guarantees: two forks never have the same names, not even in different processes; disposing one drops its database,
 * whoever is still connected, and its tables. Does not guarantee: that what a killed process forked is dropped before
 * the servers' next start (`dropLeftovers`).
 */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { dropTables } from './drop-tables.ts';
import type { DynamoEndpoint, Fork, ForkOptions } from './stack.ts';
import { StackError } from './stack-error.ts';

const databasePattern = '^fork_.*_[0-9a-f]{12}$';
const tablePattern = /^t_[0-9a-f]{12}_/;
const unknownDatabase = '3D000';

export class Forks {
  readonly #postgresUrl: string;
  readonly #dynamodb: DynamoEndpoint;
  readonly #pool: pg.Pool;
  readonly #open = new Set<Fork>();
  #closed = false;

  constructor(postgresUrl: string, dynamodb: DynamoEndpoint) {
    this.#postgresUrl = postgresUrl;
    this.#dynamodb = dynamodb;
    this.#pool = new pg.Pool({ connectionString: postgresUrl, max: 4, allowExitOnIdle: true });
    // An idle connection that breaks is replaced at the next query, and that one reports what is wrong.
    this.#pool.on('error', () => undefined);
  }

  async fork({ template, name = 'fork' }: ForkOptions = {}): Promise<Fork> {
    if (this.#closed) {
      throw new StackError(
        'STINT_STACK_DISPOSED',
        'expected a running stack to fork, got one that is disposed; start another',
      );
    }
    const id = randomBytes(6).toString('hex');
    const database = `fork_${name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '_')
      .slice(0, 40)}_${id}`;
    await this.#createDatabase(database, template);
    return this.#track(database, `t_${id}_`);
  }

  /** Drops what processes that are gone have forked. Only for servers that nobody else uses yet. */
  async dropLeftovers(): Promise<void> {
    const { rows } = await this.#pool.query<{ datname: string }>('select datname from pg_database where datname ~ $1', [
      databasePattern,
    ]);
    for (const { datname } of rows) await this.#dropDatabase(datname);
    await dropTables(this.#dynamodb, (table) => tablePattern.test(table));
  }

  /** Disposes all forks that are still open, and the connections. With `drop: false` only the connections. */
  async close({ drop }: { readonly drop: boolean }): Promise<void> {
    if (this.#closed) return;
    const open = drop ? [...this.#open] : [];
    const results = await Promise.allSettled(open.map((fork) => fork[Symbol.asyncDispose]()));
    this.#closed = true;
    await this.#pool.end();
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  #track(database: string, tablePrefix: string): Fork {
    let disposal: Promise<void> | undefined;
    const fork: Fork = {
      postgresUrl: databaseUrl(this.#postgresUrl, database),
      database,
      tablePrefix,
      dynamodb: this.#dynamodb,
      [Symbol.asyncDispose]: () => (disposal ??= this.#drop(fork)),
    };
    this.#open.add(fork);
    return fork;
  }

  async #drop(fork: Fork): Promise<void> {
    // After its stack a fork has nothing left to drop.
    if (!this.#open.delete(fork) || this.#closed) return;
    const results = await Promise.allSettled([
      this.#dropDatabase(fork.database),
      dropTables(this.#dynamodb, (table) => table.startsWith(fork.tablePrefix)),
    ]);
    for (const result of results) if (result.status === 'rejected') throw unreachable(result.reason);
  }

  async #createDatabase(database: string, template = 'template0'): Promise<void> {
    try {
      // file_copy: 8 ms against 33 ms for wal_log, measured with a template of 8 MB; checkpoints are cheap without fsync.
      await this.#pool.query(`create database ${quote(database)} template ${quote(template)} strategy file_copy`);
    } catch (error) {
      if (error instanceof pg.DatabaseError && error.code === unknownDatabase) {
        throw new StackError(
          'STINT_STACK_NO_TEMPLATE',
          `expected a template, got "${template}", which is not there; prepareTemplate makes it`,
        );
      }
      throw unreachable(error);
    }
  }

  async #dropDatabase(database: string): Promise<void> {
    await this.#pool.query(`drop database if exists ${quote(database)} with (force)`);
  }
}

/** The URL of another database of the same server. */
export function databaseUrl(postgresUrl: string, database: string): string {
  const url = new URL(postgresUrl);
  url.pathname = `/${encodeURIComponent(database)}`;
  return url.href;
}

function quote(name: string): string {
  return pg.escapeIdentifier(name);
}

/** Wraps failures of the connection; what the server itself answered passes unchanged. */
export function unreachable(cause: unknown): unknown {
  if (cause instanceof pg.DatabaseError || cause instanceof StackError) return cause;
  const came = cause instanceof Error && 'code' in cause ? `${cause.code}` : String(cause);
  return new StackError(
    'STINT_STACK_UNREACHABLE',
    `expected the stack's servers to answer, got ${came}; check that the process that started them still runs`,
    { cause },
  );
}
