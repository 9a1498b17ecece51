/** What a shard comes to in a source. */
import { SourceError } from '../errors.ts';
import { formatShard, isShard, type Shard } from '../shard.ts';

/** @throws SourceError */
export function checkSourceShard(shard: Shard | undefined): void {
  if (shard === undefined || isShard(shard)) return;
  throw new SourceError(
    'STINT_SOURCE_OPTION',
    'expected shard to be an index from 0 and a count from 1 to 1,000 that is greater; hand the source `ctx.shard`',
  );
}

/** For a fingerprint. Nothing for a source of everything: its fingerprint is what it was before there were shards. */
export function shardParts(shard: Shard | undefined): readonly string[] {
  return shard === undefined ? [] : [`shard ${formatShard(shard)}`];
}

/** About how many of all items are a shard's. */
export function shareOf(total: number, shard: Shard | undefined): number {
  return Math.ceil(total / (shard?.count ?? 1));
}
