/**
 * Which runs a run is compared with, and how long they took. Slack and the report ask here, so that they say the same.
 *
 * Only a run that succeeded is compared: one that broke off says nothing of how long the work takes. And only one that did it
 * in one attempt: of one that was resumed, the last attempt did a part, and since the first start there was a pause too.
 * It is like one that was started before it, of which the same is true, and that was asked for the same: scope, shard, dry run
 * or not, and in a redrive the same choice of failed items; neither with a limit on its items.
 *
 * Does not guarantee that there was as much to do. Runs before Stint kept the limit in their summaries count as unlimited.
 */
import { canonicalJson } from '../ledger/canonical-json.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Summary } from '../summary.ts';

/** So many are compared. */
const mostCompared = 10;
/** Not all that succeeded are like it. */
const mostLookedAt = 60;

/** In ms, the newest first; empty: there is nothing to compare. Rejects with the ledger's error. */
export async function durationsOfRunsLike(ledger: Pick<Ledger, 'runs'>, summary: Summary): Promise<readonly number[]> {
  const { job, runId } = summary;
  const asked = askedOf(summary);
  if (asked === undefined) return [];
  const before = await ledger.runs({ job, status: 'succeeded', before: runId, limit: mostLookedAt });
  return before
    .flatMap(({ summary: earlier }) =>
      earlier !== undefined && askedOf(earlier) === asked ? [earlier.durationMs] : [],
    )
    .slice(0, mostCompared);
}

/** What the run was asked for, as text; undefined: it is not compared. */
function askedOf({ status, attempt, limit, scope, shard, dryRun, redriveOf }: Summary): string | undefined {
  if (status !== 'succeeded' || attempt !== 1 || limit !== undefined) return undefined;
  const failedItems = redriveOf && { error: redriveOf.error, keys: redriveOf.keys };
  return canonicalJson([scope, shard ?? null, dryRun, failedItems]);
}

/** The middle one, of an even number between the two in the middle; undefined: there are none. */
export function medianOf(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  return upper === undefined || lower === undefined ? undefined : (upper + lower) / 2;
}
