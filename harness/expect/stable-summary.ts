/**
 * The part of a summary that is the same each time the same job works on the same case.
 *
 * Left out: ids, times and whatever follows from them (rates, latencies, waits, peaks, memory, checkpoints), who started
 * it, on what version. Addresses and the like get the names they are given, for a fake has another port each time. Failed items are in the
 * order of their keys; when there are more than a summary lists, it depends on chance which are listed, and none are kept.
 */
import type { Json, Summary } from '@stint/sdk';

export interface StableSummaryOptions {
  /** What to write for texts that are others each time, such as `{ '127.0.0.1:40123': '<PAYMENTS_API_URL>' }`. @default none */
  readonly names?: Readonly<Record<string, string>>;
}

/** As JSON: what is undefined is left out. */
export function stableSummary(
  summary: Summary,
  { names = {} }: StableSummaryOptions = {},
): Readonly<Record<string, Json>> {
  const { items, failures, limits, external, error } = summary;
  const listed = failures.length === items.failed + items.quarantined;
  const stable = {
    job: summary.job,
    status: summary.status,
    exitCode: summary.exitCode,
    scope: summary.scope,
    dryRun: summary.dryRun,
    items,
    skipped: summary.skipped,
    counts: summary.counts,
    wouldWrite: summary.wouldWrite,
    failures: listed ? failures.toSorted((one, other) => (one.key < other.key ? -1 : 1)) : undefined,
    failuresByError: summary.failuresByError,
    limits: { concurrency: limits.concurrency.limit, perSecond: limits.perSecond.limit },
    external: Object.fromEntries(
      Object.entries(external).map(([host, { calls, errors }]) => [names[host] ?? host, { calls, errors }]),
    ),
    error,
  };
  return JSON.parse(rename(JSON.stringify(stable), names));
}

function rename(text: string, names: Readonly<Record<string, string>>): string {
  return Object.entries(names).reduce(
    (renamed, [host, name]) => renamed.split(new RegExp(`${RegExp.escape(host)}(?!\\d)`)).join(name),
    text,
  );
}
