/**
 * A ledger in PostgreSQL: a schema of its own in any database that the job can reach.
 *
 * Guarantees the contract of `ledger.ts`, by the server's own clock: no contender has to watch a lease (`sighting` is
 * always undefined). Makes and migrates its schema at the first call. Works behind RDS Proxy and pgbouncer in transaction
 * mode; tables and statements are plain SQL, no extension.
 * Does not repeat a call that failed; the caller does. Does not guarantee anything on a replica that lags, or when a
 * failover loses commits: a lease may then be granted that an earlier holder still has.
 */
import type { ClientConfig } from 'pg';
import { type Clock, systemClock } from '../clock.ts';
import type { RunSeries } from '../report/run-series.ts';
import type { AuditEntry, AuditQuery } from './audit.ts';
import type {
  Claim,
  ClaimRequest,
  End,
  FailuresPage,
  FailuresQuery,
  Lease,
  Ledger,
  LedgerOptions,
  RunRecord,
  RunsQuery,
  Save,
} from './ledger.ts';
import { resolveLedgerOptions } from './options.ts';
import { keepAudit, pruneAudit, readAudit } from './postgres-audit.ts';
import { decideClaim } from './postgres-claim.ts';
import { PostgresConnection, type Queries } from './postgres-connection.ts';
import { migrate } from './postgres-migrations.ts';
import { readFailures, readRun, readRuns } from './postgres-records.ts';
import { readSeries } from './postgres-series.ts';
import { type Tables, tablesOf } from './postgres-tables.ts';
import { cancelRun, endAttempt, keepLease, pruneRuns, saveCheckpoint } from './postgres-writes.ts';

export interface PostgresLedgerOptions extends LedgerOptions {
  /** What `openAccess` made. */
  readonly access: ClientConfig;
  /** Its tables are in there; several ledgers can share a database. @default 'stint' */
  readonly schema?: string;
  /** Names the connections, for whoever looks at the server. @default 'stint ledger' */
  readonly applicationName?: string;
  /** How long a statement may take, in ms. @default 8_000 */
  readonly statementTimeoutMs?: number;
  /** @default the machine's */
  readonly clock?: Clock;
}

export class PostgresLedger implements Ledger {
  readonly #connection: PostgresConnection;
  readonly #schema: string;
  readonly #tables: Tables;
  readonly #leaseTtlMs: number;
  readonly #retentionMs: number;
  #ready: Promise<void> | undefined;

  constructor({
    access,
    schema = 'stint',
    applicationName = 'stint ledger',
    statementTimeoutMs = 8_000,
    clock = systemClock,
    ...options
  }: PostgresLedgerOptions) {
    const { leaseTtlMs, retentionMs } = resolveLedgerOptions(options);
    this.#leaseTtlMs = leaseTtlMs;
    this.#retentionMs = retentionMs;
    this.#schema = schema;
    this.#tables = tablesOf(schema);
    this.#connection = new PostgresConnection({ access, applicationName, schema, statementTimeoutMs, clock });
  }

  async claim(request: ClaimRequest): Promise<Claim> {
    const claim = await this.#transaction('claim', (queries) =>
      decideClaim(queries, this.#tables, request, this.#leaseTtlMs),
    );
    if (claim instanceof Error) throw claim;
    return claim;
  }

  async heartbeat(lease: Lease): Promise<{ readonly cancelledBy: string | undefined }> {
    return keepLease(await this.#queries('heartbeat'), this.#tables, lease);
  }

  async checkpoint(lease: Lease, save: Save): Promise<void> {
    await saveCheckpoint(await this.#queries('checkpoint'), this.#tables, lease, save);
  }

  async finish(lease: Lease, end: End): Promise<void> {
    await this.#transaction('finish', (queries) => endAttempt(queries, this.#tables, lease, end));
  }

  async runs(query: RunsQuery = {}): Promise<readonly RunRecord[]> {
    return readRuns(await this.#queries('runs'), this.#tables, query);
  }

  async run(runId: string): Promise<RunRecord | undefined> {
    return readRun(await this.#queries('run'), this.#tables, runId);
  }

  async failures(runId: string, query: FailuresQuery = {}): Promise<FailuresPage> {
    return readFailures(await this.#queries('failures'), this.#tables, runId, query);
  }

  async series(runId: string): Promise<readonly RunSeries[]> {
    return readSeries(await this.#queries('series'), this.#tables, runId);
  }

  async cancel(runId: string, by: string): Promise<void> {
    await cancelRun(await this.#queries('cancel'), this.#tables, runId, by);
  }

  async audit(entry: AuditEntry): Promise<void> {
    await keepAudit(await this.#queries('audit'), this.#tables, entry);
  }

  async audits(query: AuditQuery = {}): Promise<readonly AuditEntry[]> {
    return readAudit(await this.#queries('audits'), this.#tables, query);
  }

  async prune(): Promise<void> {
    const queries = await this.#queries('prune');
    while (await pruneRuns(queries, this.#tables, this.#retentionMs));
    await pruneAudit(queries, this.#tables, this.#retentionMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }

  async #queries(operation: string): Promise<Queries> {
    await this.#migrated();
    return { query: (sql, values) => this.#connection.query(operation, sql, values) };
  }

  async #transaction<TResult>(operation: string, fn: (queries: Queries) => Promise<TResult>): Promise<TResult> {
    await this.#migrated();
    return this.#connection.transaction(operation, fn);
  }

  /** Once in a process; again when it failed. */
  #migrated(): Promise<void> {
    this.#ready ??= migrate(this.#connection, this.#schema).catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }
}
