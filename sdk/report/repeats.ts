/**
 * Holds back what is said over and over: the first line of a kind is let through, then at most one in ten seconds, which
 * tells how often it came since the one before.
 *
 * Guarantees: the counts of the lines that are let through, 1 where none is told, add up to how often `note` was called for
 * that kind, once `flush` was called; a line of another kind is never held back; at most 500 kinds are in memory, and when
 * there are more the oldest is told and forgotten.
 * Does not guarantee that what was held back is told after ten seconds, if nothing else is said: it is with the next line of
 * any kind, or by `flush`.
 */
import { createHash } from 'node:crypto';

/** Writes the last line of its kind. `repeated`: how often it came, this time included; undefined: this once. */
export type WriteRepeated<TLine> = (line: TLine, repeated: number | undefined) => void;

interface Kind<TLine> {
  writtenMs: number;
  held: number;
  last: TLine;
}

const quietMs = 10_000;
const mostKinds = 500;
const longestKey = 300;

export class Repeats<TLine> {
  // In the order in which they were written: the oldest first.
  readonly #kinds = new Map<string, Kind<TLine>>();
  readonly #write: WriteRepeated<TLine>;

  constructor(write: WriteRepeated<TLine>) {
    this.#write = write;
  }

  /** A line was said. */
  note(kind: string, line: TLine, nowMs: number): void {
    this.tellDue(nowMs);
    const key = kind.length > longestKey ? createHash('sha256').update(kind).digest('base64') : kind;
    const known = this.#kinds.get(key);
    if (known !== undefined) {
      known.held += 1;
      known.last = line;
      return;
    }
    this.#kinds.set(key, { writtenMs: nowMs, held: 0, last: line });
    this.#write(line, undefined);
    if (this.#kinds.size > mostKinds) this.#forgetOldest();
  }

  /** Tells what was held back for ten seconds. */
  tellDue(nowMs: number): void {
    for (const [key, kind] of this.#kinds) {
      if (nowMs - kind.writtenMs < quietMs) return;
      this.#kinds.delete(key);
      if (kind.held === 0) continue;
      // Goes to the end of the order, where this stops.
      this.#write(kind.last, kind.held);
      this.#kinds.set(key, { ...kind, writtenMs: nowMs, held: 0 });
    }
  }

  /** Tells all that was held back. */
  flush(): void {
    for (const { held, last } of this.#kinds.values()) if (held > 0) this.#write(last, held);
    this.#kinds.clear();
  }

  #forgetOldest(): void {
    for (const [key, { held, last }] of this.#kinds) {
      this.#kinds.delete(key);
      if (held > 0) this.#write(last, held);
      return;
    }
  }
}
