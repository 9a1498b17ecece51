/**
 * Done-markers: an item's own transaction records that the item is done, so that no later attempt at its run does it again.
 *
 * Guarantees: the marker is committed with the work, or neither is. Of two attempts at an item that race (one that was
 * believed dead, and its successor) one is committed: the other waits for it, and is rolled back with `DoneAlreadyError`.
 * A marker that could not be made is never ignored: its transaction does not commit, whatever the handler does about it.
 * Does not guarantee anything about work outside of the transaction, nor once a marker is dropped: that may be done only
 * when a checkpoint, or the end of the run, says the same.
 *
 * Markers are in `stint.done_items`, made when the first one is needed. Keys are kept as hashes: of any length, of any
 * characters, and no data of anybody's.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import pg from 'pg';
import { DoneAlreadyError, StintError } from '../errors.ts';
import type { Queries } from './postgres.ts';

/** An item of `ctx.each` or `ctx.eachBatch`. */
export interface Markable {
  readonly key: string;
}

/** What earlier attempts at a run have done. */
export interface DoneInRun {
  has(loop: string, key: string): boolean;
}

export interface DoneItemsOptions {
  /** Queries of their own, on no item's behalf: they go on when the run is over, and end in bounded time. */
  readonly query: Queries['query'];
  /**
   * Does `fn` in a transaction, on a connection that is not of the pool: items that wait for it may have taken all of
   * those.
   */
  readonly apart: <TResult>(fn: (queries: Queries) => Promise<TResult>) => Promise<TResult>;
  /** Does `fn` again while its error is worth it. */
  readonly retrying: <TResult>(fn: () => Promise<TResult>) => Promise<TResult>;
  /** Nothing is written. */
  readonly dryRun: boolean;
}

const schema = 'stint';
const table = `${schema}.done_items`;
const denied = '42501';
// Asks the catalog, since `to_regclass` fails where the schema is another role's.
const findTable = `
  select from pg_class join pg_namespace on pg_namespace.oid = relnamespace
  where nspname = '${schema}' and relname = 'done_items'`;
const createTable = `
  create table ${table} (
    run_id text not null,
    loop text not null,
    key_hash text not null,
    marked_at timestamptz not null default clock_timestamp(),
    primary key (run_id, loop, key_hash)
  )`;

export class DoneItems {
  readonly #options: DoneItemsOptions;
  // The first item to mark must not take the others along when it is aborted: what is shared is done outside of items.
  readonly #outsideOfItems = AsyncLocalStorage.snapshot();
  #ensured: Promise<void> | undefined;

  constructor(options: DoneItemsOptions) {
    this.#options = options;
  }

  get dryRun(): boolean {
    return this.#options.dryRun;
  }

  /** Whether this process has recorded items, or tried to: then there may be something to drop. */
  get isUsed(): boolean {
    return this.#ensured !== undefined;
  }

  /**
   * Makes the table unless it is there; looks once a process. Needs no right to create anything when it is there.
   * @throws StintError `STINT_DONE_ITEMS_DENIED`
   */
  ensureTable(): Promise<void> {
    this.#ensured ??= this.#outsideOfItems(() => this.#options.apart(createUnlessThere)).catch((error: unknown) => {
      this.#ensured = undefined;
      throw explain(error);
    });
    return this.#ensured;
  }

  /** What is marked of a run: nothing where there is no table, or where this role cannot have marked anything. */
  async load(runId: string): Promise<DoneInRun> {
    const { query, retrying } = this.#options;
    const sql = `select loop, key_hash from ${table} where run_id = $1`;
    const rows = await this.#outsideOfItems(() =>
      retrying(() =>
        this.#whereAllowed(async () => (await query<{ loop: string; key_hash: string }>(sql, [runId])).rows),
      ),
    );
    const hashes = new Map<string, Set<string>>();
    for (const { loop, key_hash: hash } of rows ?? []) {
      const ofLoop = hashes.get(loop) ?? new Set();
      hashes.set(loop, ofLoop.add(hash));
    }
    return { has: (loop, key) => hashes.get(loop)?.has(hashOf(key)) ?? false };
  }

  /** Drops markers of items that a checkpoint has as settled. */
  async drop(runId: string, loop: string, keys: readonly string[]): Promise<void> {
    if (keys.length === 0 || this.dryRun) return;
    const sql = `delete from ${table} where run_id = $1 and loop = $2 and key_hash = any($3::text[])`;
    await this.#outsideOfItems(() => this.#options.query(sql, [runId, loop, keys.map(hashOf)])).catch(
      (error: unknown) => {
        throw explain(error);
      },
    );
  }

  /** Drops all markers of a run: it is over. */
  dropRun(runId: string): Promise<void> {
    return this.#dropWhere('run_id = $1', runId);
  }

  /** Drops markers that runs left behind: of attempts that were committed after the run was over, or never came to its end. */
  dropOlderThan(ms: number): Promise<void> {
    return this.#dropWhere(`marked_at < clock_timestamp() - $1 * interval '1 millisecond'`, ms);
  }

  async #dropWhere(condition: string, value: unknown): Promise<void> {
    if (this.dryRun) return;
    const sql = `delete from ${table} where ${condition}`;
    await this.#outsideOfItems(() => this.#whereAllowed(() => this.#options.query(sql, [value])));
  }

  /** Undefined: there is no table, or it is not for this role, which then has no markers in it. */
  async #whereAllowed<TResult>(fn: () => Promise<TResult>): Promise<TResult | undefined> {
    try {
      return (await this.#options.query(findTable)).rowCount === 0 ? undefined : await fn();
    } catch (error) {
      if (isDenied(error)) return undefined;
      throw error;
    }
  }
}

