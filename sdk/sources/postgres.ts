/**
 * The Postgres source: rows of a query in the order of a key, read through a portal that is reopened by keyset.
 *
 * pg-cursor's speed without its price: a portal holds a snapshot, so it is closed after `portalMaxAgeMs` and the next
 * read starts strictly behind the last row handed out. The same happens when the connection is lost, and on resume.
 *
 * Guarantees: every row that was there at the start and still matches comes exactly once in an attempt; rows beyond the
 * greatest key at the start are left to the next run (`until: 'live'` lifts that). Keys need not be unique: rows of
 * equal keys are never torn apart by a page, and a resume amid them reads the whole group again.
 * Does not guarantee a snapshot: a row that is inserted or moved behind the reading position is not seen, one that is
 * moved ahead of it comes again. A `limit` inside the query counts anew with each reopening: use `--limit` instead.
 * A row is read again (`refresh`, `find`) by its exact key: with a key that several rows share that is refused.
 */
import { createHash } from 'node:crypto';
import { type ClientConfig, DatabaseError } from 'pg';
import type { Clock } from '../clock.ts';
import type { Effects } from '../effects.ts';
import { SourceError } from '../errors.ts';
import { type RetryContext, retrying } from '../pace/retry.ts';
import type { Postgres } from '../ports/postgres.ts';
import type { Random } from '../random.ts';
import type { Shard } from '../shard.ts';
import { lookAtKey } from './postgres-key-facts.ts';
import { countRows, explainRows, type Keyset, keyTextColumn, rowsWithKey } from './postgres-keyset.ts';
import { Portal, type Row } from './postgres-portal.ts';
import { type KeyFacts, PostgresReader, type Rows } from './postgres-reader.ts';
import type { Cursor, Page, ReadOptions, Segment, Source } from './source.ts';
import { checkSourceShard, shardParts, shareOf } from './source-shard.ts';

export interface RowsOptions<TRow> {
  /** A select. Its columns are the row; the key's must be among them. */
  readonly sql: string;
  /** For `$1`, `$2` … @default none */
  readonly values?: readonly unknown[];
  /** Columns that order the rows; never null, best unique and indexed. */
  readonly key: readonly (keyof TRow & string)[];
  /** Read from the greatest key down. @default false */
  readonly descending?: boolean;
  /**
   * Only the rows that fall to this shard, by a hash of their key: hand it `ctx.shard`. The server looks at all rows for each
   * shard, so it spreads the work, not the reading. @default all rows
   */
  readonly shard?: Shard | undefined;
  /** `start`: up to the greatest key there is at the start. `live`: to the end, wherever that is by then. @default 'start' */
  readonly until?: 'start' | 'live';
  /** How long a portal, and with it a snapshot, is held, in ms. @default 10_000 */
  readonly portalMaxAgeMs?: number;
  /** The most rows in a page. @default 1_000 */
  readonly maxPageSize?: number;
}

/** What a statement reads: records that a recorder keeps, or facts about them, such as the greatest key. */
export type Reads = 'records' | 'facts';

export interface PostgresSourceContext {
  readonly effects: Effects;
  readonly clock: Clock;
  readonly random: Random;
  readonly onRetry: RetryContext['onRetry'];
  /** A dry run: the server refuses writes. */
  readonly readOnly: boolean;
  /** For the connection of the portal. */
  readonly config: ClientConfig & { readonly database: string };
  /** For everything else. */
  readonly queriesUntil: (signal: AbortSignal, reads: Reads) => Pick<Postgres, 'query' | 'transaction'>;
  readonly toError: (error: unknown, operation: string) => unknown;
}

// A page that fails is read again: an outage of some ten seconds is lived through.
const readPolicy = { attempts: 8, baseMs: 200, maxMs: 5_000, maxRetryAfterMs: 0 };
const countTimeoutMs = 1_000;
const queryCancelled = '57014';

export class PostgresSource<TRow extends object> implements Source<TRow> {
  readonly name: string;
  readonly fingerprint: string;
  readonly maxPageSize: number;
  readonly segments: readonly Segment<TRow>[];
  readonly #options: RowsOptions<TRow>;
  readonly #keyset: Keyset;
  readonly #context: PostgresSourceContext;
  readonly #retry: RetryContext;
  // The exact keys of rows whose key columns lose something in JavaScript.
  readonly #exactKeys = new WeakMap<object, readonly string[]>();
  #facts: KeyFacts | undefined;
  #looking: Promise<KeyFacts | undefined> | undefined;

