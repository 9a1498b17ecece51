/** What a run is known by: its identity, for resume, the key of its lease, for exclusion, and the scheduled time it uses up. */
import { createHash } from 'node:crypto';
import { formatShard } from '../shard.ts';
import { canonicalJson } from './canonical-json.ts';
import type { ClaimRequest } from './ledger.ts';

type Claimed = Pick<ClaimRequest, 'job' | 'scope' | 'shard' | 'runId' | 'exclusive' | 'dryRun' | 'redriveOf'>;

/** Starts with the same identity go on with each other's unfinished runs. */
export function identityOf({
  job,
  scope,
  shard,
  redriveOf,
}: Pick<Claimed, 'job' | 'scope' | 'shard' | 'redriveOf'>): string {
  return hash([job, canonicalJson(scope), redriveOf ?? null, ...partOf(shard)]);
}

/** Starts with the same key exclude each other. A run that excludes nothing has one of its own: `runId` of that run. */
export function leaseKeyOf({ job, scope, shard, runId, exclusive, dryRun }: Omit<Claimed, 'redriveOf'>): string {
  // A dry run changes nothing: it is in nobody's way, and nobody in its.
  if (exclusive === 'nothing' || dryRun) return `run ${runId}`;
  return exclusive === 'job' ? `job ${job}` : `scope ${hash([job, canonicalJson(scope), ...partOf(shard)])}`;
}

/** Starts of a job with the same occasion are one: the second is a duplicate. Undefined: the start has none to use up. */
export function occasionOf({
  trigger: { scheduledTime },
  shard,
  dryRun,
}: Pick<ClaimRequest, 'trigger' | 'shard' | 'dryRun'>): string | undefined {
  if (scheduledTime === undefined || dryRun) return undefined;
  return [scheduledTime, ...partOf(shard)].join(' ');
}

/** Nothing for a run of everything: its identity is what it was before there were shards. */
function partOf(shard: ClaimRequest['shard']): readonly string[] {
  return shard === undefined ? [] : [`shard ${formatShard(shard)}`];
}

function hash(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
