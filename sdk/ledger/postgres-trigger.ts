/**
 * What the column `trigger` of a run holds: what started it, and which part of a spread run that start was for. Few runs have
 * a part, so it is no column of its own.
 */
import type { Shard } from '../shard.ts';
import type { ClaimRequest, RunRecord, Trigger } from './ledger.ts';

export type StoredTrigger = Trigger & { readonly shard?: Shard };

export function storedTrigger(trigger: Trigger, shard: ClaimRequest['shard']): StoredTrigger {
  return shard === undefined ? trigger : { ...trigger, shard };
}

export function readTrigger({ shard, ...trigger }: StoredTrigger): Pick<RunRecord, 'trigger' | 'shard'> {
  return shard === undefined ? { trigger } : { trigger, shard };
}
