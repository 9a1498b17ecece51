/** What a DynamoDB source reads: what its author writes, and what that comes to with defaults in place. */
import { createHash } from 'node:crypto';
import { SourceError } from '../errors.ts';
import type { Placeholders } from '../ports/dynamodb-expressions.ts';
import type { Shard } from '../shard.ts';
import { checkSourceShard, shardParts } from './source-shard.ts';

interface ReadingOptions extends Placeholders {
  readonly table: string;
  /** Reads this index of the table in place of the table. @default the table itself */
  readonly index?: string;
  /** A filter expression. DynamoDB reads, and charges, what it leaves out too. @default none */
  readonly filter?: string;
  /** A projection expression; the attributes of the key (the index's too) must be among it. @default all that are there */
  readonly projection?: string;
  /** Whether to see every write that ended before; costs twice as much as without. @default true, but false for a global index, which has none */
  readonly consistent?: boolean;
  /** Read capacity units a second, over all segments, on average; a page is paid when its price is known. @default no limit */
  readonly maxReadUnitsPerSecond?: number;
  /** The most items in a page. @default 1_000 */
  readonly maxPageSize?: number;
}

export interface ScanOptions extends ReadingOptions {
  /** Parallel ranges, each with a cursor of its own. @default 1 */
  readonly segments?: number;
  /** Only this shard's ranges, of `segments` for each shard: hand it `ctx.shard`. `maxReadUnitsPerSecond` is for each shard. @default all items */
  readonly shard?: Shard | undefined;
}

export interface QueryOptions extends ReadingOptions {
  /** A key condition expression, e.g. `tenant = :tenant`. Its values must be the same when the run is resumed. */
  readonly keyCondition: string;
  /** Read from the greatest sort key down. @default false */
  readonly descending?: boolean;
}

export interface Reading {
  readonly operation: 'Scan' | 'Query';
  readonly table: string;
  readonly index: string | undefined;
  /** Of this source. */
  readonly segments: number;
  /** Undefined: all items. */
  readonly shard: Shard | undefined;
  readonly keyCondition: string | undefined;
  readonly descending: boolean;
  readonly filter: string | undefined;
  readonly projection: string | undefined;
  readonly placeholders: Placeholders;
  /** Undefined: as far as can be had. */
  readonly consistent: boolean | undefined;
  readonly maxReadUnitsPerSecond: number | undefined;
  readonly maxPageSize: number;
}

const mostSegments = 1_000_000;

/** @throws SourceError for a number out of its range */
export function resolveScan(options: ScanOptions): Reading {
  const { segments = 1, shard } = options;
  checkSourceShard(shard);
  checkWhole('segments', segments, Math.floor(mostSegments / (shard?.count ?? 1)));
  return { ...resolve(options), operation: 'Scan', segments, shard, keyCondition: undefined, descending: false };
}

/** @throws SourceError for a number out of its range */
export function resolveQuery(options: QueryOptions): Reading {
  const { keyCondition, descending = false } = options;
  return { ...resolve(options), operation: 'Query', segments: 1, shard: undefined, keyCondition, descending };
}

/** Values are left out: they do not change what a cursor means, and some (a time) differ from attempt to attempt. */
export function fingerprintOf({
  operation,
  table,
  index,
  segments,
  shard,
  keyCondition,
  descending,
  filter,
  projection,
  placeholders,
}: Reading): string {
  const names = Object.entries(placeholders.names ?? {}).toSorted();
  const own = [operation, table, index, segments, keyCondition, descending, filter, projection, names];
  const parts = [...own, ...shardParts(shard)];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}

function resolve(
  options: ReadingOptions,
): Omit<Reading, 'operation' | 'segments' | 'shard' | 'keyCondition' | 'descending'> {
  const {
    table,
    index,
    filter,
    projection,
    names,
    values,
    consistent,
    maxReadUnitsPerSecond,
    maxPageSize = 1_000,
  } = options;
  checkWhole('maxPageSize', maxPageSize, Number.MAX_SAFE_INTEGER);
  if (
    maxReadUnitsPerSecond !== undefined &&
    !(maxReadUnitsPerSecond > 0 && maxReadUnitsPerSecond < Number.POSITIVE_INFINITY)
  ) {
    throw new SourceError(
      'STINT_SOURCE_OPTION',
      `expected maxReadUnitsPerSecond to be a positive number, got ${maxReadUnitsPerSecond}`,
    );
  }
  const placeholders = { ...(names === undefined ? {} : { names }), ...(values === undefined ? {} : { values }) };
  return { table, index, filter, projection, placeholders, consistent, maxReadUnitsPerSecond, maxPageSize };
}

function checkWhole(option: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new SourceError(
    'STINT_SOURCE_OPTION',
    `expected ${option} to be a whole number from 1 to ${most}, got ${value}`,
  );
}