/** The markers that one transaction makes. */
export class Marking {
  readonly #doneItems: DoneItems;
  readonly #queries: Queries;
  // A second marker of the same transaction for the same item is no other attempt's.
  readonly #own = new Set<string>();
  readonly #pending: Promise<void>[] = [];

  constructor(doneItems: DoneItems, queries: Queries) {
    this.#doneItems = doneItems;
    this.#queries = queries;
  }

  /** @throws DoneAlreadyError, StintError `STINT_NOT_AN_ITEM`, `STINT_DONE_ITEMS_DENIED` */
  mark(items: readonly Markable[]): Promise<void> {
    const marked = this.#mark(items);
    this.#pending.push(marked);
    // It is told by `settled`, also when the handler does not await it.
    marked.catch(() => {});
    return marked;
  }

  /** Resolves when all markers are made; rejects when one could not be. */
  async settled(): Promise<void> {
    await this.idle();
    await Promise.all(this.#pending);
  }

  /** Resolves when nothing is being marked any more: what came after the transaction's end would be outside of it. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#pending);
  }

  async #mark(items: readonly Markable[]): Promise<void> {
    const marks = items.map(toMark);
    if (marks.length === 0 || this.#doneItems.dryRun) return;
    await this.#doneItems.ensureTable();
    const earlier = new Set(this.#own);
    for (const { id, item } of marks) {
      this.#own.add(id);
      if ('markedDone' in item) (item as { markedDone: boolean }).markedDone = true;
    }
    const made = await this.#insert(marks);
    const done = marks.filter(({ id }) => !made.has(id) && !earlier.has(id));
    if (done.length > 0) throw new DoneAlreadyError(new Set(done.map(({ item }) => item.key)));
  }

  /** Returns the ids of the markers that were not there yet; waits for transactions that are about to make the others. */
  async #insert(marks: readonly Mark[]): Promise<ReadonlySet<string>> {
    // In one order for all transactions, so that none wait for each other.
    const sorted = marks.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const sql = `insert into ${table} (run_id, loop, key_hash)
      select * from unnest($1::text[], $2::text[], $3::text[]) on conflict do nothing returning run_id, loop, key_hash`;
    const columns = [sorted.map(({ runId }) => runId), sorted.map(({ loop }) => loop), sorted.map(({ hash }) => hash)];
    try {
      const { rows } = await this.#queries.query<{ run_id: string; loop: string; key_hash: string }>(sql, columns);
      return new Set(rows.map((row) => idOf(row.run_id, row.loop, row.key_hash)));
    } catch (error) {
      throw explain(error);
    }
  }
}

interface Mark {
  readonly id: string;
  readonly item: Markable;
  readonly runId: string;
  readonly loop: string;
  readonly hash: string;
}

/** What the loop's items are besides what their handlers see of them. */
type LoopItem = Markable & { readonly runId?: unknown; readonly loopName?: unknown };

function toMark(item: Markable): Mark {
  const { key, runId, loopName: loop }: LoopItem = Object(item);
  if (typeof key !== 'string' || typeof runId !== 'string' || typeof loop !== 'string') {
    throw new StintError(
      'STINT_NOT_AN_ITEM',
      'expected markDone to be given items of ctx.each or ctx.eachBatch, got something else; pass what the handler was given, not its value or a copy',
    );
  }
  const hash = hashOf(key);
  return { id: idOf(runId, loop, hash), item, runId, loop, hash };
}

function idOf(runId: string, loop: string, hash: string): string {
  return `${runId} ${hash} ${loop}`;
}

// As JSON, since UTF-8 has one and the same character for all halves of a pair that stand alone.
function hashOf(key: string): string {
  return createHash('sha256').update(JSON.stringify(key)).digest('base64url');
}

async function createUnlessThere(queries: Queries): Promise<void> {
  if ((await queries.query(findTable)).rowCount > 0) return;
  // The lock that a ledger of that schema is made under: two processes that make a schema at a time collide, also with
  // "if not exists". That is not used anyway: it asks for the right to create also where there is nothing to be created.
  await queries.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`stint ledger ${schema}`]);
  const schemas = await queries.query('select from pg_namespace where nspname = $1', [schema]);
  if (schemas.rowCount === 0) await queries.query(`create schema ${schema}`);
  if ((await queries.query(findTable)).rowCount === 0) await queries.query(createTable);
}

function isDenied(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === denied;
}

function explain(error: unknown): unknown {
  if (!isDenied(error)) return error;
  return new StintError(
    'STINT_DONE_ITEMS_DENIED',
    `expected to be allowed to record done items in ${table}, but the job's role is not; to have the table made, grant ` +
      `it create on the database; if it is there, grant it usage on schema ${schema} and select, insert, delete on ${table}`,
    { cause: error },
  );
}