  constructor(options: RowsOptions<TRow>, context: PostgresSourceContext) {
    const { sql, values = [], key, descending = false, shard } = options;
    if (key.length === 0)
      throw new SourceError('STINT_SOURCE_NO_KEY', 'expected a key of at least one column, got none');
    checkSourceShard(shard);
    this.#options = options;
    this.#keyset = { sql, values, key, descending, shard };
    this.#context = context;
    this.#retry = { ...context, policy: readPolicy };
    this.name = 'postgres';
    this.fingerprint = createHash('sha256')
      .update(JSON.stringify([sql, key, descending, options.until ?? 'start', ...shardParts(shard)]))
      .digest('base64url');
    this.maxPageSize = options.maxPageSize ?? 1_000;
    this.segments = [{ pages: (after, read) => this.#pages(after, read) }];
  }

  keyOf(row: TRow): string {
    const texts = this.#keyTexts(row);
    // Escaped, so that ('a/b', 'c') and ('a', 'b/c') are two keys.
    return texts.length === 1
      ? (texts[0] ?? '')
      : texts.map((text) => text.replaceAll('%', '%25').replaceAll('/', '%2F')).join('/');
  }

  /** Counts, for a second at most; after that the planner's estimate. */
  async total(signal: AbortSignal): Promise<number | undefined> {
    const queries = this.#context.queriesUntil(signal, 'facts');
    const count = countRows(this.#keyset);
    try {
      return await queries.transaction(async (transaction) => {
        await transaction.query(`set local statement_timeout = ${countTimeoutMs}`);
        const { rows } = await transaction.query<{ count: number }>(count.text, count.values);
        return rows[0]?.count;
      });
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.code !== queryCancelled) throw error;
      const explain = explainRows(this.#keyset);
      const { rows } = await queries.query<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(
        explain.text,
        explain.values,
      );
      const all = rows[0]?.['QUERY PLAN'][0].Plan['Plan Rows'];
      return all === undefined ? undefined : shareOf(all, this.#keyset.shard);
    }
  }

  /** The texts of the row's key, one a column. */
  positionOf(row: TRow): Cursor {
    return this.#keyTexts(row);
  }

  async find(position: Cursor, signal: AbortSignal): Promise<TRow | undefined> {
    signal.throwIfAborted();
    const key = this.#toKey(position);
    const facts = this.#facts ?? (await this.#lookAtKeyOnce(signal));
    if (facts === undefined) return undefined;
    const statement = rowsWithKey(this.#keyset, facts.types, key, facts.asText);
    const { rows } = await this.#context.queriesUntil(signal, 'records').query<Row>(statement.text, statement.values);
    if (rows.length > 1) {
      throw new SourceError(
        'STINT_SOURCE_KEY_NOT_UNIQUE',
        `expected the key (${this.#keyset.key.join(', ')}) to name one row that can be read again, got several; add a column to it`,
      );
    }
    const [fresh] = rows;
    return fresh === undefined ? undefined : this.#toRow(fresh, facts);
  }

  refresh(row: TRow, signal: AbortSignal): Promise<TRow | undefined> {
    return this.find(this.positionOf(row), signal);
  }

  async *#pages(after: Cursor | undefined, { signal, pageSize }: ReadOptions): AsyncGenerator<Page<TRow>> {
    const { clock, config, readOnly, effects } = this.#context;
    const resumed = after as PostgresCursor | undefined;
    const facts = await this.#lookAtKey(signal);
    if (facts === undefined) return;
    const until = this.#options.until === 'live' ? undefined : (resumed?.until ?? facts.greatest);
    const portal = new Portal({
      config,
      clock,
      readOnly,
      maxAgeMs: this.#options.portalMaxAgeMs ?? 10_000,
    });
    const close = { kind: 'postgres', operation: 'close', target: config.database, write: false } as const;
    await using opened = new AsyncDisposableStack();
    opened.defer(() => effects.keepHouse(close, () => portal[Symbol.asyncDispose]()));
    const reader = new PostgresReader(this.#keyset, facts, portal, { after: resumed?.after ?? undefined, until });
    for (let ended = false; !ended; ) {
      const before = reader.after;
      const rows = await this.#readNext(reader, Math.max(1, pageSize()), signal);
      ended = rows.ended;
      if (rows.rows.length > 0) yield this.#toPage(rows, reader, facts, { before, until });
    }
  }

  /** Undefined: there are no rows. */
  async #lookAtKey(signal: AbortSignal): Promise<KeyFacts | undefined> {
    this.#facts = await retrying(this.#retry, signal, () =>
      lookAtKey(this.#context.queriesUntil(signal, 'facts'), this.#keyset),
    );
    return this.#facts;
  }

  /** Once for all that find rows at the same time before anything was read. */
  #lookAtKeyOnce(signal: AbortSignal): Promise<KeyFacts | undefined> {
    this.#looking ??= this.#lookAtKey(signal).finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  #readNext(reader: PostgresReader, wanted: number, signal: AbortSignal): Promise<Rows> {
    const { effects, clock, config, toError } = this.#context;
    const effect = { kind: 'postgres', operation: 'page', target: config.database, write: false } as const;
    return retrying(this.#retry, signal, async () => {
      try {
        return await effects.perform(
          effect,
          () => reader.next(wanted, () => clock.monotonicMs(), signal),
          () => ({ store: 'postgres', sql: this.#keyset.sql, values: this.#keyset.values }),
        );
      } catch (error) {
        throw toError(error, 'page');
      }
    });
  }

  #toPage(
    { rows, held, heldReadMs, readMs }: Rows,
    reader: PostgresReader,
    facts: KeyFacts,
    { before, until }: { before: readonly string[] | undefined; until: readonly string[] | undefined },
  ): Page<TRow> {
    const toCursor = (key: readonly string[] | undefined): Cursor => ({ after: key ?? null, until: until ?? null });
    const groupEnds = this.#groupEnds(rows, reader, before);
    return {
      items: facts.asText.length === 0 ? (rows as readonly TRow[]) : rows.map((row) => this.#toRow(row, facts)),
      readMsOf: (index) => (index < held ? heldReadMs : readMs),
      cursorOf:
        groupEnds === undefined ? (row) => toCursor(this.#keyTexts(row)) : (_row, index) => toCursor(groupEnds[index]),
    };
  }

  /** Where rows share keys: for each row the key of the last group that is whole with it. Undefined: none share. */
  #groupEnds(
    rows: readonly Row[],
    reader: PostgresReader,
    before: readonly string[] | undefined,
  ): readonly (readonly string[] | undefined)[] | undefined {
    if (!reader.hasGroups(rows)) return undefined;
    let whole = before;
    return rows.map((row, index) => {
      const next = rows[index + 1];
      if (next === undefined || !reader.sameKey(row, next)) whole = reader.keyTexts(row);
      return whole;
    });
  }

  #toRow(raw: Row, { asText }: KeyFacts): TRow {
    if (asText.length === 0) return raw as TRow;
    const row: Row = { ...raw };
    const key = this.#keyset.key.map((column, index) =>
      String(asText.includes(index) ? raw[keyTextColumn(index)] : raw[column]),
    );
    for (const index of asText) delete row[keyTextColumn(index)];
    this.#exactKeys.set(row, key);
    return row as TRow;
  }

  #toKey(position: Cursor): readonly string[] {
    const { key } = this.#keyset;
    const isKey = (texts: Cursor): texts is readonly string[] =>
      Array.isArray(texts) && texts.length === key.length && texts.every((text) => typeof text === 'string');
    if (isKey(position)) return position;
    throw new SourceError(
      'STINT_SOURCE_POSITION',
      `expected the position of a row to be the texts of its key (${key.join(', ')}), got something else; it was made with another key`,
    );
  }

  #keyTexts(row: TRow): readonly string[] {
    return this.#exactKeys.get(row) ?? this.#options.key.map((column) => String(row[column]));
  }
}

interface PostgresCursor {
  readonly after: readonly string[] | null;
  readonly until: readonly string[] | null;
  readonly [key: string]: Cursor;
}
