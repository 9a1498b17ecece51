/**
 * Who did what: entries that whoever acts on runs from outside, the admin for one, leaves in the ledger.
 *
 * Guarantees: the same id twice is one entry, the first; a detail is never too long to be kept, it is cut; reading goes by
 * id, the newest first, so that a page after a page tells each entry once. Does not guarantee that ids follow each other
 * as the deeds did: they are made of the clocks of the processes that wrote them.
 */
import { StintError } from '../errors.ts';
import type { Json } from '../sources/source.ts';

export interface AuditEntry {
  /** A ULID: names the entry, and places it among the others. */
  readonly id: string;
  /** ISO 8601, by the clock of who wrote it. */
  readonly at: string;
  readonly by: string;
  readonly action: string;
  readonly job: string | undefined;
  readonly runId: string | undefined;
  /** Of more than 16 KB as JSON `{ cut, bytes }` is kept: its first 2,000 characters as JSON, and how long it was. */
  readonly detail: Json;
}

export interface AuditQuery {
  /** Only entries before the one with this id, which need not be there. What is no ULID has none before it. @default from the newest */
  readonly before?: string;
  /** @default 100 */
  readonly limit?: number;
}

export const pageOfAudits = 100;
const mostDetailBytes = 16_000;
const cutCharacters = 2_000;
const ulid = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

export function isAuditId(id: string): boolean {
  return ulid.test(id);
}

/** The entry as it is kept. @throws StintError when its id is no ULID */
export function toKeptEntry({ id, at, by, action, job, runId, detail }: AuditEntry): AuditEntry {
  if (!isAuditId(id)) {
    throw new StintError(
      'STINT_LEDGER_AUDIT',
      'expected the id of an audit entry to be a ULID in upper case, got something else; make it with ulid()',
    );
  }
  return { id, at, by, action, job, runId, detail: cutDetail(detail) };
}

function cutDetail(detail: Json): Json {
  const text = JSON.stringify(detail);
  const bytes = Buffer.byteLength(text);
  if (bytes <= mostDetailBytes) return detail;
  return { cut: text.slice(0, cutCharacters).toWellFormed(), bytes };
}
