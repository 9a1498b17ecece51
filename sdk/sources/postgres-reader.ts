/**
 * Reads rows in key order through portals, and hands them out in whole groups of equal keys.
 *
 * The last group of a read may go on in the next one: it is held back until its end is seen. So a reopening, which can
 * only say "behind this key", never has to start amid rows of one key.
 */
import { SourceError } from '../errors.ts';
import { type Keyset, type KeyTypes, keyTextColumn, rowsBetween } from './postgres-keyset.ts';
import type { Portal, Row } from './postgres-portal.ts';

/** What is known of a source's key once its query was looked at. */
export interface KeyFacts {
  readonly types: KeyTypes;
  /** Which key columns need a text column beside them, since JavaScript's value of them loses something. */
  readonly asText: readonly number[];
  readonly greatest: readonly string[];
}

/** Rows that were read, ending with a whole group. */
export interface Rows {
  readonly rows: readonly Row[];
  /** The first `held` rows were read earlier than the others. */
  readonly held: number;
  readonly heldReadMs: number;
  readonly readMs: number;
  readonly ended: boolean;
}

const largestGroup = 10_000;

export class PostgresReader {
  readonly #keyset: Keyset;
  readonly #facts: KeyFacts;
  // Where the key stands in a row: the column itself, or its text beside it.
  readonly #columns: readonly string[];
  readonly #until: readonly string[] | undefined;
  readonly #portal: Portal;
  #after: readonly string[] | undefined;
  #held: readonly Row[] = [];
  #heldReadMs = 0;

  constructor(
    keyset: Keyset,
    facts: KeyFacts,
    portal: Portal,
    bounds: { after: readonly string[] | undefined; until: readonly string[] | undefined },
  ) {
    this.#keyset = keyset;
    this.#columns = keyset.key.map((column, index) => (facts.asText.includes(index) ? keyTextColumn(index) : column));
    this.#facts = facts;
    this.#portal = portal;
    this.#after = bounds.after;
    this.#until = bounds.until;
  }

  /** The key of the last row handed out. */
  get after(): readonly string[] | undefined {
    return this.#after;
  }

  /** The next rows, about `wanted`. After an error the next call goes on where the last good one ended. */
  async next(wanted: number, nowMs: () => number, signal: AbortSignal): Promise<Rows> {
    if (!this.#portal.isYoung) await this.#reopen();
    let rows = await this.#readMore(wanted, nowMs, signal);
    // A group that is longer than a page is read to its end. The portal's age is not looked at meanwhile: a group that
    // takes longer than that to read would never come to its end.
    while (rows === undefined) rows = await this.#readMore(wanted, nowMs, signal);
    return rows;
  }

  /** Reads once; undefined: all that was read, and is held back, belongs to one group. */
  async #readMore(wanted: number, nowMs: () => number, signal: AbortSignal): Promise<Rows | undefined> {
    if (!this.#portal.isOpen) await this.#reopen();
    const [held, heldReadMs, readMs] = [this.#held, this.#heldReadMs, nowMs()];
    const count = Math.max(1, wanted + 1 - held.length);
    const read = await this.#portal.read(count, signal);
    const ended = read.length < count;
    const rows = held.length === 0 ? read : held.concat(read);
    const whole = ended ? rows.length : this.#startOfLastGroup(rows);
    this.#hold(rows.slice(whole), whole > 0 || held.length === 0 ? readMs : heldReadMs);
    if (whole === 0 && !ended) {
      this.#checkGroup(rows);
      return undefined;
    }
    const last = rows[whole - 1];
    if (last !== undefined) this.#after = this.keyTexts(last);
    return { rows: whole === rows.length ? rows : rows.slice(0, whole), held: held.length, heldReadMs, readMs, ended };
  }

  /** The row's key as text, one entry a column. */
  keyTexts(row: Row): readonly string[] {
    return this.#keyset.key.map((_column, index) => String(this.#keyOf(row, index)));
  }

  /** Whether two neighbouring rows have the same key. */
  sameKey(a: Row, b: Row): boolean {
    for (let index = 0; index < this.#keyset.key.length; index++) {
      if (this.#keyOf(a, index) !== this.#keyOf(b, index)) return false;
    }
    return true;
  }

  /** Whether any neighbouring rows have the same key. Asked of every page, so it allocates nothing. */
  hasGroups(rows: readonly Row[]): boolean {
    for (let index = 1; index < rows.length; index++) {
      const [before, row] = [rows[index - 1], rows[index]];
      if (before !== undefined && row !== undefined && this.sameKey(before, row)) return true;
    }
    return false;
  }

  #keyOf(row: Row, index: number): unknown {
    return row[this.#columns[index] ?? ''];
  }

  #checkGroup(rows: readonly Row[]): void {
    if (rows.length <= largestGroup) return;
    const key = this.#keyset.key.join(', ');
    throw new SourceError(
      'STINT_SOURCE_KEY_TOO_COARSE',
      `expected the key (${key}) to tell rows apart, but more than ${largestGroup} share one; add a column to it`,
    );
  }

  async #reopen(): Promise<void> {
    this.#hold([], 0);
    const bounds = { after: this.#after, until: this.#until };
    await this.#portal.open(rowsBetween(this.#keyset, this.#facts.types, bounds, this.#facts.asText));
  }

  #hold(rows: readonly Row[], readMs: number): void {
    this.#held = rows;
    this.#heldReadMs = readMs;
  }

  #startOfLastGroup(rows: readonly Row[]): number {
    let start = rows.length - 1;
    for (; start > 0; start--) {
      const [before, row] = [rows[start - 1], rows[start]];
      if (before === undefined || row === undefined || !this.sameKey(before, row)) break;
    }
    return start;
  }
}
