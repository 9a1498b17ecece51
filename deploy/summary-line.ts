/**
 * A summary as the fields of one line of the log.
 *
 * Guarantees: a line with a summary that has no more than its failed items to blame is taken whole by a log router, which gets lines
 * of more than 16 KB in parts, none of them JSON: the last of the failed items that it names are left out, and counted. All are in
 * the ledger.
 * Does not guarantee it where a job counts under a great many names, or was started with a scope as long as that.
 */
import type { LogFields, Summary } from '@stint/sdk';

/** What fits beside all else that a line has: time, job, run, ids of a trace. */
const longestBytes = 15_000;

export function summaryFields(summary: Summary): LogFields {
  const { failures } = summary;
  let named = failures.length;
  let bytes = bytesOf(summary);
  while (named > 0 && bytes > longestBytes) {
    named -= 1;
    bytes -= bytesOf(failures[named]) + 1;
  }
  if (named === failures.length) return { summary };
  return { summary: { ...summary, failures: failures.slice(0, named) }, failuresLeftOut: failures.length - named };
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
