/** What a run is known by: its identity, for resume, and the key of its lease, for exclusion. */
import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';
import type { ClaimRequest } from './ledger.ts';

type Claimed = Pick<ClaimRequest, 'job' | 'scope' | 'runId' | 'exclusive' | 'dryRun' | 'redriveOf'>;

/** Starts with the same identity go on with each other's unfinished runs. */
export function identityOf({ job, scope, redriveOf }: Pick<Claimed, 'job' | 'scope' | 'redriveOf'>): string {
  return hash([job, canonicalJson(scope), redriveOf ?? null]);
}

/** Starts with the same key exclude each other. A run that excludes nothing has one of its own: `runId` of that run. */
export function leaseKeyOf({ job, scope, runId, exclusive, dryRun }: Omit<Claimed, 'redriveOf'>): string {
  // A dry run changes nothing: it is in nobody's way, and nobody in its.
  if (exclusive === 'nothing' || dryRun) return `run ${runId}`;
  return exclusive === 'job' ? `job ${job}` : `scope ${hash([job, canonicalJson(scope)])}`;
}

function hash(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
