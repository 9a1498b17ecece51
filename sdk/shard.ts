/**
 * One task's part of a run that is spread over tasks: `index` of `count`, as a Map state or an array's index gives it.
 *
 * Guarantees: each shard is a run of its own (its lease, its checkpoint, its scheduled time), and what the sources yield to
 * the shards of one count has no item twice and leaves none out, as long as no item's key changes.
 * Does not guarantee that all shards are started, nor anything about all of them together: limits hold for each task by
 * itself, and no run tells when the others have ended.
 */
import { DefinitionError, UsageError } from './errors.ts';
import type { Job } from './job.ts';

export interface Shard {
  /** From 0. */
  readonly index: number;
  /** From 1 to 1,000. */
  readonly count: number;
}

const mostShards = 1_000;
const wholeNumber = '(0|[1-9]\\d{0,3})';
const written = new RegExp(`^${wholeNumber}/${wholeNumber}$`);

/** Reads `2/8`. `name`: where it was written. @throws UsageError */
export function parseShard(text: string, name: string): Shard {
  const [, index, count] = written.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (isShard(shard)) return shard;
  throw new UsageError(
    `expected ${name} to be an index from 0 and a count up to ${mostShards}, like "0/8" to "7/8", got ${JSON.stringify(text.slice(0, 20))}`,
  );
}

export function formatShard({ index, count }: Shard): string {
  return `${index}/${count}`;
}

export function isShard({ index, count }: Shard): boolean {
  return [index, count].every(Number.isInteger) && count >= 1 && count <= mostShards && index >= 0 && index < count;
}

/**
 * The shard that a start is for. A run that is gone on with, or whose failed items are worked, has it already.
 * @throws UsageError for a shard that cannot be, or is not that of the earlier run, or of a job that does not let itself be split
 */
export function resolveShard(
  job: Pick<Job, 'name' | 'shards'>,
  given: Shard | undefined,
  earlier: { readonly runId: string; readonly shard?: Shard | undefined } | undefined,
): Shard | undefined {
  if (given !== undefined && !isShard(given)) {
    throw new UsageError(
      `expected a shard with a count from 1 to ${mostShards} and an index from 0 that is less, got ${formatShard(given)}`,
    );
  }
  if (given !== undefined && earlier !== undefined && textOf(given) !== textOf(earlier.shard)) {
    throw new UsageError(
      `expected the shard of run ${earlier.runId}, which is ${textOf(earlier.shard)}, got ${textOf(given)}; leave it out`,
    );
  }
  const shard = earlier === undefined ? given : earlier.shard;
  if (shard === undefined || job.shards) return shard;
  throw new UsageError(
    `expected no shard for ${job.name}, which works all there is in each run, got ${formatShard(shard)}; it can be split when its definition has \`shards: true\` and its sources take \`ctx.shard\``,
  );
}

/** A run's shard, and whether its job has asked for it: one that has not works the same items in all shards. */
export class ShardInUse {
  readonly #job: string;
  readonly #shard: Shard | undefined;
  #wasAskedFor = false;

  constructor(job: string, shard: Shard | undefined) {
    this.#job = job;
    this.#shard = shard;
  }

  ask(): Shard | undefined {
    this.#wasAskedFor = true;
    return this.#shard;
  }

  /** Before items are worked. @throws DefinitionError for a job that was given a shard and has not asked for it */
  check(): void {
    if (this.#shard === undefined || this.#wasAskedFor) return;
    throw new DefinitionError(
      `expected ${this.#job} to ask for its shard (${formatShard(this.#shard)}) before it works on items, but it has not: every shard would work all of them; hand the sources \`shard: ctx.shard\``,
    );
  }
}

function textOf(shard: Shard | undefined): string {
  return shard === undefined ? 'none' : formatShard(shard);
}
