/** Calls as a table for people, in columns of equal width. */
import type { Call } from './call.ts';

const heads = ['at', 'took', 'call', 'answer', 'idempotency key'];

/** Times are ms since the first call. */
export function callTable(calls: readonly Call[], limit: number): string {
  if (calls.length === 0) return 'no calls';
  const firstMs = calls[0]?.startedAtMs ?? 0;
  const rows = calls
    .slice(0, limit)
    .map(({ startedAtMs, finishedAtMs, method, path, status, idempotencyKey }) => [
      toMs(startedAtMs - firstMs),
      finishedAtMs === undefined ? 'open' : toMs(finishedAtMs - startedAtMs),
      `${method} ${path}`,
      status === undefined ? 'none' : String(status),
      idempotencyKey ?? '',
    ]);
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const lines = [heads, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const more = calls.length - rows.length;
  return [...lines, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n');
}

function toMs(ms: number): string {
  return `${Math.round(ms * 10) / 10} ms`;
}
