/** A failed item, as a ledger keeps it. */
import type { DescribedError } from '../report/describe-error.ts';
import type { Cursor } from '../sources/source.ts';

/** One exchange of a failed item with another service; secrets are blanked. */
export interface HttpExchange {
  readonly method: string;
  readonly url: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly requestHeaders: Readonly<Record<string, string>>;
  /** Cut where it is long; null: none. */
  readonly requestBody: string | null;
  /** Null: no answer came. */
  readonly status: number | null;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly responseBody: string | null;
  /** Why no (whole) answer came. */
  readonly error: string | null;
}

/** A failed or quarantined item, as it is kept. */
export interface FailedItem {
  readonly loop: string;
  readonly key: string;
  /** The item's own position: its source finds it again by that (`Source.find`). */
  readonly cursor: Cursor;
  readonly outcome: 'failed' | 'quarantined';
  readonly error: DescribedError;
  readonly attempts: number;
  /** ISO 8601. */
  readonly failedAt: string;
  /** The last ones, at most 64 KB as JSON. Empty when it made none, or too many items failed at once to keep them. */
  readonly exchanges: readonly HttpExchange[];
}
